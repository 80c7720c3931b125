"""An employment service that takes a question over X-Road SOAP, gives a ticket, and answers a later poll."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from adapters.protocols.serving import Application, by_members
from adapters.protocols.ticket_serving import TicketDesk
from adapters.protocols.xroad_serving import XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://dcz.example/xroad/employment-status"
READY: Final = to_xml("state", "READY")


def render(found: Sequence[Any]) -> bytes:
    """Give the person found."""
    return READY + to_xml("person", list(found))


def application(polls: int = 1) -> Application:
    """Give the simulated registry; it spells fault codes in the old way and copies no headers."""
    desk = TicketDesk(
        SAMPLES,
        by_members("rnokpp", "unzr"),
        render,
        taken=to_xml("state", "ACCEPTED"),
        waiting=to_xml("state", "PROCESSING"),
        nobody=READY,
        polls=polls,
    )
    operations = {"SubmitEmploymentQuery": desk.submit, "GetEmploymentAnswer": desk.collect}
    return XRoadProvider(NAMESPACE, operations, modern=False, copies=False)

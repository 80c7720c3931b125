"""A tax service that takes a question over X-Road SOAP and lets the answer be fetched later, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from adapters.protocols.serving import Application, by_members
from adapters.protocols.ticket_serving import TicketDesk
from adapters.protocols.xroad_serving import XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://dps.example/xroad/drfo"


def render(found: Sequence[Any]) -> bytes:
    """Give the incomes of the person found."""
    said = b"".join(to_xml(name, value) for name, value in found[0].items())
    return to_xml("ResultCode", "0") + said


def application(polls: int = 1) -> Application:
    """Give the simulated registry; it spells fault codes in the old way and copies no headers."""
    desk = TicketDesk(
        SAMPLES,
        by_members("RNOKPP", inside="Info"),
        render,
        ticket="RequestId",
        taken=to_xml("ResultCode", "1004"),
        waiting=to_xml("ResultCode", "1004"),
        nobody=to_xml("ResultCode", "1001"),
        spent=to_xml("ResultCode", "1003"),
        polls=polls,
    )
    operations = {"InfoIncomeSourcesDRFO2Query": desk.submit, "InfoIncomeSourcesDRFO2Answer": desk.collect}
    return XRoadProvider(NAMESPACE, operations, modern=False, copies=False)

"""An employment service that takes a question over X-Road SOAP, gives a ticket, and answers a later poll."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from adapters.protocols.serving import Application, Register, Scope
from adapters.protocols.xroad_serving import FaultError, XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://dcz.example/xroad/employment-status"
TICKETS: Final = 10_000
"""Open tickets kept; the oldest lapses when there are more."""

NEVER: Final = 1_000_000


def found_by(said: Mapping[str, Any]) -> Iterator[str]:
    """Give the numbers by which one person is found."""
    yield from (said[name] for name in ("rnokpp", "unzr") if said.get(name))


def render(found: Sequence[Any]) -> bytes:
    """Give the person found."""
    return to_xml("state", "READY") + to_xml("person", list(found))


class Desk:
    """Takes questions and hands out answers. `polls` is how often it says that it is still working."""

    def __init__(self, polls: int) -> None:
        self._register = Register(SAMPLES, found_by, render)
        self._polls = polls
        self._open: OrderedDict[str, tuple[bytes, int]] = OrderedDict()
        samples = json.loads(SAMPLES.read_text(encoding="utf-8")).values()
        self._stuck = {
            key for sample in samples if sample.get("never_ready") for key in found_by(sample["said"])
        }

    def submit(self, asked: Mapping[str, str], scope: Scope) -> bytes:
        """Take a question, give a ticket."""
        keys = list(found_by(asked))
        if not keys:
            raise FaultError("client.invalid_body")
        answer = self._register.find(keys, scope) or to_xml("state", "READY")
        ticket = str(uuid4())
        self._open[ticket] = (answer, NEVER if self._stuck.intersection(keys) else self._polls)
        if len(self._open) > TICKETS:
            self._open.popitem(last=False)
        return to_xml("ticket", ticket) + to_xml("state", "ACCEPTED")

    def collect(self, asked: Mapping[str, str], _: Scope) -> bytes:
        """Give the answer to a ticket, or say that it is still worked on."""
        ticket = asked.get("ticket", "")
        if ticket not in self._open:
            raise FaultError("client.invalid_body")
        answer, polls = self._open[ticket]
        if polls == 0:
            del self._open[ticket]
            return answer
        self._open[ticket] = (answer, polls - 1)
        return to_xml("state", "PROCESSING")


def application(polls: int = 1) -> Application:
    """Give the simulated registry; it spells fault codes in the old way and copies no headers."""
    desk = Desk(polls)
    operations = {"SubmitEmploymentQuery": desk.submit, "GetEmploymentAnswer": desk.collect}
    return XRoadProvider(NAMESPACE, operations, modern=False, copies=False)

"""Approvals in ЕСОЗ's manner: created for a patient, verified by the code that she was sent, sent again.

What an error's `type` means stands in the manifest; its texts quote what was sent, so they are not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from adapters.approval import Approval, Errand, Verdict
from adapters.base import Question
from adapters.protocols.ehealth_rest import EHealthRest
from adapters.protocols.reading import readable, required_text
from adapters.protocols.strict_json import read_json
from adapters.protocols.switches import Approvals
from adapters.protocols.wire import Response

GOOD = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


@dataclass(frozen=True, slots=True)
class EHealthApproving(EHealthRest):
    """The central health database, which asks its patients. See `adapters.approval.Approver`."""

    approvals: Approvals

    async def approve(self, question: Question, notice: str) -> Approval:
        """See `Approver.approve`. Whose approval it is, is checked as of any answer."""
        patient = await self.patient(question)
        wanted = {
            "granted_to": _identifier("employee", question.official),
            "resources": [_identifier(self.approvals.resource, question.case or "")],
            "access_level": "read",
            "notice": notice,
        }
        path = self.approvals.create.replace("{id}", quote(patient, safe=""))
        data = self._data(await self.send("POST", path, question, orjson.dumps(wanted)))
        return self._approval(data, patient)

    async def verify(self, approval: Approval, code: str, errand: Errand) -> Verdict:
        """See `Approver.verify`."""
        content = orjson.dumps({"code": code})
        response = await self.send("PATCH", self._path(self.approvals.verify, approval), errand, content)
        if response.status not in GOOD and (verdict := self._verdict(response)):
            return verdict
        active = self._data(response)
        with readable(self.source):
            return Verdict.RIGHT if active["status"] == "active" else Verdict.ENDED

    async def resend(self, approval: Approval, errand: Errand) -> Approval | None:
        """See `Approver.resend`."""
        response = await self.send("POST", self._path(self.approvals.resend, approval), errand)
        if response.status not in GOOD and self._verdict(response) is Verdict.ENDED:
            return None
        renewed = self._approval(self._data(response), approval.person)
        return Approval(approval.id, approval.person, renewed.until)

    def _path(self, template: str, approval: Approval) -> str:
        filled = template.replace("{id}", quote(approval.person, safe=""))
        return filled.replace("{approval}", quote(approval.id, safe=""))

    def _verdict(self, response: Response) -> Verdict | None:
        """Read from an error what it says of the code; None where it says something else."""
        if response.status not in {HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}:
            return None
        with readable(self.source):
            kind = read_json(response.body)["error"]["type"]
        return {self.approvals.wrong: Verdict.WRONG, self.approvals.ended: Verdict.ENDED}.get(kind)

    def _data(self, response: Response) -> Any:
        document = self.envelope(response, GOOD)
        with readable(self.source):
            return document["data"]

    def _approval(self, data: Any, patient: str) -> Approval:
        with readable(self.source):
            until = datetime.fromisoformat(data["expires_at"])
            if until.tzinfo is None:
                raise ValueError("without-time-zone")
            return Approval(required_text(data["id"]), patient, until)


def _identifier(kind: str, value: str) -> dict[str, Any]:
    """Give a reference as ЕСОЗ writes them."""
    coding = [{"system": "eHealth/resources", "code": kind}]
    return {"identifier": {"type": {"coding": coding}, "value": value}}

"""The simulated registry's approvals: codes that really are random, that end, and that reach a phone.

What a person would read on her phone is under `PHONE`, asked by her number, for the demo and the tests.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

PHONE: Final = "/phone"
LASTING: Final = timedelta(minutes=10)
WRONG_CODES: Final = 3
PATIENTS: Final = "/api/patients/"


def now() -> datetime:
    """Give the machine's time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Asked:
    """One approval that a patient was asked for."""

    patient: str
    notice: str
    code: str
    until: datetime
    status: str = "new"
    wrong: int = 0
    id: str = field(default_factory=lambda: str(uuid4()))

    def shown(self) -> dict[str, Any]:
        """Give it as the registry shows it: without the code."""
        return {"id": self.id, "status": self.status, "expires_at": self.until.isoformat()}


class Approvals:
    """All approvals of one running registry. `numbers` are the people's tax numbers by their id here."""

    def __init__(self, numbers: Mapping[str, str], clock: Callable[[], datetime] = now) -> None:
        self._numbers = numbers
        self._clock = clock
        self._asked: dict[str, Asked] = {}
        self._phones: dict[str, list[dict[str, str]]] = {}

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Give status and resource of one request, or status and error type."""
        if path == PHONE:
            return 200, self._phones.get(str(body.get("tax_id", "")), [])
        patient, _, rest = path.removeprefix(PATIENTS).partition("/approvals")
        if patient not in self._numbers:
            return 404, "not_found"
        if not rest:
            return self._ask(patient, str(body.get("notice", "")))
        approval_id, _, action = rest.strip("/").partition("/")
        asked = self._asked.get(approval_id)
        if asked is None or asked.patient != patient:
            return 404, "not_found"
        if method == "PATCH":
            return self._verify(asked, str(body.get("code", "")))
        return self._resend(asked) if action == "actions/resend" else (404, "not_found")

    def _ask(self, patient: str, notice: str) -> tuple[int, Any]:
        asked = Asked(patient, notice, _code(), self._clock() + LASTING)
        self._asked[asked.id] = asked
        self._send(asked)
        return 201, asked.shown()

    def _verify(self, asked: Asked, code: str) -> tuple[int, Any]:
        right = secrets.compare_digest(code.encode(), asked.code.encode())
        if asked.status == "active" and right:
            return 200, asked.shown()
        if self._ended(asked):
            return 409, "approval_ended"
        if not right:
            asked.wrong += 1
            return 422, "otp_invalid"
        asked.status = "active"
        return 200, asked.shown()

    def _resend(self, asked: Asked) -> tuple[int, Any]:
        if self._ended(asked):
            return 409, "approval_ended"
        asked.code, asked.until = _code(), self._clock() + LASTING
        self._send(asked)
        return 200, asked.shown()

    def _ended(self, asked: Asked) -> bool:
        return asked.status != "new" or asked.wrong >= WRONG_CODES or self._clock() >= asked.until

    def _send(self, asked: Asked) -> None:
        message = {"text": asked.notice, "code": asked.code}
        self._phones.setdefault(self._numbers[asked.patient], []).append(message)


def _code() -> str:
    return f"{secrets.randbelow(10_000):04}"

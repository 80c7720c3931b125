"""The other side of a delivery in tests: who receives, how it answers, and the contract it receives under."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response

from contracts.vocabulary import AgencyId
from gateway.outbox.channel import Endpoint, Outcome, Parcel, RetryLater, Unknown
from gateway.outbox.sealing import open_message
from gateway.outbox.verdicts import outcome_of_status, seconds_of

CLINIC = AgencyId("clinic")
CONTRACT = """
id = "clinic-needs-assessment"
version = 1
consumer = "clinic"
purpose = "needs-assessment"
valid_from = 2026-01-01
valid_until = 2030-12-31
case_required = true
minors = true
keep = "72 h"
deadline = "5 s"
operations = ["push"]

[parties.clinic]
uk = "Лікарня"
en = "Clinic"
contact = "dpo@clinic.example"
signers = ["anna-k", "petro-m"]

[parties.case-system]
uk = "Система ведення випадків"
en = "Case system"
contact = "dpo@case-system.example"
signers = ["olena-h", "taras-v"]

[terms.education]
basis = "law"
citation = "Law 4607-IX art. 14"
required = false
deadline = "3 s"

[terms.education.fields]
"education.status" = {}

[terms.health]
basis = "consent"
citation = "Law 2801-XII art. 24-2(2)"
required = false
deadline = "3 s"

[terms.health.fields]
"health.needs_care" = {}
"""


@dataclass
class Inbox:
    """The receiver's side: what came, and how it answers. `answers` are statuses, the last one for ever."""

    jwk: Mapping[str, Any]
    came: list[tuple[str, int]] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [202])
    headers: dict[str, str] = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        """Take one message."""
        sent = await request.json()
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.came.append((sent["id"], status))
        if status == 202:
            self.opened.append(open_message(sent["data"], self.jwk, CLINIC, sent["id"])["content"])
        self.arrived.set()
        return Response(status_code=status, headers=self.headers)

    def begin_anew(self) -> None:
        """Forget what came, and take everything."""
        self.came, self.opened, self.answers, self.headers = [], [], [202], {}
        self.arrived.clear()

    @property
    def ids(self) -> list[str]:
        """Give the ids of what was accepted, in order."""
        return [message_id for message_id, status in self.came if status == 202]


@dataclass
class Plain:
    """A channel without ceremony: one POST. See `gateway.outbox.channel.Channel`."""

    http: httpx.AsyncClient

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """See `Channel.send`."""
        body = {"id": parcel.id, "type": parcel.type, "data": parcel.sealed}
        try:
            response = await self.http.post(endpoint.address, json=body)
        except httpx.ConnectError:
            return RetryLater("network-error")
        except httpx.HTTPError:
            return Unknown("connection-lost")
        after = seconds_of(response.headers.get("retry-after", ""), datetime.now(UTC))
        return outcome_of_status(response.status_code, after)


@dataclass
class Addresses:
    """See `gateway.outbox.channel.Endpoints`."""

    all: Mapping[AgencyId, Endpoint]
    known: dict[AgencyId, Endpoint] = field(default_factory=dict)

    async def active(self) -> Mapping[AgencyId, Endpoint]:
        """See `Endpoints.active`."""
        return self.known

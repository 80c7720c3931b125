"""What tests of adapters share: a question, and an adapter with a peer whose words the test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import orjson

from adapters.base import Adapter, Question
from adapters.catalog import build, find_registries
from adapters.people import load_people
from adapters.protocols.connection import Connection
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, Field, OfficialId, Source, Subject

MESSAGE_ID = "7ef7045f-d886-4b32-8142-a40958a3ae8e"
CREDENTIAL = "registry-credential"


def ask_for(
    person: str | Subject = "maria",
    fields: frozenset[str] = frozenset(),
    *,
    purpose_id: str = "9K9J65I75ILCLMPDUIRXS",
    case: str | None = "KYIV-2026-000123",
    patience: float = 5.0,
) -> Question:
    """Give a question about a simulated person, or about the subject given."""
    return Question(
        exchange_id=ExchangeId("exchange-1"),
        message_id=MESSAGE_ID,
        agency=AgencyId("case-system"),
        official=OfficialId("worker-17"),
        case=CaseId(case) if case else None,
        purpose_id=purpose_id,
        subject=load_people()[person].subject() if isinstance(person, str) else person,
        fields=frozenset(Field(one) for one in fields),
        deadline=asyncio.get_running_loop().time() + patience,
    )


@dataclass
class Peer:
    """A registry's end: answers each request with `say`, and keeps what it was asked."""

    say: Callable[[httpx.Request], httpx.Response]
    heard: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.heard.append(request)
        return self.say(request)

    def adapter(self, source: str) -> Adapter:
        """Give a registry's adapter that talks to this peer."""
        connection = Connection(f"http://registry.example/{source}", credential=CREDENTIAL)
        return build(find_registries()[Source(source)], connection, httpx.MockTransport(self.answer))


def saying(status: int, body: bytes | object, **headers: str) -> Peer:
    """Give a peer that always says the same; what is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Peer(lambda _request: httpx.Response(status, content=content, headers=named))


def saying_in_turn(*answers: bytes) -> Peer:
    """Give a peer that says one thing after the other, always with status 200 and as XML."""
    waiting = iter(answers)
    return Peer(
        lambda _request: httpx.Response(200, content=next(waiting), headers={"content-type": "text/xml"})
    )

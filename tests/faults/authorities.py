"""The stage on which a log meets its witnesses: three of them on sockets, honest or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from audit.cosignature import Cosigner
from audit.note import Signer
from audit.policy import Policy
from audit.publisher import Publisher
from audit.witness import Witness
from audit.witnessing import Witnessing, witnessed_note
from gateway.commands.demo import listening, serving
from gateway.commands.witness import witness_app
from gateway.witnesses import post_office
from tests.unit.audit.records import SIGNER, engine_at, event, log_at

NAMES = ("a", "b", "c")
KEYS = {name: Cosigner.of(f"{name}.example", name.encode() * 32) for name in NAMES}
ODD_KEY = Cosigner.of("c.example", b"z" * 32)
OLD = 1_600_000_000


@dataclass(slots=True)
class Authorities:
    """Three witnesses, each an application at an address; what they are said to have answered."""

    folder: Path
    stack: AsyncExitStack
    urls: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    async def open(self, name: str, app: ASGIApp) -> None:
        """Let a witness listen."""
        listener = self.stack.enter_context(listening(0))
        self.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await self.stack.enter_async_context(serving(app, listener))

    async def tell(self, name: str, code: str) -> None:
        """Remember what the log learnt of a witness."""
        self.told.append((name, code))

    def honest(self, name: str, key: Cosigner | None = None, at: int = 0) -> ASGIApp:
        """Give a witness; one with another key or clock is not quite honest."""
        clock = (lambda: at) if at else (lambda: int(datetime.now(UTC).timestamp()))
        cosigners = [key or KEYS[name]]
        known = {SIGNER.name: SIGNER.verifier}
        return witness_app(Witness(self.folder / f"{name}.db", cosigners, known, clock))

    def policy(self, enough: str = "2") -> Policy:
        """Give the policy that names those three."""
        lines = [
            f"witness {name} {KEYS[name].public} {self.urls.get(name, 'http://127.0.0.1:9')}"
            for name in NAMES
        ]
        return Policy.parse("\n".join([*lines, f"group all-of-us {enough} a b c", "quorum all-of-us"]))


async def grow(url: str, entries: int, signer: Signer = SIGNER) -> None:
    """Record so many entries and sign a head."""
    async with log_at(url, signer) as log, engine_at(url) as engine:
        await asyncio.gather(*(log.note(event()) for _ in range(entries)))
        await Publisher(engine, signer).publish()


@asynccontextmanager
async def witnessing(url: str, authorities: Authorities, enough: str = "2") -> AsyncIterator[Witnessing]:
    """Give the log's side, with little patience; its first round only notes where it begins."""
    async with engine_at(url) as engine, post_office(patience=0.5) as post:
        yield Witnessing(
            engine,
            SIGNER.verifier,
            authorities.policy(enough),
            post.send,
            authorities.tell,
            lambda: datetime.now(UTC),
        )


async def rounds(asking: Witnessing, count: int = 1) -> bool:
    """Go round so many times; say whether the newest head has its quorum."""
    async with asking.engine.connect() as connection:
        return [await asking.round(connection) for _ in range(count)][-1]


async def newest(asking: Witnessing) -> str:
    """Give the newest head with a quorum."""
    async with asking.engine.connect() as connection:
        return await witnessed_note(connection) or ""


async def never(_request: Request) -> Response:
    """Take too long."""
    await asyncio.sleep(30)
    return PlainTextResponse("")


def saying(status: int, body: str) -> ASGIApp:
    """Give a witness that says always the same."""

    async def say(_request: Request) -> Response:
        return PlainTextResponse(body, status)

    return Starlette(routes=[Route("/add-checkpoint", say, methods=["POST"])])


NEVER = Starlette(routes=[Route("/add-checkpoint", never, methods=["POST"])])

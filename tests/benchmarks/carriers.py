"""One process that delivers messages, in one of three ways, over the same HTTP client.

    python -m tests.benchmarks.carriers obmin FOLDER URL ADDRESS
    python -m tests.benchmarks.carriers procrastinate FOLDER URL ADDRESS
    python -m tests.benchmarks.carriers plain COUNT - ADDRESS

It says `ready` when it has begun to wait for work, and runs until it is stopped. `plain` waits for a line on
standard input, then POSTs as many as it is told to and keeps nothing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
from procrastinate import App, PsycopgConnector

from adapters.protocols.transport import SocketTransport
from gateway.outbox.channel import Endpoint
from gateway.outbox.receivers import AT_ONCE
from tests.journeys.delivering import open_post
from tests.journeys.receiving import CLINIC, Plain

SEALED = "x" * 900
"""About as long as our sealed message is."""


def queue_at(url: str) -> App:
    """Give procrastinate on a database; `url` is SQLAlchemy's."""
    plain = url.replace("postgresql+asyncpg", "postgresql")
    return App(connector=PsycopgConnector(conninfo=plain, min_size=4, max_size=12))


def client() -> httpx.AsyncClient:
    """Give the client that all three use."""
    return httpx.AsyncClient(transport=SocketTransport())


def say_ready() -> None:
    """Tell the parent that work may come."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


async def carry(folder: str, url: str, address: str) -> None:
    """Deliver as Obmin does."""
    async with client() as http, open_post(Path(folder), url, prepared=True) as post:
        post.addresses.known[CLINIC] = Endpoint(CLINIC, "plain", address)
        outbox = post.again(channels={"plain": Plain(http)})
        say_ready()
        await outbox.worker.run()


async def work(_folder: str, url: str, address: str) -> None:
    """Deliver as procrastinate does: the same call in a task, as many at once."""
    app = queue_at(url)
    async with client() as http, app.open_async():

        @app.task(name="deliver", queue="deliveries")
        async def deliver(number: int) -> None:
            body = {"id": str(number), "type": "obmin.test.sent", "data": SEALED}
            (await http.post(address, json=body)).raise_for_status()

        say_ready()
        await app.run_worker_async(queues=["deliveries"], concurrency=AT_ONCE, install_signal_handlers=False)


async def post(count: str, _url: str, address: str) -> None:
    """POST without any durability."""
    room = asyncio.Semaphore(AT_ONCE)
    async with client() as http:

        async def one(number: int) -> None:
            async with room:
                body = {"id": str(number), "type": "obmin.test.sent", "data": SEALED}
                (await http.post(address, json=body)).raise_for_status()

        say_ready()
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(one(number) for number in range(int(count))))


if __name__ == "__main__":
    asyncio.run({"obmin": carry, "procrastinate": work, "plain": post}[sys.argv[1]](*sys.argv[2:]))

"""Contracts come into force: at start, and again on SIGHUP; a bad file never displaces the running ones."""

from __future__ import annotations

import asyncio
import signal
import zlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import structlog

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.query import Filter, stream
from contracts.canonical import canonical, restore
from contracts.contract import Contract
from contracts.reading import ContractInvalidError
from contracts.store import ContractStore, refuse_older
from contracts.vocabulary import ObminError
from gateway.storage.engine import Database, now

log = structlog.get_logger()

KEPT = "kept"
"""The result of the entry that holds a contract's text."""


@asynccontextmanager
async def contracts_in_force(
    store: ContractStore, folder: Path, record: Log, database: Database
) -> AsyncIterator[None]:
    """Put on record which contracts are in force, and take a changed folder in whenever SIGHUP comes."""
    await keep_texts(store, record, database, folder)
    await _note(store, record, "in-force")
    tasks: set[asyncio.Task[None]] = set()

    def hang_up() -> None:
        task = asyncio.ensure_future(reload_contracts(store, folder, record, database))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        await asyncio.gather(*tasks)


async def reload_contracts(store: ContractStore, folder: Path, record: Log, database: Database) -> None:
    """Take in what the folder says now, all of it or nothing; either way it is on record."""
    try:
        await asyncio.to_thread(store.reload, folder)
        await keep_texts(store, record, database, folder)
        await _note(store, record, "in-force")
        log.info("contracts.reloaded", count=len(store.contracts))
    except ContractInvalidError as error:
        for fault in error.faults:
            log.warning("contracts.refused", path=f"{fault.file}:{fault.line}", reason=fault.wrong)
        await _note(store, record, "refused")
    except ObminError as error:
        log.warning("contracts.refused", code=type(error).__name__)


async def keep_texts(store: ContractStore, record: Log, database: Database, folder: Path) -> None:
    """Put the whole text of each contract on record once, so that its decisions can be made again.

    Raises `ContractInvalidError` where the folder has gone back to an older version of a contract than
    one that was in force here before, this process or not.
    """
    known = await kept_texts(database)
    versions: dict[str, int] = {}
    for event in known.values():
        name, version = str(event.details["id"]), cast("int", event.details["version"])
        versions[name] = max(version, versions.get(name, 0))
    refuse_older(folder, store.contracts, versions)
    for contract in store.contracts:
        if contract.digest not in known:
            packed = b64encode(zlib.compress(canonical(contract), 9)).decode()
            details: dict[str, Json] = {"id": contract.id, "version": contract.version, "text": packed}
            event = Event(
                kind=Kind.CONTRACT, at=now(), contract=contract.digest, result=KEPT, details=details
            )
            await record.note(event)


async def kept_texts(database: Database) -> Mapping[str, Event]:
    """Read which contracts are on record, by digest."""
    async with database.engine.connect() as connection:
        found = [each.event async for each in stream(connection, Filter(kind=Kind.CONTRACT, outcome=KEPT))]
    return {event.contract: event for event in found}


def unpack(event: Event) -> Contract:
    """Read the contract that an entry keeps; raises `ContractTextError` where it is another."""
    return restore(zlib.decompress(b64decode(str(event.details["text"]))), event.contract)


async def _note(store: ContractStore, record: Log, result: str) -> None:
    held: list[Json] = [
        {"id": contract.id, "version": contract.version, "digest": contract.digest}
        for contract in store.contracts
    ]
    await record.note(Event(kind=Kind.CONTRACT, at=now(), result=result, details={"contracts": held}))

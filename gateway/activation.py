"""Contracts come into force: at start, and again on SIGHUP; a bad file never displaces the running ones."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from audit.event import Event, Json, Kind
from audit.log import Log
from contracts.reading import ContractInvalidError
from contracts.store import ContractStore
from contracts.vocabulary import ObminError
from gateway.storage.engine import now

log = structlog.get_logger()


@asynccontextmanager
async def contracts_in_force(store: ContractStore, folder: Path, record: Log) -> AsyncIterator[None]:
    """Put on record which contracts are in force, and take a changed folder in whenever SIGHUP comes."""
    await _note(store, record, "in-force")
    tasks: set[asyncio.Task[None]] = set()

    def hang_up() -> None:
        task = asyncio.ensure_future(reload_contracts(store, folder, record))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        await asyncio.gather(*tasks)


async def reload_contracts(store: ContractStore, folder: Path, record: Log) -> None:
    """Take in what the folder says now, all of it or nothing; either way it is on record."""
    try:
        await asyncio.to_thread(store.reload, folder)
        await _note(store, record, "in-force")
        log.info("contracts.reloaded", count=len(store.contracts))
    except ContractInvalidError as error:
        for fault in error.faults:
            log.warning("contracts.refused", path=f"{fault.file}:{fault.line}", reason=fault.wrong)
        await _note(store, record, "refused")
    except ObminError as error:
        log.warning("contracts.refused", code=type(error).__name__)


async def _note(store: ContractStore, record: Log, result: str) -> None:
    held: list[Json] = [
        {"id": contract.id, "version": contract.version, "digest": contract.digest}
        for contract in store.contracts
    ]
    await record.note(Event(kind=Kind.CONTRACT, at=now(), result=result, details={"contracts": held}))

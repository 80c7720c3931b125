"""A registry that cannot be asked: it sends an extract every night, which is searched here instead."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from adapters.base import (
    Ambiguous,
    Question,
    Reply,
    SourceMisbehavedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.manifest import ManifestError
from adapters.protocols.connection import Connection
from adapters.protocols.crosswalk import UnknownCodeError
from adapters.protocols.drop_intake import Intake, MalformedError, Taken
from adapters.protocols.drop_shelf import Record, Shelf, ShelfBrokenError
from adapters.protocols.reading import READING, Reader, Reading
from adapters.protocols.subject import identity_keys, subject_key
from adapters.protocols.switches import Drop
from contracts.vocabulary import Field, Identity, Scheme, Source

log = structlog.get_logger()

SECRET: Final = 32
EVERY: Final = 60.0
"""Seconds between two looks into the folder."""


@dataclass(frozen=True, slots=True)
class FileDrop:
    """A source over the last good extract. See `adapters.base.Adapter`.

    `as_of` of an answer is the extract's date: nobody here knows what has changed since.
    """

    source: Source
    needs: Sequence[frozenset[Scheme]]
    shelf: Shelf
    intake: Intake
    reading: Reading

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`. Says `no-extract` until the first one has been taken in."""
        key = subject_key(self.source, question.subject, self.needs)
        as_of = self.shelf.as_of()
        if as_of is None:
            raise SourceUnavailableError(self.source, "no-extract")
        try:
            found = self.shelf.find(key)
        except ShelfBrokenError:
            raise SourceMisbehavedError(self.source, "untrusted") from None
        if not found:
            raise SubjectUnknownError(self.source, "not-found")
        if len(found) > 1:
            return Ambiguous(len(found), likenesses=self.reading.liken(found, question))
        reading = self.reading
        dated = Reading(
            self.source, reading.readers, reading.identity, lambda: _midnight(as_of), reading.shape
        )
        return dated.answer(found[0], question)

    async def watch(self, every: float = EVERY) -> None:
        """Take in what comes, until cancelled. A file put aside is told by source, line and code."""
        while True:
            for taken in await self._took():
                if taken.reason:
                    log.warning(
                        "extract.quarantined", source=self.source, reason=taken.reason, index=taken.line
                    )
                else:
                    log.info("extract.taken", source=self.source, count=taken.records)
            await asyncio.sleep(every)

    async def _took(self) -> list[Taken]:
        """Run the intake once. A disk that fails is told and tried again; what is in use stays."""
        try:
            return await asyncio.to_thread(self.intake.run)
        except (OSError, sqlite3.Error) as error:
            log.warning("extract.failed", source=self.source, code=type(error).__name__)
            return []


def open_drop(
    manifest: Drop, connection: Connection, needs: Sequence[frozenset[Scheme]], reading: Reading
) -> FileDrop:
    """Open one source's folder (`file:///…`). The credential is the private key that extracts are sealed to.

    Raises `ManifestError` for an address that is no folder, or a credential that is no key.
    """
    address = urlsplit(connection.base_url)
    if address.scheme != "file" or not address.path:
        raise ManifestError(f"{reading.source}: a file drop's address is file:///FOLDER")
    try:
        key = ECKey.import_key(orjson.loads(connection.credential))
    except (JoseError, ValueError, TypeError):
        raise ManifestError(
            f"{reading.source}: the credential of a file drop is a private P-256 JWK"
        ) from None
    if len(connection.secret) < SECRET:
        raise ManifestError(f"{reading.source}: a file drop needs a secret of {SECRET} bytes to seal with")
    folder = Path(unquote(address.path))
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(folder, connection.secret)
    judge = judged(needs, reading.readers, reading.identity)
    return FileDrop(reading.source, needs, shelf, Intake(folder, manifest, key, shelf, judge), reading)


def judged(
    needs: Sequence[frozenset[Scheme]],
    readers: Mapping[Field, Reader],
    identity: Callable[[Any], Identity],
) -> Callable[[Any], Record]:
    """Give what a line must pass: it says whom it is about, and every field of it can be read."""

    def judge(said: Any) -> Record:
        try:
            keys = identity_keys(identity(said), needs)
        except READING:
            raise MalformedError("unreadable") from None
        if not keys:
            raise MalformedError("nobody")
        for read in readers.values():
            try:
                read(said)
            except UnknownCodeError:
                continue  # in quarantine when it is asked for
            except READING:
                raise MalformedError("unreadable-field") from None
        return Record(said, keys)

    return judge


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)

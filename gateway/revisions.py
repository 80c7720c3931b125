"""Documents kept as chains of revisions: what the GovStack facade needs beside our own consents.

Policies, data agreements and signatures are written once and never changed: a change is a further
revision that names the digest of the one before, and each revision is an entry of the record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Select, exists, insert, select

from audit.event import Event, Kind, stamp
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import revisions


class Schema(StrEnum):
    """What is kept as revisions, by GovStack's own names."""

    POLICY = "Policy"
    DATA_AGREEMENT = "DataAgreement"
    SIGNATURE = "Signature"


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of one document. `digest` is the SHA-256 of `snapshot`, `predecessor` the digest before.

    The snapshot holds the document, its id, its predecessor's digest and its time, so that none of these
    can change without the digest. A deleted document's last snapshot holds no document.
    """

    id: str
    schema: Schema
    object_id: str
    number: int
    snapshot: str
    digest: str
    predecessor: str
    at: datetime
    by: AgencyId

    @property
    def document(self) -> dict[str, Any] | None:
        """Give the document, None where this revision deleted it."""
        document: dict[str, Any] | None = orjson.loads(self.snapshot)["objectData"]
        return document


class Revisions:
    """Writes revisions and reads them back. A revision is durable together with its entry of the record."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._insert = Prepared(insert(revisions), database.dialect)

    async def write(
        self,
        schema: Schema,
        object_id: str,
        document: Mapping[str, Any] | None,
        by: AgencyId,
        subject_ref: SubjectRef | None = None,
    ) -> Revision:
        """Add the next revision of a document; None deletes it.

        Raises:
            ConflictError: somebody else was writing the same document.
        """
        before = await self._newest(schema, object_id)
        revision = _revision(schema, object_id, document, by, before)
        row = self._insert.bind(
            id=revision.id,
            schema=schema.value,
            object_id=object_id,
            number=revision.number,
            snapshot=revision.snapshot,
            digest=revision.digest,
            predecessor=revision.predecessor,
            at=micros(revision.at),
            by=by,
            deleted=int(document is None),
            subject_ref=subject_ref,
        )
        try:
            await self._log.note(_event(revision, subject_ref, deleted=document is None), [row])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return revision

    async def current(self, schema: Schema, object_id: str) -> Revision:
        """Read a document as it is now. Raises `NotFoundError` where there is none, or none any more."""
        newest = await self._newest(schema, object_id)
        if newest is None or newest.document is None:
            raise NotFoundError
        return newest

    async def has(self, schema: Schema, object_id: str) -> bool:
        """Say whether there is such a document."""
        newest = await self._newest(schema, object_id)
        return newest is not None and newest.document is not None

    async def history(self, schema: Schema, object_id: str) -> Sequence[Revision]:
        """Read every revision of a document, the first one first. Raises `NotFoundError` for none."""
        found = await self._select(
            select(revisions)
            .where(_is(schema), revisions.c.object_id == object_id)
            .order_by(revisions.c.number)
        )
        if not found:
            raise NotFoundError
        return found

    async def listed(self, schema: Schema, offset: int, limit: int) -> Sequence[Revision]:
        """Read the documents that there are, in the order of their ids."""
        later = revisions.alias()
        same = (later.c.schema == revisions.c.schema) & (later.c.object_id == revisions.c.object_id)
        superseded = exists().where(same, later.c.number > revisions.c.number)
        return await self._select(
            select(revisions)
            .where(_is(schema), revisions.c.deleted == 0, ~superseded)
            .order_by(revisions.c.object_id)
            .offset(offset)
            .limit(limit)
        )

    async def _newest(self, schema: Schema, object_id: str) -> Revision | None:
        found = await self._select(
            select(revisions)
            .where(_is(schema), revisions.c.object_id == object_id)
            .order_by(revisions.c.number.desc())
            .limit(1)
        )
        return found[0] if found else None

    async def _select(self, statement: Select[Any]) -> list[Revision]:
        return [
            Revision(
                id=row.id,
                schema=Schema(row.schema),
                object_id=row.object_id,
                number=row.number,
                snapshot=row.snapshot,
                digest=row.digest,
                predecessor=row.predecessor,
                at=instant(row.at),
                by=AgencyId(row.by),
            )
            for row in await self._database.fetch(statement)
        ]


def snapshot_of(
    object_id: str, document: Mapping[str, Any] | None, predecessor: str, at: datetime
) -> tuple[str, str]:
    """Write what a revision's digest is taken over, and the digest: sorted members, no spaces, SHA-256."""
    content = {
        "objectData": document,
        "objectId": object_id,
        "predecessorHash": predecessor,
        "timestamp": stamp(at),
    }
    snapshot = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return snapshot.decode(), hashlib.sha256(snapshot).hexdigest()


def _is(schema: Schema) -> Any:
    return revisions.c.schema == schema.value


def _revision(
    schema: Schema,
    object_id: str,
    document: Mapping[str, Any] | None,
    by: AgencyId,
    before: Revision | None,
) -> Revision:
    at = now()
    predecessor = before.digest if before else ""
    snapshot, digest = snapshot_of(object_id, document, predecessor, at)
    number = before.number + 1 if before else 0
    return Revision(str(uuid4()), schema, object_id, number, snapshot, digest, predecessor, at, by)


def _event(revision: Revision, subject_ref: SubjectRef | None, *, deleted: bool) -> Event:
    return Event(
        kind=Kind.AGREEMENT,
        at=revision.at,
        agency=revision.by,
        subject_ref=subject_ref or "",
        result="deleted" if deleted else "revised",
        details={
            "schema": revision.schema.value,
            "object": revision.object_id,
            "revision": revision.number,
            "digest": f"sha-256:{revision.digest}",
        },
    )

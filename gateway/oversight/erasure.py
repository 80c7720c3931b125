"""Forgetting a person: her key and every row that leads to her are destroyed; the record stays whole.

The entries about her keep their pseudonym, which now leads nowhere, and their sealed parts, which
nothing opens any more. The erasure is itself an entry, committed together with the deletions, and a
tombstone keeps rows that come back from an old copy out of the database. Copies of the key outside
it end with the key version that wraps them (`obmin keys rotate`, then `destroy`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    String,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import case as choose

from audit.event import Event, Kind, stamp
from audit.log import Log
from audit.note import Signer, sign
from audit.retention import kept_until
from audit.store import CompanionRefusedError, Statement
from audit.tables import entries
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.oversight.holds import standing
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.tables import cases, erasures, legal_holds, metadata, subjects

CERTIFICATE = "obmin deletion certificate v1"


class ErasureGround(StrEnum):
    """Why a person may be forgotten (Law 2297-VI art. 15): an order does not wait for the retention's end."""

    TERM_ENDED = "term-ended"
    RELATIONS_ENDED = "relations-ended"
    OMBUDSMAN_ORDER = "ombudsman-order"
    COURT_ORDER = "court-order"


ORDERS = frozenset({ErasureGround.OMBUDSMAN_ORDER, ErasureGround.COURT_ORDER})


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: the entry that says so, and a certificate that the log has signed."""

    subject_ref: SubjectRef
    index: int
    event_id: str
    certificate: str


class Erasures:
    """Forgets people, unless a hold or the shortest time for which a record is kept forbids it."""

    def __init__(self, database: Database, log: Log, signer: Signer) -> None:
        self._database = database
        self._log = log
        self._signer = signer
        self._tombstone = Prepared(_tombstone(), database.dialect)
        self._deletions = [Prepared(statement, database.dialect) for statement in _deletions()]
        self._tables = sorted(str(table.name) for table in _reached())

    async def erase(self, ref: SubjectRef, ground: ErasureGround, by: AgencyId, official: str = "") -> Erased:
        """Destroy a person's key and everything that leads to her. There is no way back.

        Raises:
            NotFoundError: nobody of that pseudonym, or erased already.
            ConflictError: `legal-hold`, `retention-minimum`, `case-open`, or `changed-meanwhile`.
        """
        rows = await self._database.fetch(select(subjects.c.kek_version).where(subjects.c.ref == ref))
        if not rows:
            raise NotFoundError
        at = now()
        await self._refuse_early(ref, ground, at)
        event = Event(
            kind=Kind.ERASURE,
            at=at,
            agency=by,
            official=official,
            subject_ref=ref,
            result="erased",
            reason=ground.value,
            details={"tables": self._tables, "key_version": rows[0].kek_version},
        )
        try:
            noted = await self._log.note(event, self._statements(ref, ground, at))
        except CompanionRefusedError:
            # Something was placed, opened or given between our look and the commit: look again.
            await self._refuse_early(ref, ground, at)
            raise ConflictError("changed-meanwhile") from None
        certificate = self._certificate(event, noted.index)
        return Erased(ref, noted.index, event.id, certificate)

    async def _refuse_early(self, ref: SubjectRef, ground: ErasureGround, at: datetime) -> None:
        mine = legal_holds.c.subject_ref == ref
        if await self._database.fetch(select(legal_holds.c.id).where(mine, standing(micros(at))).limit(1)):
            raise ConflictError("legal-hold")
        if ground in ORDERS:
            return
        today = at.date().isoformat()
        is_open = or_(cases.c.closed.is_(None), cases.c.closed > today)
        if await self._database.fetch(select(cases.c.id).where(cases.c.subject_ref == ref, is_open).limit(1)):
            raise ConflictError("case-open")
        last = select(func.max(entries.c.at)).where(entries.c.subject_ref == ref)
        newest = (await self._database.fetch(last))[0][0]
        if newest is not None and at < kept_until(instant(newest)):
            raise ConflictError("retention-minimum")

    def _statements(self, ref: SubjectRef, ground: ErasureGround, at: datetime) -> Sequence[Statement]:
        tombstone = self._tombstone.bind(erased=ref, ground=ground.value, instant=micros(at))
        return [tombstone, *(deletion.bind(erased=ref) for deletion in self._deletions)]

    def _certificate(self, event: Event, index: int) -> str:
        lines: Mapping[str, object] = {
            "log": self._signer.name,
            "entry": index,
            "event": event.id,
            "at": stamp(event.at),
            "subject": event.subject_ref,
            "ground": event.reason,
            "tables": " ".join(self._tables),
            "key version": event.details["key_version"],
        }
        return certificate(self._signer, lines)


def certificate(signer: Signer, lines: Mapping[str, object]) -> str:
    """Give a deletion certificate: a signed note (C2SP signed-note) under the log's own key."""
    said = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return sign(f"{CERTIFICATE}\n{said}", signer)


def _tombstone() -> Insert:
    """Write that she was erased; where a hold stands by then, a null that the schema refuses."""
    who, when = bindparam("erased", type_=String), bindparam("instant", type_=BigInteger)
    held = exists().where(
        legal_holds.c.subject_ref == who,
        legal_holds.c.lifted_at.is_(None),
        or_(legal_holds.c.until.is_(None), legal_holds.c.until > when),
    )
    free = choose((~held, bindparam("ground", type_=String)))
    return insert(erasures).from_select(["subject_ref", "reason", "at"], select(who, free, when))


def _deletions() -> list[Delete]:
    """Give the deletions that leave no row of hers in any table, children first.

    They follow from the schema: a table whose rows name a person, or whose rows belong to such rows.
    """
    who = bindparam("erased", type_=String)
    reached = [(table, _of_person(table, who)) for table in _reached()]
    return [delete(table).where(condition) for table, condition in reached if condition is not None]


def _reached() -> list[Table]:
    who = bindparam("erased", type_=String)
    tables = [table for table in reversed(metadata.sorted_tables) if table is not erasures]
    return [table for table in tables if _of_person(table, who) is not None]


def _of_person(table: Table, who: BindParameter[str]) -> ColumnElement[bool] | None:
    """Say which rows of a table are hers, None where the table knows no people."""
    if table is subjects:
        return subjects.c.ref == who
    named = [column for column in table.c if column.name == "subject_ref"]
    if named:
        return or_(*(column == who for column in named))
    belonging = [
        key.parent.in_(select(key.column).where(condition))
        for key in table.foreign_keys
        if key.column.table is not table and (condition := _of_person(key.column.table, who)) is not None
    ]
    return or_(*belonging) if belonging else None

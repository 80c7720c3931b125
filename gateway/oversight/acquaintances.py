"""Whom officials know in private, as their agency says: so that looking them up raises a question.

The gateway knows no official's family. An agency's staff office names these people once, by
identifier; what is kept is pseudonyms, and nobody reads them but the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select

from audit.event import Event, Kind
from audit.log import Log
from audit.rules import Acquaintances as Known
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId, Subject
from gateway.faults import ConflictError
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.tables import acquaintances
from gateway.subjects import Subjects

RELATIONS = ("self", "family", "colleague")


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """One person whom an official knows, and how."""

    subject: Subject
    relation: str


class AcquaintanceList:
    """Keeps each official's list."""

    def __init__(self, database: Database, log: Log, subjects: Subjects) -> None:
        self._database = database
        self._log = log
        self._subjects = subjects
        self._clear = Prepared(
            delete(acquaintances).where(
                acquaintances.c.agency == bindparam("whose"), acquaintances.c.official == bindparam("who")
            ),
            database.dialect,
        )
        self._insert = Prepared(insert(acquaintances), database.dialect)

    async def put(self, agency: AgencyId, official: OfficialId, people: Sequence[Acquaintance]) -> int:
        """Replace an official's list; give how many people are on it.

        Raises:
            ConflictError: one is named twice or by several people's identifiers, or it changed meanwhile.
        """
        statements = [self._clear.bind(whose=agency, who=official)]
        for person in people:
            registration = await self._subjects.register(person.subject)
            statements += registration.statements
            statements.append(
                self._insert.bind(
                    agency=agency, official=official, subject_ref=registration.ref, relation=person.relation
                )
            )
        event = Event(
            kind=Kind.CONFIG,
            at=now(),
            agency=agency,
            official=official,
            result="acquaintances",
            details={"count": len(people)},
        )
        try:
            await self._log.note(event, statements)
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        return len(people)

    async def all(self) -> Known:
        """Give every list, for the rules."""
        known: dict[tuple[str, str], dict[str, str]] = {}
        for row in await self._database.fetch(select(acquaintances)):
            known.setdefault((row.agency, row.official), {})[row.subject_ref] = row.relation
        return known

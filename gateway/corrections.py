"""A register's entry that is wrong, reported to its owner: what an agency says of a field it was told.

A correction rests on a release: only who was told a field, in an exchange that is on record, can say that it
is wrong. The request is an entry of the record, its words sealed under the person's key; whoever sends it
to the owner reads it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.event import Event, Kind, new_id
from audit.log import Log
from audit.query import Filter, by_id, release_of, search
from contracts.vocabulary import AgencyId, Field, OfficialId, Source, SubjectRef
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.oversight.sealed import SEALED, SealedParts
from gateway.storage.engine import Database, now


@dataclass(frozen=True, slots=True)
class Correction:
    """One request, without its words. `index` is its place in the record."""

    id: str
    at: datetime
    exchange_id: str
    agency: AgencyId
    official: OfficialId
    case: str
    source: Source
    field: Field
    state: str
    index: int


@dataclass(frozen=True, slots=True)
class Corrections:
    """Records correction requests and reads them back, for one deployment."""

    database: Database
    log: Log
    parts: SealedParts

    async def request(
        self,
        agency: AgencyId,
        official: OfficialId,
        exchange_id: str,
        source: Source,
        field: Field,
        statement: str,
    ) -> Correction:
        """Record that a register's field is wrong, in the words of who says so.

        Raises:
            NotFoundError: no such release of this agency, or the person was erased.
            BodyInvalidError: the release did not tell this field from this source (`not-told`).
        """
        async with self.database.reading() as connection:
            release = await release_of(connection, exchange_id)
        if release is None or release.event.agency != agency:
            raise NotFoundError
        if field not in _told(release.event, source):
            raise BodyInvalidError("not-as-described", [{"pointer": "/field", "code": "not-told"}])
        correction_id, ref = new_id(), SubjectRef(release.event.subject_ref)
        sealed = await self.parts.seal(ref, correction_id, Kind.CORRECTION, statement)
        event = Event(
            kind=Kind.CORRECTION,
            at=now(),
            id=correction_id,
            exchange_id=exchange_id,
            agency=agency,
            official=official,
            case=release.event.case,
            subject_ref=ref,
            result="recorded",
            details={"source": source, "field": field, SEALED: sealed},
        )
        noted = await self.log.note(event)
        return _correction(event, noted.index)

    async def of(self, agency: AgencyId | None, after: int | None, limit: int) -> Sequence[Correction]:
        """List the requests of one agency, or of all, in the order of the record."""
        wanted = Filter(kind=Kind.CORRECTION, agency=agency, after=after)
        async with self.database.reading() as connection:
            found = await search(connection, wanted, limit)
        return [_correction(each.event, each.index) for each in found]

    async def read(self, correction_id: str, agency: AgencyId) -> tuple[Correction, str]:
        """Give one request of this agency and its words. The reading is on record before they are given.

        Raises:
            NotFoundError: unknown, another agency's, or the person was erased.
        """
        async with self.database.reading() as connection:
            found = await by_id(connection, correction_id)
        if found is None or found.event.kind is not Kind.CORRECTION or found.event.agency != agency:
            raise NotFoundError
        words = await self.parts.open(found.event)
        await self.log.note(
            Event(Kind.READ, now(), exchange_id=found.event.exchange_id, agency=agency, result="correction")
        )
        return _correction(found.event, found.index), words


def _told(release: Event, source: Source) -> frozenset[str]:
    """Name the fields that a release told from one source."""
    outcomes = release.details.get("sources", ())
    assert isinstance(outcomes, Sequence)  # noqa: S101  a release has its sources
    for outcome in outcomes:
        if isinstance(outcome, dict) and outcome.get("source") == source:
            fields = outcome.get("fields", ())
            return frozenset(map(str, fields)) if isinstance(fields, Sequence) else frozenset()
    return frozenset()


def _correction(event: Event, index: int) -> Correction:
    return Correction(
        id=event.id,
        at=event.at,
        exchange_id=event.exchange_id,
        agency=AgencyId(event.agency),
        official=OfficialId(event.official),
        case=event.case,
        source=Source(str(event.details["source"])),
        field=Field(str(event.details["field"])),
        state=event.result,
        index=index,
    )

"""A person at risk: what safety hides of her from everybody, and from whom she is protected.

Masks outrank every contract and every source. Setting them takes a right, lifting them another and a
second person; both are entries of the record. Whoever she is protected from can neither consent for
her nor be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, String, Text, bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.store import CompanionRefusedError, Statement
from contracts.facts import Capacity, OrderFact
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.consent.consents import new_reference
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.ground_tables import court_orders, protections
from gateway.storage.tables import subjects
from gateway.subjects import Registration

NO_MASKS = "[]"


@dataclass(frozen=True, slots=True)
class Protection:
    """One reason to hide where a person is. `shielded_from` are refs, or `*` for any representative.

    `evidence` refers to the decision it rests on.
    """

    id: str
    subject_ref: SubjectRef
    danger: str
    masks: tuple[str, ...]
    shielded_from: tuple[str, ...]
    evidence: str
    agency: AgencyId
    official: OfficialId
    set_at: datetime
    lifted_at: datetime | None = None


class Protections:
    """Sets and lifts protection, and files what else is known of a person's standing in law."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log
        self._insert = Prepared(insert(protections), database.dialect)
        self._order = Prepared(insert(court_orders), database.dialect)
        # What another changed in between becomes null, which the schema refuses with the whole entry.
        self._hide = Prepared(
            update(subjects)
            .where(subjects.c.ref == bindparam("of"))
            .values(
                masks=choose(
                    (subjects.c.masks == bindparam("was", type_=Text), bindparam("now", type_=Text))
                ),
                shielded_from=bindparam("feared", type_=Text),
            ),
            database.dialect,
        )
        self._lift = Prepared(
            update(protections)
            .where(protections.c.id == bindparam("which"))
            .values(
                lifted_at=bindparam("when", type_=BigInteger),
                lifting_official=bindparam("who", type_=String),
                lifting_second=bindparam("second", type_=String),
                lifted_by=choose((protections.c.lifted_at.is_(None), bindparam("by", type_=String))),
            ),
            database.dialect,
        )
        self._capacity = Prepared(
            update(subjects)
            .where(subjects.c.ref == bindparam("of"))
            .values(capacity=bindparam("becomes", type_=String)),
            database.dialect,
        )

    async def protect(
        self,
        wanted: Protection,
        person: Registration,
        feared: Sequence[Registration],
        whoever: bool,  # noqa: FBT001
    ) -> Protection:
        """Hide what safety demands, from now on and in every release that is not yet on record.

        Raises:
            ConflictError: somebody else changed the same person meanwhile.
        """
        refs = ("*",) if whoever else tuple(sorted(each.ref for each in feared))
        masks, shielded = await self._hidden(person.ref)
        row = self._insert.bind(
            id=wanted.id,
            subject_ref=person.ref,
            danger=wanted.danger,
            masks=_dump(wanted.masks),
            shielded_from=_dump(refs),
            evidence=wanted.evidence,
            agency=wanted.agency,
            official=wanted.official,
            set_at=micros(wanted.set_at),
            lifted_at=None,
            lifted_by="",
            lifting_official="",
            lifting_second="",
        )
        registered = [statement for each in (person, *feared) for statement in each.statements]
        hide = self._hidden_as(person.ref, masks, {*orjson.loads(masks), *wanted.masks}, {*shielded, *refs})
        kept = Protection(
            wanted.id, person.ref, wanted.danger, wanted.masks, refs, wanted.evidence, wanted.agency,
            wanted.official, wanted.set_at,
        )  # fmt: skip
        await self._note(kept, wanted.agency, wanted.official, "set", [*registered, row, hide])
        return kept

    async def lift(
        self, protection: Protection, by: AgencyId, official: OfficialId, second: OfficialId, evidence: str
    ) -> None:
        """Lift it; what another protection of hers hides stays hidden.

        Raises:
            ConflictError: one person alone, lifted before, or changed meanwhile.
        """
        if official == second:
            raise ConflictError("second-person-missing")
        if protection.lifted_at is not None:
            raise ConflictError("lifted-before")
        others = [
            each
            for each in await self.of(protection.subject_ref)
            if each.id != protection.id and each.lifted_at is None
        ]
        masks, shielded = await self._hidden(protection.subject_ref)
        still = {mask for each in others for mask in each.masks}
        feared = {ref for each in others for ref in each.shielded_from}
        lifted = self._lift.bind(which=protection.id, when=micros(now()), who=official, second=second, by=by)
        hide = self._hidden_as(
            protection.subject_ref,
            masks,
            (set(orjson.loads(masks)) - set(protection.masks)) | still,
            (set(shielded) - set(protection.shielded_from)) | feared,
        )
        more: dict[str, Json] = {"second": second, "evidence": evidence}
        await self._note(protection, by, official, "lifted", [lifted, hide], more)

    async def get(self, protection_id: str) -> Protection:
        """Read one. Raises `NotFoundError`."""
        found = await self._select(protections.c.id == protection_id)
        if not found:
            raise NotFoundError
        return found[0]

    async def of(self, ref: SubjectRef) -> Sequence[Protection]:
        """List a person's, lifted ones included."""
        return await self._select(protections.c.subject_ref == ref)

    async def file_capacity(
        self, person: Registration, capacity: Capacity, evidence: str, agency: AgencyId, official: OfficialId
    ) -> None:
        """File whether a person can act for herself in law."""
        event = _filed(
            person.ref, agency, official, "capacity", {"capacity": capacity.value, "evidence": evidence}
        )
        await self._write(
            event, [*person.statements, self._capacity.bind(of=person.ref, becomes=capacity.value)]
        )

    async def file_order(
        self, person: Registration, order: OrderFact, agency: AgencyId, official: OfficialId
    ) -> OrderFact:
        """File a court's order that lets this agency be told of a person."""
        row = self._order.bind(
            id=order.id,
            subject_ref=person.ref,
            consumer=agency,
            citation=order.citation,
            sources=_dump(sorted(order.sources)),
            begins=micros(order.since),
            until=micros(order.until),
            official=official,
        )
        details: dict[str, Json] = {"order": order.id, "citation": order.citation}
        event = _filed(person.ref, agency, official, "court-order", details)
        await self._write(event, [*person.statements, row])
        return order

    async def _hidden(self, ref: SubjectRef) -> tuple[str, list[str]]:
        rows = await self._database.fetch(
            select(subjects.c.masks, subjects.c.shielded_from).where(subjects.c.ref == ref)
        )
        return (rows[0].masks, orjson.loads(rows[0].shielded_from)) if rows else (NO_MASKS, [])

    def _hidden_as(self, ref: SubjectRef, was: str, masks: set[str], feared: set[str]) -> Statement:
        return self._hide.bind(of=ref, was=was, now=_dump(sorted(masks)), feared=_dump(sorted(feared)))

    async def _note(
        self,
        protection: Protection,
        agency: AgencyId,
        official: OfficialId,
        result: str,
        statements: Sequence[Statement],
        more: Mapping[str, Json] | None = None,
    ) -> None:
        event = Event(
            kind=Kind.PROTECTION,
            at=now(),
            agency=agency,
            official=official,
            subject_ref=protection.subject_ref,
            result=result,
            reason=protection.danger,
            details={"protection": protection.id, "masks": list(protection.masks), **(more or {})},
        )
        await self._write(event, statements)

    async def _write(self, event: Event, statements: Sequence[Statement]) -> None:
        try:
            await self._log.note(event, statements)
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None

    async def _select(self, condition: Any) -> list[Protection]:
        rows = await self._database.fetch(select(protections).where(condition).order_by(protections.c.set_at))
        return [_protection(row) for row in rows]


def fresh_protection(
    danger: str, masks: Sequence[str], evidence: str, agency: AgencyId, official: OfficialId
) -> Protection:
    """Give a protection that is about to be set; whose it is, is still open."""
    at = now()
    hidden = tuple(sorted(set(masks)))
    return Protection(new_reference(), SubjectRef(""), danger, hidden, (), evidence, agency, official, at)


def _filed(
    ref: SubjectRef, agency: AgencyId, official: OfficialId, result: str, details: Mapping[str, Json]
) -> Event:
    return Event(
        kind=Kind.CASE,
        at=now(),
        agency=agency,
        official=official,
        subject_ref=ref,
        result=result,
        details=details,
    )


def _dump(words: Sequence[str]) -> str:
    return orjson.dumps(words).decode()


def _protection(row: Any) -> Protection:
    return Protection(
        id=row.id,
        subject_ref=SubjectRef(row.subject_ref),
        danger=row.danger,
        masks=tuple(orjson.loads(row.masks)),
        shielded_from=tuple(orjson.loads(row.shielded_from)),
        evidence=row.evidence,
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        set_at=instant(row.set_at),
        lifted_at=instant(row.lifted_at) if row.lifted_at is not None else None,
    )

"""The people we are asked about: a pseudonym and a key each, identifiers sealed and blindly indexed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import BindParameter, LargeBinary, Row, and_, bindparam, insert, or_, select, update
from sqlalchemy import case as choose

from audit.store import Statement
from contracts.facts import Capacity
from contracts.vocabulary import (
    NAME,
    AgencyId,
    Identity,
    ObminError,
    PersonName,
    Scheme,
    Subject,
    SubjectRef,
)
from contracts.words import Vocabulary
from gateway.consent.ground import CaseNotOpenError
from gateway.consent.standing import Standing, case_fact, consent_facts, order_facts, standing_statement
from gateway.faults import ConflictError, StorageUnavailableError
from gateway.query import Query
from gateway.sealing.envelope import Context, SubjectKey
from gateway.sealing.index import BlindIndex
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, Prepared, micros, now
from gateway.storage.tables import subject_identifiers, subjects

PATIENCE = timedelta(seconds=5)
UNNAMED = Identity({})
NOBODY = "[]"
"""Whom she is protected from, as the table writes it."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A person as she is about to be written: `statements` must be committed with the entry that says so."""

    ref: SubjectRef
    statements: Sequence[Statement]


class SubjectUnfiledError(ObminError):
    """Nothing is on file about this person yet."""


class Subjects:
    """Finds people by blind index and opens what is kept of them."""

    def __init__(self, database: Database, ring: KeyRing, tenant: str, vocabulary: Vocabulary) -> None:
        self._database = database
        self._ring = ring
        self._tenant = tenant
        self._index = BlindIndex(ring, tenant, vocabulary)
        self._standing: Mapping[tuple[bool, bool], Any] = {
            (with_case, with_named): standing_statement(with_case=with_case, with_named=with_named)
            for with_case in (True, False)
            for with_named in (True, False)
        }
        self._new_subject = Prepared(insert(subjects), database.dialect)
        self._new_identifier = Prepared(insert(subject_identifiers), database.dialect)
        self._new_identity = Prepared(
            update(subjects)
            .where(subjects.c.ref == bindparam("known"))
            # Where another wrote in between this is null, which the schema refuses with the whole entry.
            .values(identity=choose((subjects.c.identity == _bytes("was"), _bytes("becomes")))),
            database.dialect,
        )

    async def find(
        self, agency: AgencyId, query: Query, *, case_required: bool, within: timedelta = PATIENCE
    ) -> Standing:
        """Read in one statement all that the decision needs: person, case, consents, orders, masks.

        A database that takes longer than `within` is one that does not answer.

        Raises:
            CaseNotOpenError: no such case of this agency.
            SubjectUnfiledError: no case is needed, and this person was never asked about before.
            StorageUnavailableError: the database does not answer.
        """
        by_case = query.case is not None
        if case_required and not by_case:
            raise CaseNotOpenError("case-required")
        asked: dict[str, object] = {
            "agency": agency,
            "at": micros(now()),
            "scheme": query.scheme,
            "blind": self.blind(query.scheme, query.subject.reveal()),
        }
        if by_case:
            asked["case"] = query.case
        if query.consent:
            asked["named"] = query.consent
        try:
            async with asyncio.timeout(within.total_seconds()):
                rows = await self._database.fetch(self._standing[by_case, bool(query.consent)], **asked)
        except TimeoutError:
            raise StorageUnavailableError from None
        if not rows:
            raise CaseNotOpenError("case-unknown") if by_case else SubjectUnfiledError
        return self.read(rows, query.subject.reveal())

    def read(self, rows: Sequence[Row[Any]], asked: Identity = UNNAMED) -> Standing:
        """Read what the rows of one person's `standing_statement` say; `asked` is what she was named by."""
        row = rows[0]
        ref = SubjectRef(row.ref)
        key = SubjectKey.unwrap(self._ring, ref, row.wrapped_key, row.kek_version)
        stored = _load_identity(key.open(row.identity, self._context(ref)))
        return Standing(
            ref=ref,
            # What was asked with may be more than what is on file (a name beside the number).
            subject=Subject(_joined(stored, asked)),
            key=key,
            case=case_fact(row),
            consents=consent_facts(rows),
            masks=frozenset(orjson.loads(row.masks)),
            capacity=row.capacity,
            shielded=row.shielded_from != NOBODY,
            orders=order_facts(rows),
        )

    async def register(self, subject: Subject, masks: Iterable[str] = ()) -> Registration:
        """Prepare the writes that make this person known, by every identifier given.

        Raises:
            ConflictError: the identifiers belong to different people on file; nothing is ever merged.
        """
        identity, blinds = subject.reveal(), self._blinds(subject)
        rows = await self._known(blinds)
        refs = {row.ref for row in rows}
        if len(refs) > 1:
            raise ConflictError("identifiers-of-different-people")
        if not refs:
            return self._fresh(identity, blinds, masks)
        return self._extended(rows[0], identity, blinds, {Scheme(row.scheme) for row in rows})

    async def known(self, subject: Subject) -> SubjectRef | None:
        """Give the person whom these identifiers name, None where nobody is on file.

        Raises:
            ConflictError: they name several people, or a name alone does, which many may share.
        """
        blinds = self._blinds(subject)
        refs = {row.ref for row in await self._known(blinds)}
        if len(refs) > 1 or blinds.keys() <= {NAME}:
            raise ConflictError("identifiers-of-different-people")
        return SubjectRef(refs.pop()) if refs else None

    def same(self, one: Subject, other: Subject) -> bool:
        """Say whether two that are not on file are named by one identifier."""
        return bool(self._blinds(one).items() & self._blinds(other).items())

    def _blinds(self, subject: Subject) -> dict[Scheme, bytes]:
        identity = subject.reveal()
        return {scheme: self.blind(scheme, identity) for scheme in identity.schemes}

    async def _known(self, blinds: Mapping[Scheme, bytes]) -> Sequence[Row[Any]]:
        # A name finds nobody here by itself: namesakes share one.
        numbers = [
            and_(subject_identifiers.c.scheme == scheme, subject_identifiers.c.blind == blind)
            for scheme, blind in blinds.items()
            if scheme != NAME or len(blinds) == 1
        ]
        mine = subject_identifiers.alias("mine")
        return await self._database.fetch(
            select(subjects, mine.c.scheme)
            .join(subject_identifiers, subject_identifiers.c.subject_ref == subjects.c.ref)
            .join(mine, mine.c.subject_ref == subjects.c.ref)
            .where(or_(*numbers)),
        )

    def _fresh(
        self, identity: Identity, blinds: Mapping[Scheme, bytes], masks: Iterable[str]
    ) -> Registration:
        ref = SubjectRef(secrets.token_hex(16))
        key, wrapped, version = SubjectKey.create(self._ring, ref)
        subject = self._new_subject.bind(
            ref=ref,
            wrapped_key=wrapped,
            kek_version=version,
            identity=key.seal(_dump_identity(identity), self._context(ref)),
            masks=orjson.dumps(sorted(masks)).decode(),
            shielded_from=NOBODY,
            capacity=Capacity.ABLE,
        )
        return Registration(ref, [subject, *self._identifiers(ref, blinds)])

    def _extended(
        self, row: Row[Any], identity: Identity, blinds: Mapping[Scheme, bytes], known: set[Scheme]
    ) -> Registration:
        ref = SubjectRef(row.ref)
        key = SubjectKey.unwrap(self._ring, ref, row.wrapped_key, row.kek_version)
        stored = _load_identity(key.open(row.identity, self._context(ref)))
        joined = _joined(stored, identity)
        if joined == stored:
            return Registration(ref, [])
        kept = key.seal(_dump_identity(joined), self._context(ref))
        added = {scheme: blind for scheme, blind in blinds.items() if scheme not in known}
        return Registration(
            ref,
            [
                self._new_identity.bind(known=ref, was=row.identity, becomes=kept),
                *self._identifiers(ref, added),
            ],
        )

    def _identifiers(self, ref: SubjectRef, blinds: Mapping[Scheme, bytes]) -> list[Statement]:
        return [
            self._new_identifier.bind(scheme=scheme, blind=blind, subject_ref=ref)
            for scheme, blind in blinds.items()
        ]

    def blind(self, scheme: Scheme, identity: Identity) -> bytes:
        """Give the blind index under which a person of this identity is kept."""
        if scheme == NAME:
            assert identity.name  # noqa: S101  the edge has checked
            assert identity.birth_date  # noqa: S101  the same
            return self._index.of_name(identity.name, identity.birth_date)
        return self._index.of(scheme, identity.identifiers[scheme])

    def _context(self, ref: SubjectRef) -> Context:
        return _identity_of(self._tenant, ref)


async def open_identity(database: Database, ring: KeyRing, tenant: str, ref: SubjectRef) -> Identity:
    """Open what is on file of a person whose reference is at hand, as background work needs it.

    Raises:
        SubjectUnfiledError: nothing is on file any more.
    """
    rows = await database.fetch(select(subjects).where(subjects.c.ref == ref))
    if not rows:
        raise SubjectUnfiledError
    key = SubjectKey.unwrap(ring, ref, rows[0].wrapped_key, rows[0].kek_version)
    return _load_identity(key.open(rows[0].identity, _identity_of(tenant, ref)))


def _identity_of(tenant: str, ref: SubjectRef) -> Context:
    return Context(tenant, "subjects", ref, "identity")


def _bytes(name: str) -> BindParameter[bytes]:
    return bindparam(name, type_=LargeBinary)


def _joined(stored: Identity, given: Identity) -> Identity:
    """Take what is on file first: it was bound to the case by whoever opened it."""
    return Identity(
        identifiers={**given.identifiers, **stored.identifiers},
        name=stored.name or given.name,
        birth_date=stored.birth_date or given.birth_date,
    )


def _dump_identity(identity: Identity) -> bytes:
    name = identity.name
    return orjson.dumps(
        {
            "identifiers": dict(identity.identifiers),
            "name": [name.family, name.given, name.patronymic] if name else None,
            "birth_date": identity.birth_date,
        }
    )


def _load_identity(content: bytes) -> Identity:
    raw = orjson.loads(content)
    return Identity(
        identifiers=raw["identifiers"],
        name=PersonName(*raw["name"]) if raw["name"] else None,
        birth_date=date.fromisoformat(raw["birth_date"]) if raw["birth_date"] else None,
    )

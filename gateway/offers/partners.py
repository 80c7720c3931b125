"""Partners come aboard: they register themselves, two officials approve, and a suspension works at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Integer, bindparam, insert, select, update
from sqlalchemy import case as choose

from audit.event import Event, Kind
from audit.log import Log
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, OfficialId
from gateway.agencies import Agency, Role, agency_of
from gateway.faults import ConflictError, ForbiddenError, NotFoundError
from gateway.offers.companies import REFUSED, Registered
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.offer_tables import partners

APPROVALS = 2
"""How many different officials approve a partner."""


class Standing(StrEnum):
    """Where a partner stands."""

    APPLIED = "applied"
    APPROVED = "approved"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation that gives support. `entry` is as in `agencies.toml`, with contacts by role.

    `contract` is the digest of the contract it agreed to; `registered` is what the companies register said
    when it was last asked.
    """

    id: AgencyId
    scheme: str
    identifier: str
    standing: Standing
    entry: Mapping[str, Any]
    contract: str
    approved_by: tuple[OfficialId, ...]
    registered: Registered
    version: int


class Roster(Mapping[AgencyId, Agency]):
    """The agencies of a deployment: those of its file, and the partners that are approved now."""

    def __init__(self, listed: Mapping[AgencyId, Agency]) -> None:
        self._listed = listed
        self._approved: Mapping[AgencyId, Agency] = {}

    def admit(self, approved: Mapping[AgencyId, Agency]) -> None:
        """Replace the partners that may come in. One in the file is never displaced by one that applied."""
        self._approved = approved

    def __getitem__(self, agency: AgencyId) -> Agency:
        return self._listed[agency] if agency in self._listed else self._approved[agency]

    def __iter__(self) -> Iterator[AgencyId]:
        return iter({**self._approved, **self._listed})

    def __len__(self) -> int:
        return len({**self._approved, **self._listed})


class Partners:
    """Keeps the partners that registered themselves; each change is an entry of the record."""

    def __init__(self, database: Database, log: Log, roster: Roster) -> None:
        self._database = database
        self._log = log
        self._roster = roster
        self._insert = Prepared(insert(partners), database.dialect)
        version = choose((partners.c.version == bindparam("was"), bindparam("becomes", type_=Integer)))
        self._update = Prepared(
            update(partners)
            .where(partners.c.id == bindparam("of"))
            .values(
                state=bindparam("now_is"),
                approved_by=bindparam("approvals"),
                registered=bindparam("register_says"),
                version=version,
            ),
            database.dialect,
        )

    async def apply(self, partner: Partner) -> Partner:
        """Put an application on file.

        Raises:
            ConflictError: the agency id or the identifier is taken.
        """
        if partner.id in self._roster:
            raise ConflictError("agency-known")
        row = self._insert.bind(
            id=partner.id,
            scheme=partner.scheme,
            identifier=partner.identifier,
            state=partner.standing.value,
            entry=orjson.dumps(partner.entry).decode(),
            contract=partner.contract,
            approved_by="[]",
            registered=partner.registered.value,
            version=partner.version,
        )
        try:
            await self._log.note(_event(partner, "applied", partner.id), [row])
        except CompanionRefusedError:
            raise ConflictError("agency-known") from None
        return partner

    async def approve(
        self, partner: Partner, by: AgencyId, official: OfficialId, registered: Registered
    ) -> Partner:
        """Note one official's approval; the last that is needed lets the partner in.

        `registered` is what the companies register says of it now.

        Raises:
            ConflictError: this official has approved already, the partner is not to be approved, or there
                is no such organisation.
        """
        if partner.standing is not Standing.APPLIED:
            raise ConflictError(f"partner-is-{partner.standing}")
        if official in partner.approved_by:
            raise ConflictError("second-official-needed")
        if registered in REFUSED:
            raise ConflictError("not-in-companies-register")
        approvals = (*partner.approved_by, official)
        standing = Standing.APPROVED if len(approvals) >= APPROVALS else partner.standing
        approved = replace(partner, standing=standing, approved_by=approvals, registered=registered)
        return await self._write(partner, approved, by, official)

    async def suspend(self, partner: Partner, by: AgencyId, official: OfficialId, reason: str) -> Partner:
        """Keep a partner out from the next request on; a new approval by two lets it in again."""
        if partner.standing is Standing.SUSPENDED:
            return partner
        return await self._write(
            partner, replace(partner, standing=Standing.SUSPENDED, approved_by=()), by, official, reason
        )

    async def readmit(self, partner: Partner, by: AgencyId, official: OfficialId) -> Partner:
        """Let a suspended partner apply anew."""
        if partner.standing is not Standing.SUSPENDED:
            raise ConflictError(f"partner-is-{partner.standing}")
        return await self._write(partner, replace(partner, standing=Standing.APPLIED), by, official)

    async def get(self, partner: str) -> Partner:
        """Read one.

        Raises:
            NotFoundError: nobody of that id has registered.
        """
        rows = await self._database.fetch(select(partners).where(partners.c.id == partner))
        if not rows:
            raise NotFoundError
        return _partner(rows[0])

    async def all(self) -> Sequence[Partner]:
        """Read all of them, by id."""
        return [_partner(row) for row in await self._database.fetch(select(partners).order_by(partners.c.id))]

    async def refresh(self) -> None:
        """Let in who is approved by now, and nobody else who registered."""
        approved = [each for each in await self.all() if each.standing is Standing.APPROVED]
        self._roster.admit({each.id: _as_agency(each) for each in approved})

    async def require_active(self, agency: AgencyId) -> None:
        """Refuse a partner that was suspended, whatever token it holds.

        Raises:
            ForbiddenError: it is not approved now.
        """
        states = select(partners.c.state).where(partners.c.id == agency)
        rows = await self._database.fetch(states)
        if rows and rows[0].state != Standing.APPROVED:
            await self.refresh()
            raise ForbiddenError

    async def _write(
        self, was: Partner, new: Partner, by: AgencyId, official: OfficialId, reason: str = ""
    ) -> Partner:
        new = replace(new, version=was.version + 1)
        row = self._update.bind(
            of=was.id,
            was=was.version,
            becomes=new.version,
            now_is=new.standing.value,
            approvals=orjson.dumps(new.approved_by).decode(),
            register_says=new.registered.value,
        )
        try:
            await self._log.note(_event(new, new.standing.value, by, official, reason), [row])
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
        await self.refresh()
        return new


def _partner(row: Any) -> Partner:
    return Partner(
        id=AgencyId(row.id),
        scheme=row.scheme,
        identifier=row.identifier,
        standing=Standing(row.state),
        entry=orjson.loads(row.entry),
        contract=row.contract,
        approved_by=tuple(map(OfficialId, orjson.loads(row.approved_by))),
        registered=Registered(row.registered),
        version=row.version,
    )


def _as_agency(partner: Partner) -> Agency:
    kept = {name: partner.entry[name] for name in ("name", "signing", "recipient") if name in partner.entry}
    return agency_of(partner.id, {**kept, "roles": [Role.PARTNER.value]})


def _event(
    partner: Partner, result: str, by: AgencyId, official: OfficialId | str = "", reason: str = ""
) -> Event:
    return Event(
        kind=Kind.PARTNER,
        at=now(),
        agency=by,
        official=official,
        result=result,
        reason=reason,
        contract=partner.contract,
        details={
            "partner": partner.id,
            "approvals": len(partner.approved_by),
            "registered": partner.registered.value,
        },
    )

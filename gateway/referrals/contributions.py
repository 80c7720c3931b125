"""What agencies add to a needs assessment: section by section, signed, in parts until nothing is left to add.

A contribution answers a referral that asks for one. It is kept as it was signed, under the person's key;
who reads it, the case system or the person herself, is told what the contract with the case system gives.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import insert, select

from audit.event import new_id
from audit.store import Statement
from contracts.contract import Operation
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, OfficialId, Purpose, SubjectRef
from contracts.vocabulary import Field as FieldName
from gateway.agencies import Agency
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.oversight.sealed import SealedParts
from gateway.referrals.referral import Asks, Referral
from gateway.referrals.referrals import Referrals
from gateway.referrals.stages import Side, Step
from gateway.referrals.wishes import Move
from gateway.sealing.envelope import Context
from gateway.signed import verify
from gateway.storage.engine import Database, Prepared, instant, micros, now
from gateway.storage.referral_tables import contributions

PREFIX: Final = "contribution."


class Said(BaseModel):
    """What is signed. `whole` says that the agency has nothing to add; it may then say nothing at all."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    referral: Annotated[str, StringConstraints(max_length=64)]
    official: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$")]
    sections: Annotated[
        dict[str, Annotated[str, StringConstraints(min_length=1, max_length=8000)]], Field(max_length=50)
    ]
    whole: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part that an agency has added: by whom, when, signed with which key, and what it says."""

    id: str
    referral_id: str
    agency: AgencyId
    official: OfficialId
    key_id: str
    is_whole: bool
    at: datetime
    sections: Mapping[str, str] = field(repr=False)


class Contributions:
    """Takes contributions and reads them back; who may read what is decided by `telling`."""

    def __init__(
        self, database: Database, parts: SealedParts, contracts: ContractStore, kept: Referrals
    ) -> None:
        self._database = database
        self._parts = parts
        self._contracts = contracts
        self._kept = kept
        self._insert = Prepared(insert(contributions), database.dialect)

    def check(self, sender: AgencyId, purpose: Purpose, sections: Sequence[str]) -> None:
        """Refuse to ask for sections that the sender's contract does not give it.

        Raises `NotPermittedError`.
        """
        fields = [field_of(section) for section in sections]
        self._contracts.permit(sender, purpose, now(), None, fields, Operation.PUSH)

    async def add(
        self, referral: Referral, agency: Agency, signed: str, if_match: int | str | None
    ) -> Referral:
        """Take one part of what was asked for; the last one completes the referral.

        Raises:
            SignatureWrongError: not signed by this agency.
            BodyInvalidError: another referral's, or of sections that were not asked for; places say which.
            ConflictError: no contribution is asked for, or not any more.
            NotPermittedError: the contract does not give a section any more.
        """
        if referral.side_of(agency.id) is not Side.RECEIVER:
            raise NotFoundError
        if referral.kind is not Asks.CONTRIBUTION:
            raise ConflictError("no-contribution-asked")
        checked = verify(signed, agency)
        said = _read(checked.content)
        _require_fitting(said, referral)
        if said.sections:
            self.check(referral.sender, referral.purpose, [*said.sections])
        made = new_id()
        row = await self._row(made, referral, said, signed, checked.key_id)
        move = Move(
            step=Step.LAST_PART if said.whole else Step.PART,
            by=agency.id,
            official=OfficialId(said.official),
            if_match=if_match,
            details={"contribution": made, "key": checked.key_id, "sections": sorted(said.sections)},
        )
        return await self._kept.step(referral, move, [row])

    async def to(self, referral: Referral) -> Sequence[Contribution]:
        """List what was added to one referral, the first first. Whoever gives it has it on record first."""
        return await self._where(contributions.c.referral_id == referral.id)

    async def about(self, ref: SubjectRef) -> Sequence[Contribution]:
        """List what was said of a person."""
        return await self._where(contributions.c.subject_ref == ref)

    async def _where(self, condition: Any) -> Sequence[Contribution]:
        statement = select(contributions).where(condition).order_by(contributions.c.id)
        rows = await self._database.fetch(statement)
        if not rows:
            return []
        key = await self._parts.key_of(SubjectRef(rows[0].subject_ref))
        found = []
        for row in rows:
            signed = key.open(row.signed, self._place(row.id)).decode()
            said = _read(_content_of(signed))
            found.append(
                Contribution(
                    row.id,
                    row.referral_id,
                    AgencyId(row.agency),
                    OfficialId(row.official),
                    row.key_id,
                    row.is_whole,
                    instant(row.at),
                    said.sections,
                )
            )
        return found

    async def _row(self, made: str, referral: Referral, said: Said, signed: str, key_id: str) -> Statement:
        key = await self._parts.key_of(referral.subject_ref)
        return self._insert.bind(
            id=made,
            referral_id=referral.id,
            subject_ref=referral.subject_ref,
            agency=referral.receiver,
            official=said.official,
            key_id=key_id,
            sections=orjson.dumps(sorted(said.sections)).decode(),
            is_whole=said.whole,
            signed=key.seal(signed.encode(), self._place(made)),
            at=micros(now()),
        )

    def _place(self, contribution_id: str) -> Context:
        return Context(self._parts.tenant, "contributions", contribution_id, "signed")


def field_of(section: str) -> FieldName:
    """Give the name by which contracts know a section of the assessment."""
    return FieldName(f"{PREFIX}{section}")


def _read(content: bytes) -> Said:
    try:
        return Said.model_validate_json(content)
    except ValidationError as error:
        places = [
            {"pointer": "".join(f"/{part}" for part in detail["loc"][:1]), "code": detail["type"]}
            for detail in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise BodyInvalidError("not-as-described", places) from None


def _content_of(signed: str) -> bytes:
    part = signed.split(".")[1]
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _require_fitting(said: Said, referral: Referral) -> None:
    foreign = [section for section in said.sections if section not in referral.sections]
    if said.referral != referral.id:
        raise BodyInvalidError("not-as-described", [{"pointer": "/referral", "code": "another-referral"}])
    if foreign or not (said.sections or said.whole):
        raise BodyInvalidError("not-as-described", [{"pointer": "/sections", "code": "not-asked-for"}])

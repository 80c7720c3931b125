"""What the receiver of a referral may see of a person now: weighed and minimised like what a registry says.

The case file of the agency that refers is the source: `referral` is what a contract gives before the
referral is accepted, `referral-accepted` what it gives besides to whom has accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson

from adapters.base import Answered
from contracts.contract import Operation
from contracts.reasons import Reason
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, Field, Identity, ObminError, Purpose, Source, Value
from contracts.words import Vocabulary
from gateway.collection import Finding, Status
from gateway.consent.ground import ConsentMissingError, outward
from gateway.disclosure import Disclosure, minimise
from gateway.exchange import code_of
from gateway.faults import BodyInvalidError
from gateway.outbox.message import Draft
from gateway.outbox.weighing import Reading, Weighing
from gateway.referrals.referral import Referral
from gateway.referrals.stages import OPENED, Stage
from gateway.sealing.envelope import Context, SubjectKey
from gateway.storage.engine import now

FIRST: Final = Source("referral")
OPEN: Final = Source("referral-accepted")
Covers = Mapping[Source, frozenset[Field]]


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told of her: in the open, and what leaves to the receiver's key alone.

    `covers` says which fields of which source that is; `withheld` why a source tells nothing.
    """

    contract: str = ""
    plain: Mapping[Field, Value] = field(default_factory=dict, repr=False)
    sealed: Mapping[Field, Value] = field(default_factory=dict, repr=False)
    covers: Covers = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)

    @property
    def everything(self) -> Mapping[Field, Value]:
        """Give all of it, for a message, which is sealed as a whole."""
        return {**self.plain, **self.sealed}


class Telling:
    """Decides what a receiver is told, each time anew."""

    def __init__(self, contracts: ContractStore, weighing: Weighing, tenant: str) -> None:
        self._contracts = contracts
        self._weighing = weighing
        self._tenant = tenant

    def place_of(self, referral_id: str, part: str = "content") -> Context:
        """Name what an envelope of a referral is bound to."""
        return Context(self._tenant, "referrals", referral_id, part)

    def check(self, receiver: AgencyId, purpose: Purpose, content: Mapping[Field, Any]) -> None:
        """Refuse what the receiver's contract never gives, or what is not of its field's type.

        Raises:
            NotPermittedError: no contract, or a field that it does not name.
            BodyInvalidError: a value of another type; the place names the field.
        """
        self._contracts.permit(receiver, purpose, now(), None, content.keys() or None, Operation.PUSH)
        values_of(content, self._contracts.vocabulary)

    async def require(self, referral: Referral) -> Told:
        """Give what the receiver may be told when a referral is sent.

        Raises:
            NotPermittedError, CaseNotOpenError, ConsentMissingError, SubjectUnfiledError: nothing may be.
        """
        told = await self._weighed(referral, frozenset({FIRST}))
        if not told.covers:
            raise ConsentMissingError(next(iter(told.withheld.values()), Reason.NOTHING_LEFT))
        return told

    async def told(self, referral: Referral, sources: Iterable[Source] = ()) -> Told:
        """Give what the receiver may be told now: by the stage, or of the sources named; else why not."""
        wanted = frozenset(sources) or _sources_of(referral)
        try:
            return await self._weighed(referral, wanted)
        except ObminError as error:
            return Told(withheld=_outward(dict.fromkeys(wanted, code_of(error))))

    async def _weighed(self, referral: Referral, wanted: frozenset[Source]) -> Told:
        draft = self._question(referral, referral.receiver, wanted)
        if not draft.covers:
            return Told()
        reading = await self._weighing.reading(draft)
        content = opened(reading.standing.key, referral.content, self.place_of(referral.id))
        said = values_of(content, self._contracts.vocabulary)
        return self._minimised({**_of_person(reading.standing.subject.reveal()), **said}, reading)

    async def contributed(self, referral: Referral, values: Mapping[Field, Value]) -> Told:
        """Give what the sender may be told of what others have said of the person; else why not."""
        try:
            reading = await self._weighing.reading(self._question(referral, referral.sender))
        except ObminError as error:
            return Told(withheld={"": code_of(error)})
        return self._minimised(values, reading)

    def _question(
        self, referral: Referral, reader: AgencyId, wanted: frozenset[Source] | None = None
    ) -> Draft:
        terms = self._contracts.permit(reader, referral.purpose, now(), operation=Operation.PUSH).terms
        covers = {
            source: frozenset(part.fields)
            for source, part in terms.items()
            if wanted is None or source in wanted
        }
        return question_of(referral, reader, covers)

    def _minimised(self, values: Mapping[Field, Value], reading: Reading) -> Told:
        parts = [
            self._part(source, values, reading)
            for source in sorted(reading.mandate.permits)  # what is told after acceptance outdoes the rest
        ]
        plain = {name: fact.value for part in parts for name, fact in part.plain.items()}
        sealed = {name: facts[0].value for part in parts for name, facts in part.sealed.items()}
        return Told(
            contract=reading.mandate.grant.contract.digest,
            plain={name: value for name, value in plain.items() if name not in sealed},
            sealed=sealed,
            covers={source: frozenset(names) for part in parts for source, names in part.told().items()},
            withheld=_outward(reading.mandate.withheld),
        )

    def _part(self, source: Source, values: Mapping[Field, Value], reading: Reading) -> Disclosure:
        vocabulary, at = self._contracts.vocabulary, now()
        held = {name: each for name, each in values.items() if source in vocabulary.fields[name].sources}
        finding = Finding(source, Status.ANSWERED, answer=Answered(held, at))
        masks = reading.standing.masks
        return minimise({source: finding}, reading.mandate, vocabulary, masks, sealable=True, on=at.date())


def question_of(referral: Referral, reader: AgencyId, covers: Covers) -> Draft:
    """Write a reading of a referral as the message that would tell the same."""
    return Draft(
        type="obmin.referral.read",
        agency=reader,
        sender=referral.sender,
        key=referral.case,
        subject_ref=referral.subject_ref,
        purpose=referral.purpose,
        content=b"{}",
        expires_at=now(),
        exchange_id=referral.exchange_id,
        covers=covers,
        case=referral.case,
        official=referral.official,
    )


def opened(key: SubjectKey, envelope: bytes, place: Context) -> Mapping[Field, Any]:
    """Open the content of a referral: values by field, as the sender gave them."""
    content: Mapping[Field, Any] = orjson.loads(key.open(envelope, place))
    return content


def values_of(content: Mapping[Field, Any], vocabulary: Vocabulary) -> dict[Field, Value]:
    """Read values as their fields' types have them. Raises `BodyInvalidError`, which names the field."""
    values: dict[Field, Value] = {}
    for name, raw in content.items():
        try:
            values[name] = _value(raw, vocabulary.fields[name].type)
        except (ValueError, TypeError):
            places = [{"pointer": f"/content/{name}", "code": "another-type"}]
            raise BodyInvalidError("not-as-described", places) from None
    return values


def _value(raw: Any, kind: str) -> Value:
    if kind == "list":
        if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
            return tuple(raw)
    elif kind == "yes-no":
        if isinstance(raw, bool):
            return raw
    elif isinstance(raw, str):
        return date.fromisoformat(raw) if kind == "date" else raw
    raise TypeError(kind)


def _sources_of(referral: Referral) -> frozenset[Source]:
    """Name what a receiver may see by the stage: of a person whom it will not help, nothing any more."""
    if referral.stage in {Stage.REJECTED, Stage.REVOKED}:
        return frozenset()
    return frozenset({FIRST, OPEN} if referral.stage in OPENED else {FIRST})


def _outward(withheld: Mapping[Source, str]) -> Mapping[str, str]:
    return {str(source): why for source, why in outward(withheld).items()}


def _of_person(identity: Identity) -> dict[Field, Value]:
    """Give what is on file of who she is, by the names that the vocabulary has for it."""
    name = identity.name
    said: dict[str, Value | None] = {
        "person.family_name": name.family if name else None,
        "person.given_name": name.given if name else None,
        "person.patronymic": name.patronymic if name else None,
        "person.birth_date": identity.birth_date,
    }
    return {Field(key): value for key, value in said.items() if value is not None}

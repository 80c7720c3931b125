"""The pure evaluator: (grant, facts, time) → which fields of which source, on which ground, or why not.

Total: whatever goes wrong inside is a refusal, never a permit. Deny by default, deny wins,
unknown is deny (trust notes §1.5). The same function answers a query, its preview and its replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.contract import Basis, Contract, Grant, Ground, Permit, Terms
from contracts.reasons import Reason
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source


@dataclass(frozen=True, slots=True)
class CaseFact:
    """What is known of the case named by the query."""

    open: bool
    same_person: bool
    officials: frozenset[OfficialId]


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A consent on file for this person, with its state as of `Facts`' reading.

    `until` is exclusive. `ended` is empty, or the kind of the event that ended it (`withdrawn`).
    """

    id: str
    consumer: AgencyId
    purpose: Purpose
    sources: frozenset[Source]
    given_at: datetime
    until: datetime
    given_by: str
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the evaluator may know. `age` is in whole years, None where unknown."""

    official: OfficialId
    case: CaseFact | None
    age: int | None
    consents: tuple[ConsentFact, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """`refusal` is empty or the code that refuses the whole query; else each source has its say."""

    refusal: str
    permits: Mapping[Source, Permit]
    withheld: Mapping[Source, str]


class Giver(StrEnum):
    """In what capacity a consent was given: what `ConsentFact.given_by` says."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"


@dataclass(frozen=True, slots=True)
class Givers:
    """Who may consent for a person of some age, and the reason given when somebody else did."""

    may_consent: frozenset[str]
    otherwise: Reason


MINOR = Givers(frozenset({Giver.PARENT, Giver.GUARDIAN}), Reason.MINOR_NO_GUARDIAN)
ADULT = Givers(frozenset({Giver.SELF, Giver.GUARDIAN}), Reason.CONSENT_OUTGROWN)
UNKNOWN = Givers(frozenset({Giver.GUARDIAN}), Reason.AGE_UNKNOWN)


def decide(grant: Grant, facts: Facts, at: datetime) -> Decision:
    """Say which sources of the grant may be asked about this person at `at`, and why not the others.

    Pure, total and deterministic: the order of consents and sources changes nothing, and facts that
    make no sense refuse the whole query. `at` is the instant of the decision (of the release, when
    asked again before it) and has a time zone.
    A decision without a refusal may still permit nothing: every source is then in `withheld`.

    A consent stands if it is this consumer's, for this purpose and source, given and not ended at
    `at`, and given by someone who may: for a minor a parent or guardian, for an adult the person or
    a guardian (of one without legal capacity), and where the age is unknown a guardian alone, for
    nobody else may consent in both cases (unknown is deny).
    """
    try:
        return _decide(grant, facts, at)
    except Exception:  # noqa: BLE001  total: whatever goes wrong inside is a refusal
        return Decision(Reason.UNDECIDABLE, {}, {})


def _decide(grant: Grant, facts: Facts, at: datetime) -> Decision:
    if at.tzinfo is None:
        message = "an instant has a time zone"
        raise TypeError(message)
    givers = _givers(facts.age, grant.contract.majority)
    refusal = _refuse_case(grant.contract, facts) or _refuse_age(grant.contract, givers)
    if refusal:
        return Decision(refusal, {}, {})
    permits: dict[Source, Permit] = {}
    withheld: dict[Source, str] = {}
    for source, terms in grant.terms.items():
        ground = _find_ground(grant, terms, facts, at, givers)
        if isinstance(ground, Ground):
            permits[source] = Permit(terms, terms.fields, ground)
        else:
            withheld[source] = str(ground)  # plain text, which the record can spell
    return Decision("", permits, withheld)


def _refuse_case(contract: Contract, facts: Facts) -> str:
    """Give the reason for which the case refuses, or nothing. A case that is named binds, required or not."""
    case = facts.case
    if case is None:
        return Reason.CASE_REQUIRED if contract.case_required is not False else ""
    if case.same_person is not True:
        return Reason.CASE_OTHER_PERSON
    if case.open is not True:
        return Reason.CASE_CLOSED
    return "" if facts.official in _as_set(case.officials) else Reason.OFFICIAL_NOT_ON_CASE


def _refuse_age(contract: Contract, givers: Givers) -> str:
    if contract.minors is True or givers is ADULT:
        return ""
    return Reason.MINOR_NOT_COVERED if givers is MINOR else Reason.AGE_UNKNOWN


def _givers(age: int | None, majority: int) -> Givers:
    """Say who may consent for a person of this age."""
    if age is None:
        return UNKNOWN
    if type(age) is not int or age < 0:
        message = "an age is a whole number of years"
        raise TypeError(message)
    return MINOR if age < majority else ADULT


def _find_ground(grant: Grant, terms: Terms, facts: Facts, at: datetime, givers: Givers) -> Ground | str:
    if terms.basis is Basis.LAW:
        return Ground(Basis.LAW, f"{grant.contract.id}:{terms.source}", terms.citation)
    if terms.basis is not Basis.CONSENT:
        return Reason.GROUND_UNKNOWN
    covering = [consent for consent in facts.consents if _covers(consent, grant, terms.source)]
    standing = [consent for consent in covering if not _objection(consent, at, givers)]
    if standing:
        best = max(standing, key=lambda consent: (consent.until, consent.id))
        return Ground(Basis.CONSENT, best.id, terms.citation, best.until)
    if covering:
        return _objection(max(covering, key=lambda consent: (consent.given_at, consent.id)), at, givers)
    return Reason.CONSENT_MISSING


def _covers(consent: ConsentFact, grant: Grant, source: Source) -> bool:
    ours = consent.consumer == grant.agency and consent.purpose == grant.purpose
    return ours and source in _as_set(consent.sources)


def _objection(consent: ConsentFact, at: datetime, givers: Givers) -> str:
    """Give the reason for which a consent does not stand at this instant, or nothing."""
    if consent.ended != "":
        return Reason.CONSENT_WITHDRAWN if consent.ended == "withdrawn" else Reason.CONSENT_ENDED
    if at >= consent.until:
        return Reason.CONSENT_EXPIRED
    if at < consent.given_at:
        return Reason.CONSENT_NOT_YET_VALID
    return "" if consent.given_by in givers.may_consent else givers.otherwise


def _as_set(value: frozenset[Any]) -> frozenset[Any]:
    """Take a set as a set only: in a text, `in` would find parts of words."""
    if not isinstance(value, frozenset):
        raise TypeError
    return value

"""May this grant be used for this person, now: `Grant` and `Standing` → `Mandate`.

The rules themselves are the pure evaluator's (`contracts.decision`); here its refusals get their
errors, and its permits become the one proof that lets a source be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.contract import Contract, Grant, Mandate, NotPermittedError
from contracts.decision import Decision, decide
from contracts.facts import NO_USAGE, ConsentFact, EmergencyFact, Facts, Giver, UsageFact
from contracts.identifiers import born
from contracts.reasons import Reason
from contracts.replay import weighed
from contracts.vocabulary import Identity, ObminError, Source
from contracts.words import Vocabulary
from gateway.consent.standing import Standing
from gateway.query import Query

PERSONS_AFFAIR = ("consent-", "minor-")
"""Why a consent does not hold is the person's affair: callers hear only that one is missing."""


class CaseNotOpenError(ObminError):
    """The case is unknown, closed, another person's, or not this official's. `code` is for the record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ConsentMissingError(ObminError):
    """No source is left for which a ground stands. `code` is the first source's reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SafetyWithheldError(ConsentMissingError):
    """All that was asked for is hidden for the person's safety: no consent would open it."""


class ConsentWithdrawnError(ObminError):
    """A ground ended between the question and the release: nothing was released."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EmergencyRefusedError(NotPermittedError):
    """The contract's terms for emergency access are not met. `code` says which."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What was decided of a query, and what it was decided from: codes, references and instants."""

    grant: Grant
    decision: Decision
    weighed: Mapping[str, Any]


def consider(
    grant: Grant,
    standing: Standing,
    query: Query,
    readings: tuple[datetime, datetime],
    vocabulary: Vocabulary,
    emergency: EmergencyFact | None = None,
    usage: UsageFact = NO_USAGE,
) -> Weighing:
    """Ask the evaluator at both readings of the clock; what is permitted is so at both."""
    earlier, later = readings
    decision = weigh(grant, standing, query, later, vocabulary, emergency, usage)
    if earlier != later:
        decision = _both(decision, weigh(grant, standing, query, earlier, vocabulary, emergency, usage))
    facts = facts_of(grant, standing, query, later, vocabulary, emergency, usage)
    return Weighing(grant, decision, weighed(grant, facts, later))


def confirm(weighing: Weighing, standing: Standing, query: Query) -> Mandate:
    """Turn a grant into a mandate, or say why not.

    Raises:
        CaseNotOpenError: the contract wants an open case of this person and official.
        ConsentMissingError: every source is withheld.
        SafetyWithheldError: nothing is asked for but what safety hides.
        EmergencyRefusedError: an emergency is claimed that the contract's terms do not cover.
        NotPermittedError: anything else that refuses the whole query.
    """
    decision = weighing.decision
    if decision.refusal.startswith(("case-", "official-")):
        raise CaseNotOpenError(decision.refusal)
    if decision.refusal.startswith("emergency-") and decision.refusal != Reason.EMERGENCY_NOT_IN_CONTRACT:
        raise EmergencyRefusedError(decision.refusal)
    if decision.refusal:
        raise NotPermittedError(decision.refusal)
    if set(decision.withheld.values()) == {Reason.SAFETY} and not decision.permits:
        raise SafetyWithheldError(Reason.SAFETY)
    if not decision.permits:
        raise ConsentMissingError(next(iter(decision.withheld.values()), "nothing-left"))
    return Mandate(
        grant=weighing.grant,
        exchange_id=query.exchange_id,
        official=query.official,
        case=query.case,
        subject_ref=standing.ref,
        permits=decision.permits,
        withheld=decision.withheld,
        withheld_fields=decision.fields,
        obligations=decision.obligations,
        weighed=weighing.weighed,
    )


def _both(one: Decision, other: Decision) -> Decision:
    """Keep of one decision what another reading of the clock grants, too."""
    if one.refusal or other.refusal:
        return one if one.refusal else other
    permits = {s: permit for s, permit in one.permits.items() if other.permits.get(s) == permit}
    doubtful = dict.fromkeys(one.permits.keys() - permits.keys(), str(Reason.UNDECIDABLE))
    return replace(one, permits=permits, withheld={**one.withheld, **doubtful, **other.withheld})


def weigh(
    grant: Grant,
    standing: Standing,
    query: Query,
    at: datetime,
    vocabulary: Vocabulary,
    emergency: EmergencyFact | None = None,
    usage: UsageFact = NO_USAGE,
) -> Decision:
    """Ask the evaluator. The preview shows this very decision without acting on it."""
    return decide(grant, facts_of(grant, standing, query, at, vocabulary, emergency, usage), at)


def facts_of(
    grant: Grant,
    standing: Standing,
    query: Query,
    at: datetime,
    vocabulary: Vocabulary,
    emergency: EmergencyFact | None = None,
    usage: UsageFact = NO_USAGE,
) -> Facts:
    """Give what the evaluator may know: codes, references and instants, nothing of the person."""
    there = at.astimezone(ZoneInfo(grant.contract.time_zone))
    born_on = birth_date_of(standing.subject.reveal(), vocabulary)
    return Facts(
        official=query.official,
        case=standing.case,
        age=age_of(born_on, there.date()),
        consents=_until_of_age(standing.consents, grant.contract, born_on),
        capacity=standing.capacity,
        orders=standing.orders,
        emergency=emergency,
        usage=usage,
        giver_is_risk=standing.shielded,
        selector=query.scheme,
        masks=standing.masks,
    )


def _until_of_age(
    consents: tuple[ConsentFact, ...], contract: Contract, born_on: date | None
) -> tuple[ConsentFact, ...]:
    """End what others consented to for a child at the first minute of the day on which she comes of age."""
    if born_on is None or all(consent.given_by == Giver.SELF for consent in consents):
        return consents
    of_age = came_of_age(born_on, contract.majority, contract.time_zone)
    return tuple(
        replace(consent, authority_until=min(consent.authority_until or of_age, of_age))
        if consent.given_by != Giver.SELF and consent.given_at < of_age
        else consent
        for consent in consents
    )


def outward(withheld: Mapping[Source, str]) -> Mapping[Source, str]:
    """Say the reasons as callers may hear them; the record keeps the exact ones."""
    return {s: "consent-missing" if why.startswith(PERSONS_AFFAIR) else why for s, why in withheld.items()}


def birth_date_of(identity: Identity, vocabulary: Vocabulary) -> date | None:
    """Give the birth date on file, or what an identifier hints at (an age needs no more)."""
    hints = (born(vocabulary, scheme, value) for scheme, value in sorted(identity.identifiers.items()))
    return identity.birth_date or next((hint for hint in hints if hint), None)


def age_of(born: date | None, on: date) -> int | None:
    """Count whole years; a birthday counts from its first minute. None where the date is unknown."""
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def came_of_age(born_on: date, majority: int, time_zone: str) -> datetime:
    """Give the instant at which a person comes of age: the first minute of her birthday where she lives."""
    first = date(born_on.year + majority, born_on.month, 1)
    day = first + timedelta(days=born_on.day - 1)  # somebody born on 29 February: on 1 March
    return datetime.combine(day, datetime.min.time(), ZoneInfo(time_zone)).astimezone(UTC)

"""May this grant be used for this person, now: `Grant` and `Standing` → `Mandate`.

The rules themselves are the pure evaluator's (`contracts.decision`); here its refusals get their
errors, and its permits become the one proof that lets a source be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from contracts.contract import Grant, Mandate, NotPermittedError
from contracts.decision import Decision, decide
from contracts.facts import Facts
from contracts.identifiers import born
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


class ConsentWithdrawnError(ObminError):
    """A ground ended between the question and the release: nothing was released."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def confirm(grant: Grant, standing: Standing, query: Query, at: datetime, vocabulary: Vocabulary) -> Mandate:
    """Turn a grant into a mandate, or say why not.

    Raises:
        CaseNotOpenError: the contract wants an open case of this person and official.
        ConsentMissingError: every source is withheld.
        NotPermittedError: anything else that refuses the whole query.
    """
    decision = weigh(grant, standing, query, at, vocabulary)
    if decision.refusal.startswith(("case-", "official-")):
        raise CaseNotOpenError(decision.refusal)
    if decision.refusal:
        raise NotPermittedError(decision.refusal)
    if not decision.permits:
        raise ConsentMissingError(next(iter(decision.withheld.values()), "nothing-left"))
    return Mandate(
        grant=grant,
        exchange_id=query.exchange_id,
        official=query.official,
        case=query.case,
        subject_ref=standing.ref,
        permits=decision.permits,
        withheld=decision.withheld,
    )


def weigh(grant: Grant, standing: Standing, query: Query, at: datetime, vocabulary: Vocabulary) -> Decision:
    """Ask the evaluator. The preview shows this very decision without acting on it."""
    if query.emergency:
        # No contract of this version has emergency terms: a claim of one is never a way in.
        return Decision("emergency-not-in-contract", MappingProxyType({}), MappingProxyType({}))
    facts = Facts(
        official=query.official,
        case=standing.case,
        age=age_of(birth_date_of(standing.subject.reveal(), vocabulary), at.date()),
        consents=standing.consents,
    )
    return decide(grant, facts, at)


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

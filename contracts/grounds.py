"""Which grounds stand for a source at an instant: consent, law, court order, vital interest, emergency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.admission import as_set, is_minor
from contracts.clauses import LONGEST_EMERGENCY, GroundRule
from contracts.contract import Basis, FieldRule, Grant, Ground, Terms
from contracts.facts import Capacity, ConsentFact, Facts, Giver
from contracts.reasons import Reason


@dataclass(frozen=True, slots=True)
class Standing:
    """A ground that stands, and the categories it covers: None for all of them."""

    ground: Ground
    categories: frozenset[str] | None = None

    @property
    def covers_all(self) -> bool:
        """Say whether no field of the source is outside it."""
        return self.categories is None and self.ground.kind is not Basis.EMERGENCY

    def covers(self, rule: FieldRule) -> bool:
        """Say whether a field may leave on this ground."""
        if self.ground.kind is Basis.EMERGENCY:
            return rule.emergency is True
        return self.categories is None or rule.category in self.categories


@dataclass(frozen=True, slots=True)
class Givers:
    """Who may consent for a person, and the reason given when somebody else did."""

    may_consent: frozenset[str]
    otherwise: Reason


MINOR = Givers(frozenset({Giver.PARENT, Giver.GUARDIAN}), Reason.MINOR_NO_GUARDIAN)
ADULT = Givers(frozenset({Giver.SELF, Giver.GUARDIAN}), Reason.CONSENT_OUTGROWN)
UNKNOWN_AGE = Givers(frozenset({Giver.GUARDIAN}), Reason.AGE_UNKNOWN)
INCAPABLE = Givers(frozenset({Giver.GUARDIAN}), Reason.CONSENT_INCAPABLE)
UNKNOWN_CAPACITY = Givers(frozenset({Giver.GUARDIAN}), Reason.CONSENT_CAPACITY_UNKNOWN)
DEAD = Givers(frozenset(), Reason.SUBJECT_DEAD)

ENDED: Mapping[str, Reason] = {
    "refused": Reason.CONSENT_REFUSED,
    "withdrawn": Reason.CONSENT_WITHDRAWN,
    "expired": Reason.CONSENT_EXPIRED,
    "superseded": Reason.CONSENT_SUPERSEDED,
    "suspended": Reason.CONSENT_SUSPENDED,
    "guardian-authority-ended": Reason.CONSENT_AUTHORITY_ENDED,
    "came-of-age": Reason.CONSENT_OUTGROWN,
}
"""The reason for each event that ends a consent; any other is `consent-ended`."""


def find_grounds(grant: Grant, terms: Terms, facts: Facts, at: datetime) -> tuple[list[Standing], Reason]:
    """Give the grounds that stand for one source, the contract's first choice first.

    The reason is why nothing stands, or why a field that none of them covers is left out. In an
    emergency its declaration is the one ground: what needs no emergency is asked without one.
    """
    if facts.emergency is not None:
        return _emergency(grant, facts)
    standing, reason = _of_kind(
        terms.basis, GroundRule(terms.citation, terms.notice), grant, terms, facts, at
    )
    for kind in sorted(terms.otherwise):
        standing += _of_kind(kind, terms.otherwise[kind], grant, terms, facts, at)[0]
    return standing, reason


def _emergency(grant: Grant, facts: Facts) -> tuple[list[Standing], Reason]:
    terms, declared = grant.contract.emergency, facts.emergency
    if terms is None or declared is None:
        return [], Reason.EMERGENCY_NOT_IN_CONTRACT
    until = declared.begun + min(terms.lasting, LONGEST_EMERGENCY)
    ground = Ground(Basis.EMERGENCY, declared.id, terms.citation, until, terms.notice)
    return [Standing(ground)], Reason.NOT_IN_EMERGENCY


def _of_kind(
    kind: Basis, rule: GroundRule, grant: Grant, terms: Terms, facts: Facts, at: datetime
) -> tuple[list[Standing], Reason]:
    if kind is Basis.CONSENT:
        return _consents(rule, grant, terms, facts, at)
    own = Ground(kind, f"{grant.contract.id}:{terms.source}", rule.citation, None, rule.notice)
    if kind is Basis.LAW:
        return [Standing(own)], Reason.GROUND_UNKNOWN
    if kind is Basis.COURT_ORDER:
        return _orders(rule, terms, facts, at)
    if kind is Basis.VITAL_INTEREST:
        incapable = Capacity(facts.capacity) is Capacity.INCAPABLE
        return ([Standing(own)] if incapable else []), Reason.VITAL_INTEREST_NOT_SHOWN
    return [], Reason.GROUND_UNKNOWN


def _orders(rule: GroundRule, terms: Terms, facts: Facts, at: datetime) -> tuple[list[Standing], Reason]:
    named = [order for order in facts.orders if terms.source in as_set(order.sources)]
    standing = [order for order in named if order.since <= at < order.until]
    if standing:
        best = max(standing, key=lambda order: (order.until, order.id))
        ground = Ground(Basis.COURT_ORDER, best.id, best.citation or rule.citation, best.until, rule.notice)
        return [Standing(ground)], Reason.ORDER_MISSING
    over = any(order.until <= at for order in named)
    return [], Reason.ORDER_NOT_IN_FORCE if named and over else Reason.ORDER_MISSING


def _consents(
    rule: GroundRule, grant: Grant, terms: Terms, facts: Facts, at: datetime
) -> tuple[list[Standing], Reason]:
    """Give each consent that stands, the one that lasts longest first."""
    givers = _givers(grant, facts)
    objections = [(_objection(consent, grant, terms, at, givers), consent) for consent in facts.consents]
    sound = [consent for objection, consent in objections if not objection]
    if sound:
        sound.sort(key=lambda consent: (consent.until, consent.id), reverse=True)
        return [_standing(consent, rule) for consent in sound], Reason.CONSENT_NARROWER
    return [], _nearest(objections)


def _standing(consent: ConsentFact, rule: GroundRule) -> Standing:
    ends = [end for end in (consent.until, consent.authority_until) if end is not None]
    ground = Ground(Basis.CONSENT, consent.id, rule.citation, min(ends), rule.notice)
    return Standing(ground, None if consent.categories is None else as_set(consent.categories))


_MISSES = (
    Reason.CONSENT_OTHER_PERSON,
    Reason.CONSENT_OTHER_CONSUMER,
    Reason.CONSENT_OTHER_PURPOSE,
    Reason.CONSENT_OTHER_SOURCE,
    Reason.CONSENT_OTHER_OPERATION,
)
"""Why a consent is about something else, the farthest miss first."""


def _nearest(objections: list[tuple[Reason | None, ConsentFact]]) -> Reason:
    """Give the reason of the consent that came nearest: one about this very query, the last given first."""
    known = [(reason, consent) for reason, consent in objections if reason is not None]
    if not known:
        return Reason.CONSENT_MISSING
    reason, _ = max(known, key=lambda pair: (_nearness(pair[0]), pair[1].given_at, pair[1].id))
    return reason


def _nearness(reason: Reason) -> int:
    return _MISSES.index(reason) if reason in _MISSES else len(_MISSES)


def _givers(grant: Grant, facts: Facts) -> Givers:
    """Say who may consent.

    For a minor a parent or guardian, for an adult the person or a guardian (of one without legal
    capacity), and where age or capacity is unknown a guardian alone, for nobody else may consent in
    both cases (unknown is deny). The dead consent to nothing.
    """
    minor, capacity = is_minor(facts.age, grant.contract.majority), Capacity(facts.capacity)
    if capacity is Capacity.DEAD:
        return DEAD
    if minor is None:
        return UNKNOWN_AGE
    if minor:
        return MINOR
    return {Capacity.INCAPABLE: INCAPABLE, Capacity.UNKNOWN: UNKNOWN_CAPACITY}.get(capacity, ADULT)


def _objection(
    consent: ConsentFact, grant: Grant, terms: Terms, at: datetime, givers: Givers
) -> Reason | None:
    """Give the reason for which a consent does not stand for this source at this instant, or nothing."""
    return _miss(consent, grant, terms) or _lapse(consent, at) or _incapacity(consent, at, givers)


def _miss(consent: ConsentFact, grant: Grant, terms: Terms) -> Reason | None:
    hits = (
        consent.same_person is True,
        consent.consumer == grant.agency,
        consent.purpose == grant.purpose,
        terms.source in as_set(consent.sources),
        grant.operation in as_set(consent.operations),
    )
    return next((miss for miss, hit in zip(_MISSES, hits, strict=True) if not hit), None)


def _lapse(consent: ConsentFact, at: datetime) -> Reason | None:
    if consent.ended != "":
        return ENDED.get(consent.ended, Reason.CONSENT_ENDED)
    if at >= consent.until:
        return Reason.CONSENT_EXPIRED
    if at < consent.given_at:
        return Reason.CONSENT_NOT_YET_VALID
    used_up = consent.uses_left is not None and not consent.uses_left > 0
    return Reason.CONSENT_USED_UP if used_up else None


def _incapacity(consent: ConsentFact, at: datetime, givers: Givers) -> Reason | None:
    if consent.given_by not in givers.may_consent:
        return givers.otherwise
    if consent.given_by != Giver.SELF and consent.giver_is_risk is not False:
        return Reason.CONSENT_GIVER_IS_RISK
    over = consent.authority_until is not None and at >= consent.authority_until
    return Reason.CONSENT_AUTHORITY_ENDED if over else None

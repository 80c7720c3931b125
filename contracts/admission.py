"""What refuses a whole query before any ground is looked at: each rule with its own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from contracts.clauses import LONGEST_EMERGENCY, EmergencyTerms
from contracts.contract import Contract, Grant
from contracts.facts import SELF, Capacity, EmergencyFact, Facts
from contracts.reasons import Reason

SHORTEST_REASON = 20
"""Fewer characters explain no emergency."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What each rule looks at."""

    grant: Grant
    facts: Facts
    at: datetime


def refuse(grant: Grant, facts: Facts, at: datetime) -> str:
    """Give the code of the first rule that refuses the whole query, or nothing.

    Facts that make no sense raise `TypeError`: the evaluator turns that into a refusal.
    """
    if at.tzinfo is None:
        message = "an instant has a time zone"
        raise TypeError(message)
    asked = Asked(grant, facts, at)
    for rule in RULES.values():
        refusal = rule(asked)
        if refusal:
            return refusal
    return ""


def is_minor(age: int | None, majority: int) -> bool | None:
    """Say whether somebody of this age is a minor, None where the age is unknown."""
    if age is None:
        return None
    if type(age) is not int or age < 0:
        message = "an age is a whole number of years"
        raise TypeError(message)
    return age < majority


def as_set(value: frozenset[Any]) -> frozenset[Any]:
    """Take a set as a set only: in a text, `in` would find parts of words."""
    if not isinstance(value, frozenset):
        message = "a set is a frozenset"
        raise TypeError(message)
    return value


def _refuse_operation(asked: Asked) -> str:
    known = asked.grant.operation in as_set(asked.grant.contract.operations)
    return "" if known else Reason.OPERATION_NOT_IN_CONTRACT


def _refuse_selector(asked: Asked) -> str:
    selectors = asked.grant.contract.selectors
    known = selectors is None or asked.facts.selector in as_set(selectors)
    return "" if known else Reason.SELECTOR_NOT_ALLOWED


def _refuse_hours(asked: Asked) -> str:
    return "" if _within_hours(asked.grant.contract, asked.at) else Reason.OUTSIDE_HOURS


def _within_hours(contract: Contract, at: datetime) -> bool:
    hours = contract.hours
    if hours is None:
        return True
    there = at.astimezone(ZoneInfo(contract.time_zone))
    minute = there.hour * 60 + there.minute
    return there.isoweekday() in hours.days and hours.begin <= minute < hours.end


def _refuse_usage(asked: Asked) -> str:
    limits, usage = asked.grant.contract.limits, asked.facts.usage
    if limits.per_minute is not None and not 0 <= usage.this_minute < limits.per_minute:
        return Reason.RATE_EXCEEDED
    if limits.per_day is not None and not 0 <= usage.this_day < limits.per_day:
        return Reason.VOLUME_EXCEEDED
    return ""


def _refuse_case(asked: Asked) -> str:
    """A case that is named binds, required or not."""
    contract, case = asked.grant.contract, asked.facts.case
    if case is None:
        return Reason.CASE_REQUIRED if contract.case_required is not False else ""
    relation = SELF if case.same_person is True else case.relation
    if relation not in as_set(contract.relations) or (relation == SELF and case.same_person is not True):
        return Reason.CASE_OTHER_PERSON
    if case.open is not True:
        return Reason.CASE_CLOSED
    return "" if asked.facts.official in as_set(case.officials) else Reason.OFFICIAL_NOT_ON_CASE


def _refuse_dead(asked: Asked) -> str:
    dead = Capacity(asked.facts.capacity) is Capacity.DEAD
    return Reason.SUBJECT_DEAD if dead and asked.grant.contract.deceased is not True else ""


def _refuse_age(asked: Asked) -> str:
    contract = asked.grant.contract
    minor = is_minor(asked.facts.age, contract.majority)
    if contract.minors is True or minor is False:
        return ""
    return Reason.MINOR_NOT_COVERED if minor else Reason.AGE_UNKNOWN


def _refuse_emergency(asked: Asked) -> str:
    terms, declared = asked.grant.contract.emergency, asked.facts.emergency
    if declared is None:
        return ""
    if terms is None:
        return Reason.EMERGENCY_NOT_IN_CONTRACT
    return _refuse_declaration(terms, declared, asked.facts) or _refuse_lateness(terms, declared, asked.at)


def _refuse_declaration(terms: EmergencyTerms, declared: EmergencyFact, facts: Facts) -> str:
    if declared.declared_by != facts.official:
        return Reason.EMERGENCY_OTHER_OFFICIAL
    if declared.role not in as_set(terms.roles):
        return Reason.EMERGENCY_ROLE
    if declared.reason_length < SHORTEST_REASON:
        return Reason.EMERGENCY_REASON
    if declared.second_factor is not True:
        return Reason.EMERGENCY_FACTOR
    return "" if declared.reviews_overdue == 0 else Reason.EMERGENCY_REVIEW_OVERDUE


def _refuse_lateness(terms: EmergencyTerms, declared: EmergencyFact, at: datetime) -> str:
    """Bound the window from both sides: a declaration from the future is none (clocks move)."""
    begun = declared.begun <= at
    return (
        "" if begun and at < declared.begun + min(terms.lasting, LONGEST_EMERGENCY) else Reason.EMERGENCY_OVER
    )


Rule: TypeAlias = Callable[[Asked], str]

RULES: Mapping[str, Rule] = {
    "operation": _refuse_operation,
    "selector": _refuse_selector,
    "hours": _refuse_hours,
    "limits": _refuse_usage,
    "case": _refuse_case,
    "capacity": _refuse_dead,
    "age": _refuse_age,
    "emergency": _refuse_emergency,
}
"""Every rule by its name, in the order in which they are asked: the first that refuses gives the reason."""

"""What refuses a whole query before any ground is looked at: each rule with its own code."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.contract import LONGEST_EMERGENCY, Contract, EmergencyTerms, Grant, Limits
from contracts.facts import SELF, Capacity, EmergencyFact, Facts, UsageFact
from contracts.reasons import Reason

SHORTEST_REASON = 20
"""Fewer characters explain no emergency."""


def refuse(grant: Grant, facts: Facts, at: datetime) -> str:
    """Give the code of the first rule that refuses the whole query, or nothing.

    Facts that make no sense raise `TypeError`: the evaluator turns that into a refusal.
    """
    if at.tzinfo is None:
        message = "an instant has a time zone"
        raise TypeError(message)
    contract = grant.contract
    return (
        _refuse_manner(grant, facts, at)
        or _refuse_usage(contract.limits, facts.usage)
        or _refuse_case(contract, facts)
        or _refuse_person(contract, facts)
        or _refuse_emergency(contract.emergency, facts, at)
    )


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


def _refuse_manner(grant: Grant, facts: Facts, at: datetime) -> str:
    """Look at what is done, how the person is named, and when."""
    contract = grant.contract
    if grant.operation not in as_set(contract.operations):
        return Reason.OPERATION_NOT_IN_CONTRACT
    if contract.selectors is not None and facts.selector not in as_set(contract.selectors):
        return Reason.SELECTOR_NOT_ALLOWED
    return "" if _within_hours(contract, at) else Reason.OUTSIDE_HOURS


def _within_hours(contract: Contract, at: datetime) -> bool:
    hours = contract.hours
    if hours is None:
        return True
    there = at.astimezone(ZoneInfo(contract.time_zone))
    minute = there.hour * 60 + there.minute
    return there.isoweekday() in hours.days and hours.begin <= minute < hours.end


def _refuse_usage(limits: Limits, usage: UsageFact) -> str:
    if limits.per_minute is not None and not 0 <= usage.this_minute < limits.per_minute:
        return Reason.RATE_EXCEEDED
    if limits.per_day is not None and not 0 <= usage.this_day < limits.per_day:
        return Reason.VOLUME_EXCEEDED
    return ""


def _refuse_case(contract: Contract, facts: Facts) -> str:
    """A case that is named binds, required or not."""
    case = facts.case
    if case is None:
        return Reason.CASE_REQUIRED if contract.case_required is not False else ""
    relation = SELF if case.same_person is True else case.relation
    if relation not in as_set(contract.relations) or (relation == SELF and case.same_person is not True):
        return Reason.CASE_OTHER_PERSON
    if case.open is not True:
        return Reason.CASE_CLOSED
    return "" if facts.official in as_set(case.officials) else Reason.OFFICIAL_NOT_ON_CASE


def _refuse_person(contract: Contract, facts: Facts) -> str:
    """Look at whether the contract covers somebody of this age, and the dead."""
    minor = is_minor(facts.age, contract.majority)
    if Capacity(facts.capacity) is Capacity.DEAD and contract.deceased is not True:
        return Reason.SUBJECT_DEAD
    if contract.minors is True or minor is False:
        return ""
    return Reason.MINOR_NOT_COVERED if minor else Reason.AGE_UNKNOWN


def _refuse_emergency(terms: EmergencyTerms | None, facts: Facts, at: datetime) -> str:
    declared = facts.emergency
    if declared is None:
        return ""
    if terms is None:
        return Reason.EMERGENCY_NOT_IN_CONTRACT
    return _refuse_declaration(terms, declared, facts) or _refuse_lateness(terms, declared, at)


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

"""What the partner's pages call things: states, fields of an offer, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from gateway.offers.allocation import Stage
from gateway.offers.companies import Registered
from gateway.offers.offer import State
from gateway.offers.partners import Standing
from gateway.web.cabinets.words import N_

STATES: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.DRAFT: N_("Draft"),
        State.SUBMITTED: N_("Submitted"),
        State.VERIFIED: N_("Verified"),
        State.PUBLISHED: N_("Published"),
        State.EXHAUSTED: N_("All promised"),
        State.EXPIRED: N_("Over"),
        State.WITHDRAWN: N_("Withdrawn"),
    }
)
STAGES: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.CONFIRMED: N_("Waits for your answer"),
        Stage.ACCEPTED: N_("Accepted, to be delivered"),
        Stage.DELIVERED: N_("Delivered"),
        Stage.REJECTED: N_("Turned down"),
        Stage.RETURNED: N_("Came back"),
        Stage.RELEASED: N_("Taken back by the case worker"),
        Stage.EXPIRED: N_("Not confirmed in time"),
    }
)
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "out-of-stock": N_("We have none left"),
        "cannot-reach": N_("We cannot bring it there"),
        "not-suitable": N_("It does not suit this need"),
        "no-time": N_("We cannot do it in time"),
        "not-stated": N_("Another reason"),
    }
)
RETURNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not-collected": N_("Nobody collected it"),
        "not-needed": N_("It was not needed any more"),
        "damaged": N_("It was damaged"),
        "not-stated": N_("Another reason"),
    }
)
DELIVERIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pick-up": N_("To be picked up"),
        "brought": N_("Brought to the person"),
        "on-site": N_("At the place where the help is given"),
        "remote": N_("At a distance"),
    }
)
STANDINGS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.APPLIED: N_("Applied; waits for two officials"),
        Standing.APPROVED: N_("Approved"),
        Standing.SUSPENDED: N_("Suspended"),
    }
)
REGISTERED: Final[Mapping[Registered, str]] = MappingProxyType(
    {
        Registered.ACTIVE: N_("Found in the companies register, active"),
        Registered.ENDING: N_("Found in the companies register, about to end"),
        Registered.ENDED: N_("Found in the companies register, ended"),
        Registered.NOT_FOUND: N_("Not found in the companies register"),
        Registered.UNAVAILABLE: N_("The companies register did not answer"),
        Registered.UNCHECKED: N_("Not looked up: a number of another country"),
    }
)
MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": N_("Nothing was offered there"),
        "near-miss": N_("Something was offered, but for others"),
        "rejected": N_("It was promised, and the partner turned it down"),
    }
)
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "external_id": N_("Your own number of the offer"),
        "kind": N_("Kind"),
        "category": N_("Category"),
        "title": N_("Title"),
        "description": N_("Description"),
        "quantity": N_("How many"),
        "unit": N_("Unit"),
        "value": N_("Value of one, in the smallest unit of the currency"),
        "currency": N_("Currency"),
        "areas": N_("Where"),
        "criteria": N_("For whom"),
        "criteria.factors": N_("Circumstances, any of which suffices"),
        "criteria.sex": N_("Sex"),
        "criteria.age_from": N_("Age from"),
        "criteria.age_to": N_("Age up to"),
        "criteria.household_from": N_("People in the household, at least"),
        "criteria.children_under": N_("With a child younger than"),
        "languages": N_("Languages spoken"),
        "accessible": N_("Accessible without steps"),
        "valid_from": N_("First day"),
        "valid_until": N_("Last day"),
        "lead_days": N_("Days from acceptance to delivery"),
        "delivery": N_("How it is given"),
        "conditions": N_("Conditions"),
        "documents": N_("Documents that are needed"),
        "contact": N_("Whom to ask: a role, not a person"),
        "funding": N_("Funded by"),
        "iati": N_("IATI activity identifier"),
    }
)
FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": N_("Fill this in."),
        "string-too-short": N_("Fill this in."),
        "too-short": N_("Fill this in."),
        "string-too-long": N_("This is too long."),
        "too-long": N_("These are too many."),
        "string-pattern-mismatch": N_("Letters, digits and ordinary marks only, no angle brackets."),
        "string-type": N_("Write text."),
        "greater-than-equal": N_("This is too small."),
        "less-than-equal": N_("This is too large."),
        "int-type": N_("Write a whole number."),
        "int-from-float": N_("Write a whole number."),
        "bool-type": N_("Write yes or no."),
        "date-type": N_("Write a day."),
        "date-parsing": N_("Write a day."),
        "date-from-datetime-parsing": N_("Write a day."),
        "literal-error": N_("Choose one of the list."),
        "unknown-kind": N_("Choose one of the list."),
        "unknown-category": N_("Choose one of the list."),
        "unknown-factor": N_("Choose from the list."),
        "unknown-area": N_("There is no area of that name or code."),
        "several-areas": N_("Several areas are called so: write the code of one."),
        "criteria-too-narrow": N_("Together these describe one person: widen the ages or the area."),
        "before-valid-from": N_("The last day is before the first."),
        "before-age-from": N_("This is less than the age from."),
        "one-without-the-other": N_("A value and a currency belong together."),
        "not-an-iati-identifier": N_("An IATI identifier has no spaces and none of / & | ?."),
        "external-id-of-another-offer": N_("Another offer has this number, and says something else."),
        "twice-in-this-file": N_("This number stands in the file twice."),
        "extra-forbidden": N_("There is no such field."),
        "unknown-column": N_("The first row names a column that no offer has."),
        "too-many-rows": N_("The file has more than 20,000 rows."),
        "unpacks-to-too-much": N_("The file unpacks to too much."),
        "not-a-sheet": N_("This is no spreadsheet: send CSV, XLSX or HSDS JSON."),
        "not-utf-8": N_("Save the file as UTF-8."),
        "not-hsds": N_("This is no list of HSDS services."),
        "less-than-promised": N_("More is promised already than that."),
        "check-digit": N_("The number's check digit is wrong."),
        "unknown-contract": N_("Choose one of the list."),
        "dict-type": N_("This is no public key of a kind that can sign (RFC 7517)."),
        "not-a-public-key": N_("This is no public key of a kind that can sign (RFC 7517)."),
        "agency-known": N_("This short name or number is taken."),
    }
)
UNKNOWN_FAULT: Final = N_("Check this.")
NO_FIELD: Final = N_("Row")
"""Whose fault it is that is no field's. What somebody sent is never translated: that would trust it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a form or a row: the field's own name, what it is called, and what is wrong."""

    row: int
    field: str
    label: str
    text: str


def faults_of(places: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Say in words what the rules found, each fault once."""
    told = {(each.get("row", 0), _field(each["pointer"]), each["code"]): None for each in places}
    return [
        Fault(row, field, FIELDS.get(field, NO_FIELD), FAULTS.get(code, UNKNOWN_FAULT))
        for row, field, code in told
    ]


def _field(pointer: str) -> str:
    """Give a field's name of a pointer: `/criteria/factors/0` is `criteria.factors`."""
    return ".".join(part for part in pointer.split("/") if part and not part.isdecimal())

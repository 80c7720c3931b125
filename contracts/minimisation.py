"""What is told in a value's place where the value itself is more than the purpose needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeAlias

from contracts.contract import Contract, FieldRule
from contracts.vocabulary import Value

Manner: TypeAlias = Literal["age-band", "over-18", "mask", "area", "yes-no"]
HIDDEN = "•"
KINDS: Mapping[str, frozenset[str]] = {
    "age-band": frozenset({"date"}),
    "over-18": frozenset({"date"}),
    "mask": frozenset({"text", "code", "number"}),
    "area": frozenset({"text", "code"}),
    "yes-no": frozenset({"text", "code", "yes-no", "date", "list", "number"}),
}
"""Which types of field each manner can be applied to."""
NEEDS_KEEP = frozenset({"mask", "area"})


def reduce(value: Value, rule: FieldRule, contract: Contract, on: date) -> Value:
    """Give what may be told of a value on a day: itself, or less of it, as the rule says.

    `age-band`: the band of the person's age, from its first year (`18-34`, `80+`). `over-18`: whether she
    is of age by the contract's majority. `mask`: the last `keep` characters, the others hidden. `area`:
    the first `keep` characters of an area's code, which name the area around it. `yes-no`: whether there
    is anything at all.

    A value of another type than the rule is for raises `TypeError`: nothing is told of it.
    """
    if not rule.minimise:
        return value
    if rule.minimise == "yes-no":
        return value is True if isinstance(value, bool) else bool(value)
    if rule.minimise in {"age-band", "over-18"}:
        age = _age(value, on)
        return age >= contract.majority if rule.minimise == "over-18" else _band(age, contract.age_bands)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or rule.keep < 0:
        raise TypeError(rule.minimise)
    if rule.minimise == "mask":
        return HIDDEN * max(len(text) - rule.keep, 0) + text[max(len(text) - rule.keep, 0) :]
    if rule.minimise == "area":
        return text[: rule.keep]
    raise TypeError(rule.minimise)


def _age(value: Value, on: date) -> int:
    if not isinstance(value, date) or value > on:
        message = "an age is told of a past birth date"
        raise TypeError(message)
    return on.year - value.year - ((on.month, on.day) < (value.month, value.day))


def _band(age: int, bands: tuple[int, ...]) -> str:
    begin = max((first for first in bands if first <= age), default=0)
    after = min((first for first in bands if first > age), default=None)
    return f"{begin}+" if after is None else f"{begin}-{after - 1}"

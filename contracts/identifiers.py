"""Identifiers and names as people write them, made one: the rules are the vocabulary's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import cycle, islice

from contracts.folding import fold_text
from contracts.vocabulary import ObminError, Scheme
from contracts.words import BirthDigits, CheckDigit, SchemeWords, Vocabulary

LONGEST = 64
"""No identifier is longer; a longer text is refused before any pattern sees it."""


class InvalidIdentifierError(ObminError):
    """What was given is no identifier of this scheme. Says which scheme, never what was given."""

    def __init__(self, scheme: str) -> None:
        super().__init__(scheme)
        self.scheme = scheme


def check(vocabulary: Vocabulary, scheme: Scheme, value: str) -> str:
    """Give the one normal spelling of an identifier, its check digit verified.

    An unknown scheme, a wrong shape or a wrong check digit raises `InvalidIdentifierError`.
    For what a person typed; a registry's own data may break the rule, see `is_valid`.
    """
    words = vocabulary.schemes.get(scheme)
    normal = _normalise(words, vocabulary.folds, value) if words and len(value) <= LONGEST else ""
    if not words or not normal or normal in words.reject or not _check_holds(words.check, normal):
        raise InvalidIdentifierError(scheme)
    return normal


def is_valid(vocabulary: Vocabulary, scheme: Scheme, value: str) -> bool:
    """Say whether a registry's value keeps the rule: a quality flag there, not a refusal."""
    try:
        return bool(check(vocabulary, scheme, value))
    except InvalidIdentifierError:
        return False


def born(vocabulary: Vocabulary, scheme: Scheme, value: str) -> date | None:
    """Read the birth date that a checked identifier hints at, None where it tells none.

    A hint: birth dates get corrected, identifiers do not.
    """
    words = vocabulary.schemes.get(scheme)
    return _read_birth(words.birth, value) if words and words.birth else None


def fold_name(vocabulary: Vocabulary, name: str) -> str:
    """Give one spelling for all spellings of a name. See `contracts.folding`."""
    return fold_text(name, vocabulary.folds["name"])


def _normalise(words: SchemeWords, folds: Mapping[str, Mapping[str, str]], value: str) -> str:
    """Give the normal spelling, empty where the value has not the scheme's shape."""
    plain = _fold(value.upper(), folds["everywhere"])
    found = re.fullmatch(words.pattern, plain.translate(dict.fromkeys(map(ord, words.strip))))
    if not found or not words.form:
        return found[0] if found else ""
    groups = found.groupdict()
    return words.form.format(**{name: _fold(text, folds.get(name, {})) for name, text in groups.items()})


def _fold(text: str, fold: Mapping[str, str]) -> str:
    return text.translate({ord(seen): meant for seen, meant in fold.items()})


def _check_holds(rule: CheckDigit | None, normal: str) -> bool:
    """Weigh the digits. The sum may be negative; Python's modulus is not."""
    if rule is None:
        return True
    *digits, last = (int(character) for character in normal if character.isdigit())
    weights = islice(cycle(rule.weights), len(digits)) if rule.every else rule.weights
    total = sum(weight * digit for weight, digit in zip(weights, digits, strict=True))
    for modulus in rule.moduli:
        total %= modulus
    return total == last


def _read_birth(rule: BirthDigits, value: str) -> date | None:
    digits = value[: rule.digits]
    try:
        if rule.days_after:
            return rule.days_after + timedelta(days=int(digits))
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007  a day of a calendar has no time zone
    except (ValueError, OverflowError):
        return None

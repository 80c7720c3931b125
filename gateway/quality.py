"""What is doubtful about a value that a registry sent: told beside the value, which stays as it came.

A registry's data may break a rule that a caller's input must keep: fixtures, old entries and corrected birth
dates do. The one who reads the answer decides what to make of it.
"""

from __future__ import annotations

from typing import Final

from adapters.base import Answered
from contracts.identifiers import born, is_valid
from contracts.vocabulary import Field
from contracts.words import Vocabulary

BIRTH_DATE: Final = Field("person.birth_date")

CHECK_DIGIT: Final = "check-digit"
"""The value is not what its scheme makes it: the shape is another, or the check digit does not hold."""

BIRTH_DATE_DIFFERS: Final = "birth-date-differs"
"""The identifier tells another birth date than the same registry does."""


def doubts(field: Field, answer: Answered, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Give the quality flags of one value of an answer: the adapter's own and those of its scheme."""
    flags = list(answer.flags.get(field, ()))
    scheme, value = vocabulary.fields[field].scheme, answer.values[field]
    if scheme is not None and isinstance(value, str):
        hinted, told = born(vocabulary, scheme, value), answer.values.get(BIRTH_DATE)
        if not is_valid(vocabulary, scheme, value):
            flags.append(CHECK_DIGIT)
        elif hinted is not None and told is not None and hinted != told:
            flags.append(BIRTH_DATE_DIFFERS)
    return tuple(flags)

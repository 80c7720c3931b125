"""From a registry's answer to ours: only the fields asked for, only of the person asked about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias

from adapters.base import Answered, Likeness, Question, SourceMisbehavedError, UnknownCode
from adapters.normal import Flagged
from adapters.protocols.crosswalk import UnknownCodeError
from adapters.protocols.shape import NONE, Shape
from adapters.protocols.strict_json import UnreadableError
from adapters.protocols.subject import check_person, liken
from contracts.vocabulary import Field, Identity, PersonName, Scheme, Source, Value

Reader: TypeAlias = Callable[[Any], "Value | Flagged | None"]
"""Reads one field out of one answer; None where the registry holds none. Whatever it raises is a fault."""

LONGEST: Final = 2_000
CODE: Final = 60
LONG_NUMBER: Final = re.compile(r"\d{6}")
MONEY: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,2}))?", re.ASCII)
TRUTHS: Final[Mapping[str, bool]] = {"true": True, "1": True, "false": False, "0": False}


READING: Final = (UnreadableError, LookupError, TypeError, ValueError, AttributeError)
"""What reading an answer that is not as it ought to be can raise."""


class readable:  # noqa: N801  used as `with readable(source):`
    """Turn whatever reading raises into `SourceMisbehavedError`, with nothing of the text."""

    __slots__ = ("_source",)

    def __init__(self, source: Source) -> None:
        self._source = source

    def __enter__(self) -> None:
        """Begin reading."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise `SourceMisbehavedError` (`unreadable`) in place of one of `READING`."""
        if isinstance(error, READING):
            raise SourceMisbehavedError(self._source, "unreadable") from None


def now() -> datetime:
    """Give the present instant, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """A mapping module at work: its readers, and how it tells whom an answer is about."""

    source: Source
    readers: Mapping[Field, Reader]
    identity: Callable[[Any], Identity]
    clock: Callable[[], datetime] = now
    shape: Shape | None = None

    def answer(self, said: Any, question: Question, transaction_id: str = "") -> Answered:
        """Read one person's record. Whom it is about is checked before anything else is read.

        Raises `SourceMisbehavedError` (`wrong-person`, `unreadable`, `unreadable-field`); what has changed in
        the record's shape is told with the answer, or with the error that it brought about.
        """
        drift = self.shape.drift(said) if self.shape else NONE
        try:
            with readable(self.source):
                identity = self.identity(said)
            check_person(self.source, question.subject, identity)
            return self._read(question.fields, said, identity, transaction_id, drift)
        except SourceMisbehavedError as error:
            error.drift = drift
            raise

    def liken(self, found: Sequence[Any], question: Question) -> tuple[Likeness, ...]:
        """Say how well each of several candidates fits, best first; one that cannot be read is left out."""
        identities = []
        for said in found:
            with suppress(SourceMisbehavedError), readable(self.source):
                identities.append(self.identity(said))
        return liken(question.subject, identities)

    def _read(
        self,
        asked: frozenset[Field],
        said: Any,
        identity: Identity,
        transaction_id: str,
        drift: frozenset[str],
    ) -> Answered:
        values: dict[Field, Value] = {}
        flags: dict[Field, tuple[str, ...]] = {}
        unknown: list[UnknownCode] = []
        for field, read in self.readers.items():
            if field not in asked:
                continue
            try:
                value = read(said)
            except UnknownCodeError as strange:
                unknown.append(UnknownCode(field, strange.table, _tellable(strange.code, identity)))
                continue
            except READING:
                error = SourceMisbehavedError(self.source, "unreadable-field")
                error.add_note(field)  # the field's name is ours; what stood there is not told
                raise error from None
            if isinstance(value, Flagged):
                values[field], flags[field] = value.value, value.flags
            elif value is not None:
                values[field] = value
        return Answered(
            values,
            self.clock(),
            transaction_id,
            drift=drift | {f"code {each.field}" for each in unknown},
            flags=flags,
            unknown_codes=tuple(unknown),
        )


def _tellable(code: str, identity: Identity) -> str:
    """Give a code that may be shown to an operator: short, without long numbers or words of the person's."""
    names = identity.name
    held = [*identity.identifiers.values(), *((names.family, names.given) if names else ())]
    of_the_person = any(part.casefold() in code.casefold() for part in held)
    return "" if of_the_person or len(code) > CODE or LONG_NUMBER.search(code) else code


def person(
    identifiers: Mapping[str, Any],
    family: Any = None,
    given: Any = None,
    patronymic: Any = None,
    born: date | None = None,
) -> Identity:
    """Give an `Identity` from what an answer holds; what is absent or empty is left out.

    Raises TypeError or ValueError for a member that is no text: two family names are not one person's.
    """
    held = {Scheme(scheme): value for scheme, said in identifiers.items() if (value := text(said))}
    names = text(family), text(given), text(patronymic)
    name = PersonName(names[0], names[1], names[2]) if names[0] and names[1] else None
    return Identity(held, name, born)


def text(value: Any) -> str | None:
    """Give text of at most 2 000 characters; None for an absent or empty one. Raises TypeError otherwise."""
    if value is None or value == "":
        return None
    return required_text(value)


def required_text(value: Any) -> str:
    """Give text that must be there. Raises TypeError or ValueError, without it."""
    if not isinstance(value, str):
        raise TypeError("not-text")
    if not 0 < len(value) <= LONGEST:
        raise ValueError("not-text")
    return value


def whole(value: Any) -> int:
    """Give a whole number; a truth value is none. Raises TypeError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not-whole")
    return value


def kopiikas(value: Any) -> int:
    """Give an amount of money in its smallest unit from text such as `18000.00`. Raises ValueError."""
    if not (found := MONEY.fullmatch(required_text(value))):
        raise ValueError("not-an-amount")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def boolean(value: Any) -> bool | None:
    """Give a truth value from JSON or XML Schema's four spellings; None where absent. Raises KeyError."""
    return value if value is None or isinstance(value, bool) else TRUTHS[value]


def optional(value: Any, read: Callable[[Any], Value | Flagged]) -> Value | Flagged | None:
    """Give what `read` makes of a member that may be absent or empty; None then."""
    return None if value is None or value == "" else read(value)

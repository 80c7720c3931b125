"""Our register of help given, beside the outside registry of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.base import (
    Ambiguous,
    Answered,
    Question,
    Reply,
    SourceError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from contracts.vocabulary import (
    AgencyId,
    ExchangeId,
    Field,
    Identity,
    OfficialId,
    Scheme,
    Source,
    Subject,
    SubjectRef,
    Value,
)
from gateway.faults import ConflictError
from gateway.offers.aid import AidRegister
from gateway.offers.register import Given
from gateway.offers.taxonomy import Taxonomy

AID, LAST, DONORS = Field("donors.aid"), Field("donors.last_aid_on"), Source("donors")
PARCEL = Given("goods", "food", 2, "parcel", date(2026, 3, 1))
HER = SubjectRef("0" * 32)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
THEIRS: Mapping[str, Value] = {
    "kind": "cash",
    "category": "winter-support",
    "quantity": 1,
    "unit": "x",
    "given_on": date(2026, 1, 15),
}


@dataclass
class Outside:
    """The outside registry: it says one thing, or fails in one way."""

    said: Reply | SourceError
    source: Source = DONORS
    needs: Sequence[frozenset[Scheme]] = (frozenset({Scheme("rnokpp")}),)

    async def ask(self, _question: Question) -> Reply:
        """Say it."""
        if isinstance(self.said, SourceError):
            raise self.said
        return self.said


@dataclass
class Filed:
    """Who is on file: one person, nobody, or one of several."""

    ref: SubjectRef | None = HER
    several: bool = False

    async def known(self, _subject: Subject) -> SubjectRef | None:
        """Find the person."""
        if self.several:
            raise ConflictError("identifiers-of-different-people")
        return self.ref


@dataclass
class Book:
    """What was given to whoever asks."""

    entries: Sequence[Given]

    async def given(self, _person: SubjectRef) -> Sequence[Given]:
        """Give it."""
        return self.entries


def register(outside: Outside | None, *given: Given, filed: Filed | None = None) -> AidRegister:
    """Give the source."""
    book: Any = Book(given)
    people: Any = filed or Filed()
    return AidRegister(book, people, Taxonomy.load(), outside)


def question(*fields: Field) -> Question:
    """Ask for fields of somebody."""
    return Question(
        exchange_id=ExchangeId("e"),
        message_id="m",
        agency=AgencyId("a"),
        official=OfficialId("o"),
        case=None,
        purpose_id="",
        subject=Subject(Identity()),
        fields=frozenset(fields or {AID, LAST}),
        deadline=0,
    )


async def test_both_are_told_as_one() -> None:
    """Theirs and ours stand in one list, and the last day is the later of both."""
    told = await register(Outside(Answered({AID: (THEIRS,), LAST: date(2026, 1, 15)}, NOON)), PARCEL).ask(
        question()
    )

    assert isinstance(told, Answered)
    assert told.values == {AID: (THEIRS, PARCEL.value()), LAST: date(2026, 3, 1)}
    assert told.as_of == NOON


async def test_only_what_is_asked_for_is_told() -> None:
    """A question for one field gets that one."""
    told = await register(Outside(Answered({LAST: date(2026, 1, 15)}, NOON)), PARCEL).ask(question(LAST))

    assert isinstance(told, Answered)
    assert told.values == {LAST: date(2026, 3, 1)}


async def test_ours_alone_is_an_answer() -> None:
    """Whom the outside registry does not know, or where there is none, ours knows."""
    unknown = register(Outside(SubjectUnknownError(DONORS, "not-found")), PARCEL)
    alone = register(None, PARCEL)

    assert (await unknown.ask(question(LAST))).values == {LAST: date(2026, 3, 1)}  # type: ignore[union-attr]
    assert (await alone.ask(question(LAST))).values == {LAST: date(2026, 3, 1)}  # type: ignore[union-attr]
    assert alone.needs == [frozenset({Scheme("rnokpp")}), frozenset({Scheme("unzr")})]


async def test_half_of_the_truth_is_not_told_as_all_of_it() -> None:
    """Where the outside registry is silent the source is; several who fit stay several."""
    silent = register(Outside(SourceUnavailableError(DONORS, "timed-out")), PARCEL)

    with pytest.raises(SourceUnavailableError):
        await silent.ask(question())


async def test_several_who_fit_stay_several() -> None:
    """Nothing of ours is told where the outside registry cannot say who is meant."""
    assert await register(Outside(Ambiguous(2)), PARCEL).ask(question()) == Ambiguous(2)


@pytest.mark.parametrize("filed", [Filed(None), Filed(several=True)])
async def test_whom_nobody_has_given_anything_is_unknown(filed: Filed) -> None:
    """Nobody on file, or only a name that many share: nothing is told of anybody."""
    with pytest.raises(SubjectUnknownError):
        await register(None, PARCEL, filed=filed).ask(question())

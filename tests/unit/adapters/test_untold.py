"""What registries hold and no reader tells: adoption, perpetrators, photographs, who pays a wage."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from adapters.base import Answered
from adapters.border.mapping import away
from adapters.catalog import find_registries
from adapters.children.mapping import READERS
from adapters.conformance import simulated_bench
from contracts.vocabulary import Field, Source

TODAY = datetime.now(UTC).date()


async def everything(source: str, key: str) -> str:
    """Give all that one registry's adapter tells of somebody, as one text."""
    bench = simulated_bench(find_registries()[Source(source)])
    reply = await bench.adapter.ask(bench.question(bench.people[key].subject()))
    assert isinstance(reply, Answered)
    return orjson.dumps(reply.values).decode().casefold()


def crossed(day: date, *, abroad: bool) -> dict[str, object]:
    """Give a border answer of somebody who last crossed on a day."""
    return {"abroad": str(abroad).lower(), "lastCrossing": {"crossedAt": f"{day}T10:00:00"}}


@pytest.mark.parametrize("key", ["nazar", "sofiia"])
async def test_nothing_of_an_adoption_is_told(key: str) -> None:
    """Whatever is asked for, no placement, candidate or former name leaves the adapter."""
    told = await everything("children", key)

    assert "усинов" not in told
    assert "канаренко" not in told
    assert "707/16" not in told
    assert "adopt" not in told


@pytest.mark.parametrize("word", ["Усиновлення", "УСИНОВЛЕНО", "Передано усиновлювачам"])
def test_a_placement_by_adoption_is_as_if_there_were_none(word: str) -> None:
    """However the word is inflected, it is no placement and no unknown code that somebody would report."""
    answer = {"placement": {"form": word, "since": "14.02.2016"}}

    assert READERS[Field("child.placement")](answer) is None
    assert READERS[Field("child.placed_on")](answer) is None


def test_no_field_of_any_registry_is_about_adoption() -> None:
    """There is no word for it, so no contract can ask for it."""
    fields = [field for entry in find_registries().values() for field in entry.manifest.fields]

    assert fields
    assert not [field for field in fields if "adopt" in field]


@pytest.mark.parametrize(
    ("source", "key", "untold"),
    [
        ("violence-cases", "olena", ["коваленко", "чоловік", "житомир"]),
        ("identity", "maria", ["aw1hz2u", "8001"]),
        ("income", "maria", ["університет", "02070944"]),
        ("restoration", "maria", ["зелена", "бахмут"]),
        ("displaced-persons", "maria", ["голосіївський", "+380"]),
    ],
)
async def test_what_no_reader_reads_is_not_told(source: str, key: str, untold: list[str]) -> None:
    """Perpetrators, photographs, payers, addresses and telephones stay behind."""
    told = await everything(source, key)

    assert not [word for word in untold if word in told]


@pytest.mark.parametrize(("days", "over"), [(29, False), (30, False), (31, True), (400, True)])
def test_somebody_is_away_for_long_only_after_the_last_day(*, days: int, over: bool) -> None:
    """Thirty days are not more than thirty days."""
    assert away(crossed(TODAY - timedelta(days=days), abroad=True), 30) is over


def test_who_came_back_is_not_away() -> None:
    """The last crossing was long ago, and inwards."""
    assert away(crossed(TODAY - timedelta(days=400), abroad=False), 90) is False


def test_who_is_abroad_since_nobody_knows_when_is_neither() -> None:
    """Without a date there is no answer, rather than a guess."""
    assert away({"abroad": "true"}, 30) is None

"""The bar itself can be failed: adapters with each kind of fault are found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from adapters.base import Adapter, Ambiguous, Answered, Question, Reply, SourceUnavailableError
from adapters.bench import Bench
from adapters.catalog import find_registries
from adapters.conformance import simulated_bench, try_check
from adapters.simulation import Kind
from contracts.vocabulary import Scheme, Source

SOURCE = Source("donors")


@dataclass(frozen=True, slots=True)
class Talkative:
    """An adapter that puts the person into its error."""

    source: Source = SOURCE
    needs: Sequence[frozenset[Scheme]] = ()

    async def ask(self, question: Question) -> Reply:
        """Fail, and tell about whom."""
        error = SourceUnavailableError(self.source, "timed-out")
        error.add_note(question.subject.reveal().identifiers[Scheme("rnokpp")])
        raise error


@dataclass(frozen=True, slots=True)
class Generous:
    """An adapter that gives every field, whatever it was asked for."""

    inner: Adapter
    source: Source = SOURCE
    needs: Sequence[frozenset[Scheme]] = field(default=())

    async def ask(self, question: Question) -> Reply:
        """Answer more than was asked."""
        entry = find_registries()[self.source]
        fields = frozenset(entry.module("mapping").READERS)
        return await self.inner.ask(replace(question, fields=fields))


@dataclass(frozen=True, slots=True)
class Vague:
    """An adapter that finds two of everybody."""

    source: Source = SOURCE
    needs: Sequence[frozenset[Scheme]] = ()

    async def ask(self, _question: Question) -> Reply:
        """Find two."""
        return Ambiguous(2)


def bench_of(adapter: Adapter) -> Bench:
    """Put an adapter on trial in the place of the donors' own."""
    return replace(simulated_bench(find_registries()[SOURCE]), adapter=adapter)


async def test_an_error_that_tells_of_the_person_is_found() -> None:
    """A note with a number in it fails the check though kind and reason are right."""
    verdict = await try_check(bench_of(Talkative()), Kind.HANG)

    assert verdict.because == "tells of the person"


async def test_a_field_too_many_is_found() -> None:
    """An adapter that gives more than it was asked for fails."""
    generous = Generous(simulated_bench(find_registries()[SOURCE]).adapter)

    verdict = await try_check(bench_of(generous), "fields")

    assert verdict.because == "donors.aid, donors.last_aid_on"


@pytest.mark.parametrize(
    ("check", "because"),
    [
        ("unknown", "Ambiguous"),
        ("unidentified", "Ambiguous"),
        ("wrong-person", "Ambiguous"),
        ("down", "Ambiguous"),
    ],
)
async def test_an_answer_where_none_was_due_is_found(check: str, because: str) -> None:
    """An adapter that answers where it must fail does not pass."""
    verdict = await try_check(bench_of(Vague()), check)

    assert not verdict.passed
    assert verdict.because == because


async def test_a_false_homonym_is_found() -> None:
    """Somebody alone of her name is not ambiguous: the samples name whoever was not answered."""
    verdict = await try_check(bench_of(Vague()), "samples")

    assert "maria" in verdict.because
    assert "oleksandr-kyiv" not in verdict.because


async def test_a_failure_where_an_answer_was_due_is_a_verdict() -> None:
    """An adapter that fails on a sample is reported with its reason, not by an exception."""
    verdict = await try_check(bench_of(Talkative()), "samples")

    assert verdict.because == "SourceUnavailableError timed-out"


async def test_a_whole_reply_is_compared() -> None:
    """The donors' own adapter passes what the faulty ones fail."""
    bench = simulated_bench(find_registries()[SOURCE])

    reply = await bench.adapter.ask(bench.question(bench.people["maria"].subject()))
    verdict = await try_check(bench, "samples")

    assert isinstance(reply, Answered)
    assert verdict.passed

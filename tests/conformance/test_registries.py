"""One bar for every registry of the catalog; a new folder is measured by it without being named here."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from adapters.bench import personal_values
from adapters.catalog import find_registries
from adapters.conformance import checks_of, simulated_bench, try_check
from contracts.glossary import load_vocabulary
from contracts.vocabulary import Source

VOCABULARY = Path(__file__).parents[2] / "contracts" / "library" / "vocabulary"
CATALOG = find_registries()
REGISTRIES = sorted(CATALOG)


@pytest.mark.parametrize(
    ("source", "check"), [(source, check) for source in REGISTRIES for check in checks_of(CATALOG[source])]
)
async def test_a_registry_passes_the_check(
    source: Source, check: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A registry behaves as the gateway relies on, and nothing it logs tells of a person."""
    caplog.set_level(logging.DEBUG)
    bench = simulated_bench(CATALOG[source])
    canaries = personal_values(bench.people[bench.main].subject())

    verdict = await try_check(bench, check)

    assert verdict.because == ""
    assert not [canary for canary in canaries if canary in caplog.text]


@pytest.mark.parametrize("source", REGISTRIES)
def test_a_manifest_names_the_fields_that_are_read(source: Source) -> None:
    """A field stands in the manifest exactly when there is a reader for it, and in the vocabulary."""
    entry = CATALOG[source]
    fields = load_vocabulary(VOCABULARY).fields

    assert set(entry.manifest.fields) == set(entry.module("mapping").READERS)
    assert set(entry.manifest.fields) <= {name for name, words in fields.items() if source in words.sources}


@pytest.mark.parametrize("source", REGISTRIES)
def test_samples_are_of_simulated_people(source: Source) -> None:
    """No registry holds anybody but the people, or places, that all simulators share."""
    bench = simulated_bench(CATALOG[source])

    assert bench.samples().keys() <= bench.people.keys()
    assert bench.samples()


@pytest.mark.parametrize("source", REGISTRIES)
async def test_samples_show_no_drift(source: Source) -> None:
    """What the registry's own samples look like is no change, or its manifest says that they cannot tell."""
    bench = simulated_bench(CATALOG[source])
    replies = await asyncio.gather(
        *(
            bench.adapter.ask(bench.question(bench.people[key].subject(), patience=1.0))
            for key in bench.samples()
        ),
        return_exceptions=True,
    )

    assert {change for reply in replies for change in getattr(reply, "drift", ())} == set()


def test_a_question_may_be_repeated_exactly_where_it_leaves_nothing_behind() -> None:
    """Whoever only reads says so; one that hands out tickets does not, nor one that is never asked."""
    repeatable = {source for source, entry in CATALOG.items() if entry.manifest.idempotent}

    assert set(CATALOG) - repeatable == {"employment", "income", "local-aid"}

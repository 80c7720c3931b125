"""What the law says of a registry binds every contract: its ground, and when the person is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.catalog import find_registries
from adapters.manifest import Manifest
from contracts.clauses import NoticeRule, Tell
from contracts.contract import Basis, Terms
from contracts.loader import load_library
from contracts.vocabulary import Source

LIBRARY = Path(__file__).parents[2] / "contracts" / "library"
MANIFESTS: Mapping[Source, Manifest] = {source: entry.manifest for source, entry in find_registries().items()}
OF_PEOPLE = sorted(source for source, manifest in MANIFESTS.items() if manifest.about == "person")
TERMS = [
    pytest.param(terms, id=f"{contract.id}:{source}")
    for contract in load_library(LIBRARY)[1]
    for source, terms in contract.terms.items()
    if source in MANIFESTS
]


def _bases(terms: Terms) -> set[Basis]:
    return {terms.basis, *terms.otherwise}


def _rules(terms: Terms) -> set[tuple[Tell, timedelta | None]]:
    rules: list[NoticeRule] = [terms.notice, *(ground.notice for ground in terms.otherwise.values())]
    return {(rule.tell, rule.after) for rule in rules}


def _lawful(manifest: Manifest) -> set[Basis]:
    """Give the grounds on which a registry may be asked: law alone only where the law alone suffices."""
    return set(Basis) if manifest.basis == "law" else set(Basis) - {Basis.LAW}


def _rule(manifest: Manifest) -> tuple[Tell, timedelta | None]:
    days = manifest.notice.days
    return Tell(manifest.notice.tell), timedelta(days=days) if days else None


@pytest.mark.parametrize("source", OF_PEOPLE)
def test_a_registry_of_people_says_when_they_are_told(source: Source) -> None:
    """The notice rule stands in the manifest with the article it comes from; none is left to a default."""
    manifest = MANIFESTS[source]

    assert "notice" in manifest.model_fields_set
    assert manifest.notice.citation


@pytest.mark.parametrize("terms", TERMS)
def test_a_contract_is_no_laxer_than_the_law_of_the_registry(terms: Terms) -> None:
    """Nobody is told at another time than the registry's law says, nor asked on less ground."""
    manifest = MANIFESTS[terms.source]

    assert _bases(terms) <= _lawful(manifest)
    assert _rules(terms) == {_rule(manifest)}

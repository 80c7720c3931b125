"""Contracts in words: every clause and every verdict can be said in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.admission import RULES
from contracts.clauses import Tell
from contracts.comparing import compare
from contracts.contract import Basis
from contracts.explaining import explain
from contracts.minimisation import KINDS
from contracts.page import write_page
from contracts.telling import Speaker
from contracts.vocabulary import Field
from tests.unit.contracts.samples import CASE_SYSTEM, FACTS, FULL, GRANT, HEALTH, NEEDS, NOW, VOCABULARY

GROUP = Field("health.disability_group")
EN, UK = Speaker(VOCABULARY, "en"), Speaker(VOCABULARY, "uk")


@pytest.mark.parametrize(
    "phrase",
    [
        *(f"rule-{name}" for name in RULES),
        *(f"ground-{basis}" for basis in Basis),
        *(f"minimise-{manner}" for manner in KINDS),
        *(f"tell-{tell}" for tell in Tell),
    ],
)
def test_what_the_code_says_has_words(phrase: str) -> None:
    """Every rule, ground, manner and notice has its phrase in both languages."""
    assert VOCABULARY.phrases[phrase].uk
    assert VOCABULARY.phrases[phrase].en


def test_a_page_says_every_clause() -> None:
    """Parties, hours, limits, grounds, fields, emergency and digest are on the page that lawyers sign."""
    page = write_page(FULL, EN)
    clauses = [
        "dpo@health.example",
        "olena-h, taras-h",
        "mon, tue, wed, thu, fri, 08:00–20:00 (Europe/Kyiv)",
        "At most 60 queries a minute.",
        "at most 365 d",
        "passed on to: partner",
        "Law 2801-XII art. 24-2(2)",
        "told later (30 d; Code art. 7)",
        "only the age band",
        "sealed to the recipient; in an emergency, too",
        "Declared by: crisis-lead. Lasts at most 1 h.",
        FULL.digest,
    ]

    assert [clause for clause in clauses if clause not in page] == []
    assert "Група інвалідності" in write_page(FULL, UK)


def test_a_page_runs_nothing() -> None:
    """What a contract says is text on its page, whatever it says."""
    hostile = replace(FULL, transparency={"en": "<script>alert(1)</script>"})

    assert "<script" not in write_page(hostile, EN)


def test_an_explanation_lets_every_rule_speak() -> None:
    """A permitted field has its contract, each rule, its ground and how it leaves."""
    explained = explain(GRANT, FACTS, NOW, HEALTH, GROUP, EN)
    rules = [said.rule for said in explained.said]

    assert explained.permitted
    assert rules == ["contract", *RULES, "ground", "safety", "field"]
    assert "The ground: permits: the person's consent (Law 2801-XII art. 24-2(2))" in explained.lines(EN)[-3]


def test_an_explanation_names_what_refused() -> None:
    """A child's own consent refuses at the ground, by its code and in words; other rules still speak."""
    explained = explain(GRANT, replace(FACTS, age=15), NOW, HEALTH, GROUP, UK)

    assert not explained.permitted
    assert explained.lines(UK)[-1].startswith("Підстава: відмовляє: За дитину згоду дають")
    assert explained.said[-1].reason == "minor-no-guardian"


def test_a_comparison_says_who_gains_and_loses() -> None:
    """A field more and a field less are said in words, and every other clause that changes is named."""
    health = FULL.terms[HEALTH]
    fields = {name: rule for name, rule in health.fields.items() if name != GROUP}
    fields[Field("person.sex")] = health.fields[GROUP]
    changed = replace(FULL, minors=False, terms={HEALTH: replace(health, fields=fields)})

    assert compare(FULL, changed, EN) == [
        f"{CASE_SYSTEM} gains: Sex (Electronic health system)",
        f"{CASE_SYSTEM} loses: Disability group (Electronic health system)",
        "minors: was true, becomes false",
    ]
    assert compare(FULL, FULL, EN) == []
    assert FULL.purpose == NEEDS

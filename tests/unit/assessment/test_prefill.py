"""What fills a cell, and what explains an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from config.settings import PACKAGE
from contracts.glossary import load_vocabulary
from gateway.assessment.form import load_form
from gateway.assessment.prefill import Filled, prefill
from gateway.assessment.told import read_answer
from gateway.spelling import Spelling

VOCABULARY = load_vocabulary(PACKAGE / "contracts" / "library" / "vocabulary")
FORM = load_form()
DAY = "2026-11-24T10:00:00.000000Z"


def test_what_several_sources_agree_on_stands_with_its_source() -> None:
    """An undisputed fact fills its cell, and says whose it is and from when."""
    filled = fill({"person.birth_date": told("health", "1990-09-03")})
    [choice] = filled["person.birth_date"].choices

    assert choice.text == "1990-09-03"
    assert [(each.source, each.field, each.as_of) for each in choice.origins] == [
        ("health", "person.birth_date", DAY)
    ]


def test_what_sources_disagree_on_stands_side_by_side() -> None:
    """Of two birth dates neither is chosen, and both are shown with their sources."""
    filled = fill(
        conflicts={"person.birth_date": [told("health", "1990-09-03"), told("border", "1990-09-30")]}
    )

    assert [(each.text, each.origins[0].source) for each in filled["person.birth_date"].choices] == [
        ("1990-09-03", "health"),
        ("1990-09-30", "border"),
    ]


def test_two_fields_of_one_meaning_are_held_against_each_other() -> None:
    """The old group by the disability registry and by health are one cell: equal ones are named together."""
    filled = fill(
        opened={
            "disability.group": [told("disability", "2")],
            "health.disability_group": [told("health", "2")],
        }
    )
    [choice] = filled["disability.group"].choices

    assert choice.text == "II група"
    assert [each.source for each in choice.origins] == ["disability", "health"]
    assert all(each.sealed for each in choice.origins)


def test_parts_of_different_sources_are_never_mixed() -> None:
    """Where sources disagree about a given name, each full name is one source's own."""
    filled = fill(
        {"person.family_name": told("health", "Бондаренко")},
        conflicts={"person.given_name": [told("health", "Марія"), told("border", "Мария")]},
    )

    assert [each.text for each in filled["person.name"].choices] == ["Бондаренко Марія", "Бондаренко Мария"]


def test_each_relative_is_a_row() -> None:
    """The family's table has the person's own row, one for each relative, and rows left for others."""
    relatives = [{"kinship": "son", "family_name": "БОНДАРЕНКО", "given_name": "НАЗАР"}]
    filled = fill({"civil.relatives": told("civil-status", relatives)})

    assert filled["family.1.name"].choices[0].text == "БОНДАРЕНКО НАЗАР"
    assert filled["family.1.kinship"].choices[0].text == "син"
    assert filled["family.1.kinship"].choices[0].origins[0].source == "civil-status"
    assert filled["family.2.name"] == Filled()
    assert "family.4.name" in filled
    assert "family.5.name" not in filled


def test_an_empty_cell_says_why() -> None:
    """Withheld, silent, sealed and not asked are different reasons; a cell for people has none."""
    filled = prefill(
        FORM,
        read_answer(
            answer(
                sources={"health": {"status": "withheld", "reason": "consent-missing"}, "veterans": ANSWERED},
                withheld=[{"field": "identity.address", "reason": "safety"}],
                sealed={"format": "jwe", "value": "…", "fields": ["disability.cause"]},
            ),
            {},
        ),
        VOCABULARY,
        spelling(),
    )

    assert filled["health.declaration"].reason == "consent-missing"
    assert filled["person.registered_address"].reason == "safety"
    assert filled["disability.cause"].reason == "sealed"
    assert filled["status.veteran"].reason == "not-told"
    assert filled["income.pension"].reason == "not-asked"
    assert filled["health.needs"].reason == ""


@given(st.dictionaries(st.sampled_from(sorted(FORM.fields())), st.text(max_size=20), max_size=12))
def test_nothing_is_told_that_no_source_said(said: dict[str, str]) -> None:
    """Every text of every cell has an origin, and each origin is a fact of the answer."""
    filled = fill({name: told("registry", value) for name, value in said.items()})
    origins = {each.field for cell in filled.values() for choice in cell.choices for each in choice.origins}

    assert origins <= said.keys()
    assert all(choice.origins for cell in filled.values() for choice in cell.choices)


ANSWERED = {"status": "answered", "as_of": DAY}


def told(source: str, value: Any) -> dict[str, Any]:
    """Write a fact as an answer has it."""
    return {"value": value, "source": source, "as_of": DAY}


def answer(**members: Any) -> dict[str, Any]:
    """Write an answer."""
    return {
        "exchange_id": "e",
        "sources": {},
        "fields": {},
        "withheld": [],
        "conflicts": [],
        **members,
    }


def fill(
    fields: Mapping[str, Any] | None = None,
    conflicts: Mapping[str, list[Any]] | None = None,
    opened: Mapping[str, Any] | None = None,
) -> Mapping[str, Filled]:
    """Fill the form from an answer."""
    body = answer(
        fields=fields or {},
        conflicts=[{"field": name, "values": values} for name, values in (conflicts or {}).items()],
    )
    return prefill(FORM, read_answer(body, opened or {}), VOCABULARY, spelling())


def spelling() -> Spelling:
    """Spell in Ukrainian, with no areas known."""
    return Spelling(VOCABULARY, "uk", lambda _code: None)

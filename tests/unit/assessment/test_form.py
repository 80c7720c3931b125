"""The form of the act."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import PACKAGE
from contracts.glossary import load_vocabulary
from gateway.assessment.form import FILE, Form, load_form

VOCABULARY = load_vocabulary(PACKAGE / "contracts" / "library" / "vocabulary")


def test_every_cell_is_filled_from_fields_that_there_are() -> None:
    """The shipped form asks for no field that the shipped vocabulary has not."""
    assert load_form().unknown(VOCABULARY) == []


@pytest.mark.parametrize("name", ["health.needs", "family.0.name", "family.39.kinship"])
def test_a_cell_is_found_by_its_name(name: str) -> None:
    """A name leads to its cell, in a table with the row."""
    assert load_form().cell(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "health",
        "health.",
        "health.nothing",
        "nothing.needs",
        "health.0.needs",
        "family.name",
        "family.40.name",
        "family.01.name",
        "family.-1.name",
        "family.x.name",
        "family.٣.name",
    ],
)
def test_no_cell_is_found_by_another_name(name: str) -> None:
    """What the form does not have cannot be written in."""
    assert load_form().cell(name) is None


def test_a_choice_without_words_is_refused() -> None:
    """A form that offers what nobody could read is not taken."""
    raw = tomllib.loads(Path(FILE).read_text("utf-8"))
    raw["sections"]["self_care"]["cells"]["level"]["choices"].append("somehow")

    with pytest.raises(ValidationError, match="somehow"):
        Form.model_validate(raw)

"""The vocabulary: every word has its meaning, and a careless one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.reading import ContractInvalidError
from contracts.reasons import Reason
from contracts.words import Vocabulary
from tests.unit.contracts.samples import LIBRARY, VOCABULARY

TEXT = (LIBRARY / "vocabulary.toml").read_text(encoding="utf-8")


def faults_of(folder: Path, old: str, new: str) -> list[str]:
    """Give what is said of the shipped vocabulary after one replacement."""
    path = folder / "vocabulary.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractInvalidError) as refused:
        Vocabulary.load(path)
    return [f"{fault.wrong}; {fault.mend}" for fault in refused.value.faults]


def test_every_reason_of_the_code_is_worded_with_a_next_step() -> None:
    """Whatever refuses can be told in Ukrainian and English, and what to do about it."""
    worded = [VOCABULARY.reasons[reason] for reason in Reason]

    assert all(words.uk and words.en and words.next.uk and words.next.en for words in worded)


def test_whereabouts_are_a_category_of_their_own() -> None:
    """Fields that tell where a person can be found are named as such, so that safety can mask them."""
    whereabouts = {name for name, field in VOCABULARY.fields.items() if field.category == "whereabouts"}

    assert whereabouts == {"education.institution", "border.checkpoint", "employment.centre"}


def test_health_is_special() -> None:
    """Every health field is of the special category (Law 2297-VI art. 7)."""
    kinds = {field.sensitivity for field in VOCABULARY.fields.values() if field.category == "health"}

    assert kinds == {"special"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('category = "health"', 'category = "helth"', 'unknown category "helth"; did you mean "health"?'),
        ('sources = ["donors"]', 'sources = ["donor"]', 'unknown source "donor"; did you mean "donors"?'),
        (
            "[reasons.expired]",
            "[reasons.lapsed]",
            'the reason "expired" has no wording; add [reasons.expired]',
        ),
        ("pattern = '[0-9]{9}'", "pattern = '[0-9'", "not a regular expression; try it out first"),
        ('type = "yes-no"', 'type = "maybe"', ""),
    ],
)
def test_a_careless_word_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A vocabulary that contradicts itself is not taken, and the fault says how to mend it."""
    faults = faults_of(tmp_path, old, new)

    assert len(faults) == 1
    assert faults[0].startswith(said)


def test_a_member_of_another_type_is_refused(tmp_path: Path) -> None:
    """A number in quotes is not a number, nor is true."""
    faults = faults_of(tmp_path, "majority = 18", "majority = true")

    assert faults == ['"majority" is not what it should be; write a whole number without quotes']

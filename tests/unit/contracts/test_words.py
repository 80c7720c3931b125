"""The vocabulary: every word has its meaning, and a careless one is refused."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from contracts.glossary import load_vocabulary
from contracts.reading import ContractInvalidError
from contracts.reasons import Reason
from tests.unit.contracts.samples import LIBRARY, VOCABULARY

WORDS = LIBRARY / "vocabulary"


def faults_of(folder: Path, file: str, old: str, new: str) -> list[str]:
    """Give what is said of the shipped vocabulary after one replacement in one of its files."""
    path = copytree(WORDS, folder / "vocabulary") / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractInvalidError) as refused:
        load_vocabulary(folder / "vocabulary")
    return [str(fault).replace(f"{folder}/vocabulary/", "") for fault in refused.value.faults]


def test_every_reason_of_the_code_is_worded_with_a_next_step() -> None:
    """Whatever refuses can be told in Ukrainian and English, and what to do about it."""
    worded = [VOCABULARY.reasons[reason] for reason in Reason]

    assert all(words.uk and words.en and words.next.uk and words.next.en for words in worded)


def test_whereabouts_are_a_category_of_their_own() -> None:
    """Fields that tell where a person can be found are named as such, so that safety can mask them."""
    whereabouts = {name for name, field in VOCABULARY.fields.items() if field.category == "whereabouts"}

    assert whereabouts >= {"education.institution", "border.checkpoint", "employment.centre"}
    assert whereabouts >= {"identity.address", "identity.area", "pupil.school", "insured.insurer"}


def test_health_is_special() -> None:
    """Every health field is of the special category (Law 2297-VI art. 7)."""
    kinds = {field.sensitivity for field in VOCABULARY.fields.values() if field.category == "health"}

    assert kinds == {"special"}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "sources/health.toml",
            'category = "health"',
            'category = "helth"',
            'unknown category "helth"; did you mean "health"?',
        ),
        (
            "sources/health.toml",
            '"person.sex"',
            '"person.sax"',
            'unknown field "person.sax"; did you mean "person.sex"?',
        ),
        (
            "sources/health.toml",
            '[fields."health.needs_care"]',
            '[fields."person.sex"]',
            "already; let fields.toml have it, and `holds` name it in both sources",
        ),
        (
            "reasons.toml",
            "[reasons.expired]",
            "[reasons.lapsed]",
            'the reason "expired" has no wording; add [reasons.expired]',
        ),
        (
            "identifiers.toml",
            "pattern = '[0-9]{9}'",
            "pattern = '[0-9'",
            "not a regular expression; try it out first",
        ),
        ("sources/health.toml", 'type = "yes-no"', 'type = "maybe"', "is not what it should be; "),
        ("country.toml", "Europe/Kyiv", "Europe/Kiyv", 'unknown time zone; did you mean "Europe/Kyiv"?'),
    ],
)
def test_a_careless_word_is_refused(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    """A vocabulary that contradicts itself is not taken; the fault says where, and how to mend it."""
    faults = faults_of(tmp_path, file, old, new)

    assert len(faults) == 1
    assert faults[0].startswith(f"{file}:")
    assert said in faults[0]


def test_every_file_at_fault_is_named(tmp_path: Path) -> None:
    """One reading finds what is wrong in each file, a missing one included."""
    folder = copytree(WORDS, tmp_path / "vocabulary")
    (folder / "reasons.toml").unlink()
    (folder / "sources" / "donors.toml").write_text("uk = 1\n", encoding="utf-8")
    with pytest.raises(ContractInvalidError) as refused:
        load_vocabulary(folder)

    assert {Path(fault.file).name for fault in refused.value.faults} == {"reasons.toml", "donors.toml"}


def test_a_member_of_another_type_is_refused(tmp_path: Path) -> None:
    """A number in quotes is not a number, nor is true."""
    faults = faults_of(tmp_path, "country.toml", "majority = 18", "majority = true")

    assert faults == [
        'country.toml:5: "majority" is not what it should be; write a whole number without quotes'
    ]

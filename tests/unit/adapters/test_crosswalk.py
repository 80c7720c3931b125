"""Code lists as data with an owner; a word that none of them has is quarantined."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.base import Answered, UnknownCode
from adapters.catalog import FOLDER
from adapters.manifest import ManifestError
from adapters.protocols.crosswalk import UnknownCodeError, coded, load_codes
from contracts.vocabulary import Field
from tests.unit.adapters.asking import ask_for, saying

HEAD = 'owner = "Міністерство"\nas_of = 2026-11-24\n'
STATUS, FORM = Field("education.status"), Field("education.form")
LEARNER = {
    "rnokpp": "3311845622",
    "surname": "Бондаренко",
    "name": "Марія",
    "dateOfBirth": "1990-09-03",
    "education": {"statusName": "навчається", "educationFormName": "Денна"},
}


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    """A file of two tables."""
    file = tmp_path / "codes.toml"
    file.write_text(
        HEAD + '[codes.status]\n"Навчається" = "studying"\n[codes.benefit]\n"так" = true\n', "utf-8"
    )
    return file


def test_a_table_says_whose_it_is_and_from_when(codes: Path) -> None:
    """Owner and date come with each table of a file."""
    table = load_codes(codes)["status"]

    assert (table.name, table.owner, table.as_of.isoformat()) == ("status", "Міністерство", "2026-11-24")


@pytest.mark.parametrize("word", ["Навчається", "НАВЧАЄТЬСЯ", " навчається "])
def test_a_word_is_found_whatever_its_case(codes: Path, word: str) -> None:
    """Case and blanks make no other word."""
    assert coded(load_codes(codes)["status"], word) == "studying"


@pytest.mark.parametrize("word", ["навчаєтьс", "studying", "Навчається!", 7])
def test_a_word_without_a_row_is_unknown(codes: Path, word: str | int) -> None:
    """There is no nearest word and no default, and the error's text does not have the word."""
    with pytest.raises(UnknownCodeError) as error:
        coded(load_codes(codes)["status"], word)

    assert str(error.value) == "status"


@pytest.mark.parametrize(
    "text",
    [
        'as_of = 2026-11-24\n[codes.a]\n"x" = "y"\n',
        'owner = "A"\n[codes.a]\n"x" = "y"\n',
        HEAD + '[codes.a]\n"x" = "y"\n"X " = "z"\n',
        HEAD + '[codes.a]\n"x" = 1.5\n',
        HEAD + "[codes",
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    """No owner, no date, a word twice or no TOML: the file is refused by name."""
    file = tmp_path / "codes.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ManifestError, match=r"codes\.toml"):
        load_codes(file)


@pytest.mark.parametrize(
    "file", sorted(FOLDER.glob("*/codes.toml")) + sorted((FOLDER / "codes").glob("*.toml"))
)
def test_the_tables_of_the_catalog_can_be_used(file: Path) -> None:
    """Each file of tables has its owner and its words once."""
    assert load_codes(file)


async def test_an_unknown_code_withholds_its_field_alone() -> None:
    """The rest of the answer stands, and the code is in quarantine under its field and table."""
    learner = {**LEARNER, "education": {"statusName": "Практикант", "educationFormName": "Денна"}}

    reply = await saying(200, learner).adapter("education").ask(ask_for(fields=frozenset({STATUS, FORM})))

    assert isinstance(reply, Answered)
    assert reply.values == {FORM: "full-time"}
    assert reply.unknown_codes == (UnknownCode(STATUS, "status", "Практикант"),)


@pytest.mark.parametrize(
    "word", ["Бондаренко навчається", "учениця МАРІЯ", "3311845622", "див. справу 123456", "а" * 100]
)
async def test_a_code_that_may_be_of_the_person_is_not_kept(word: str) -> None:
    """What has a name, a number or the length of a story in it is counted without its text."""
    learner = {**LEARNER, "education": {"statusName": word}}

    reply = await saying(200, learner).adapter("education").ask(ask_for(fields=frozenset({STATUS})))

    assert isinstance(reply, Answered)
    assert reply.unknown_codes == (UnknownCode(STATUS, "status", ""),)

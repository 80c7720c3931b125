"""Contracts as files: what is refused, on which line, and how it is mended."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts.contract import Basis
from contracts.loader import load_contract, load_library
from contracts.reading import ContractInvalidError, Fault
from contracts.vocabulary import Field, Source
from tests.unit.contracts.samples import (
    CRISIS,
    GRANT,
    HEALTH,
    LIBRARY,
    NEEDS_FILE,
    STORE,
    VOCABULARY,
    write_library,
)

VIOLENCE = Source("violence-cases")


def faults_of(folder: Path, old: str, new: str) -> list[Fault]:
    """Give the faults of the needs-assessment contract after one replacement."""
    assert old in NEEDS_FILE
    path = folder / "contract.toml"
    path.write_text(NEEDS_FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractInvalidError) as refused:
        load_contract(path, VOCABULARY)
    return list(refused.value.faults)


def line_of(text: str) -> int:
    """Give the line of the needs-assessment contract that a text begins."""
    return NEEDS_FILE[: NEEDS_FILE.index(text)].count("\n") + 1


def test_the_shipped_contract_says_what_its_file_says() -> None:
    """Each member of the file arrives in the contract, in its own unit."""
    contract = GRANT.contract

    assert (contract.id, contract.version) == ("case-system-needs-assessment", 1)
    assert (contract.valid_from, contract.valid_until) == (date(2026, 1, 1), date(2030, 12, 31))
    assert (contract.keep, contract.deadline) == (timedelta(hours=72), timedelta(seconds=5))
    assert (contract.case_required, contract.minors, contract.majority) == (True, True, 18)
    assert set(contract.terms) >= {"health", "education", "border", "employment", "donors"}


def test_cases_of_violence_are_in_no_default_history() -> None:
    """The register of violence is asked under a contract of its own, by consent, everything sealed."""
    (response,) = [contract for contract in STORE.contracts if VIOLENCE in contract.terms]
    terms = response.terms[VIOLENCE]

    assert response.terms.keys() == {VIOLENCE}
    assert terms.basis is Basis.CONSENT
    assert all(rule.sealed for rule in terms.fields.values())
    assert not GRANT.terms.keys() & {VIOLENCE}


def test_health_is_asked_by_consent_and_partly_sealed() -> None:
    """The health terms rest on a consent, and the two sensitive results leave sealed only."""
    terms = GRANT.terms[HEALTH]
    sealed = {name for name, rule in terms.fields.items() if rule.sealed}

    assert terms.basis is Basis.CONSENT
    assert sealed == {"health.disability_group", "health.functional_assessment"}


def test_a_crisis_asks_for_less() -> None:
    """The crisis contract has neither health nor anything that needs a consent."""
    (crisis,) = [contract for contract in STORE.contracts if contract.purpose == CRISIS]
    fields = {field for terms in crisis.terms.values() for field in terms.fields}

    assert HEALTH not in crisis.terms
    assert all(terms.basis is Basis.LAW for terms in crisis.terms.values())
    assert fields == {
        Field("education.status"),
        Field("border.abroad"),
        Field("employment.status"),
        Field("donors.last_aid_on"),
    }


@pytest.mark.parametrize(
    ("old", "new", "at", "wrong", "mend"),
    [
        ("minors = true", 'minors = "yes"', "minors", '"minors" is not what it', "write true or false"),
        ("version = 1", "version = 1.5", "version", '"version" is not what it', "write a whole number"),
        ("version = 1", "version = 0", "version", '"version" is not what it', "should be greater"),
        ("2026-01-01", '"2026-01-01"', "valid_from", '"valid_from" is not', "write a date without quotes"),
        ("2030-12-31", "2025-12-31", "valid_until", "valid_until is before valid_from", "swap or correct"),
        ('"72 h"', "72", "keep", '"keep" is not what it', "write a whole number and a unit"),
        ('"72 h"', '"0 h"', "keep", '"keep" is not what it', "write a whole number and a unit"),
        ('"needs-assessment"', '"need-assessment"', "purpose", "unknown purpose", 'mean "needs-assessment"?'),
        ('"case-system"\n', '"Case System"\n', "consumer", '"consumer" is not what it', "match pattern"),
        ("case_required", "case_requird", "case_required", "unknown key", 'did you mean "case_required"?'),
        ("{ sealed = true }", "{ seald = true }", '"health.dis', "unknown key", 'did you mean "sealed"?'),
        ("{ sealed = true }", '{ sealed = "x" }', '"health.dis', '"terms.health.f', "write true or false"),
        (
            '"health.needs_care"',
            '"health.need_care"',
            '"health.needs',
            "unknown field",
            '"health.needs_care"?',
        ),
        (
            '"donors.aid"',
            '"health.needs_care"',
            '"donors.aid"',
            '"donors" does not hold',
            "ask it of a source",
        ),
        ('"consent"', '"emergency"', "basis", '"terms.health.basis" is not', "'consent', 'law'"),
        (
            'citation = "Law 2801-XII art. 24-2(2)"',
            'citation = ""',
            "citation",
            '"terms.health.cit',
            "at least",
        ),
        (
            'deadline = "3 s"',
            'deadline = "6 s"',
            'deadline = "3 s"',
            '"health" may take longer',
            "shorten it",
        ),
        ("keep =", "keep", "keep =", "not valid TOML", "Expected"),
    ],
)
def test_a_fault_names_its_line_and_remedy(
    tmp_path: Path, old: str, new: str, at: str, wrong: str, mend: str
) -> None:
    """Whatever is wrong is refused with its line, what is wrong there, and how to mend it."""
    faults = faults_of(tmp_path, old, new)
    (fault,) = [fault for fault in faults if fault.wrong.startswith(wrong)]

    assert fault.line == line_of(at)
    assert mend in fault.mend
    assert fault.file == str(tmp_path / "contract.toml")


def test_an_unknown_source_is_refused_with_the_known_one(tmp_path: Path) -> None:
    """A table for a source that the vocabulary does not have is refused at its header."""
    (fault,) = faults_of(tmp_path, NEEDS_FILE, NEEDS_FILE.replace("terms.donors", "terms.donor"))

    assert fault.line == line_of("[terms.donors]")
    assert (fault.wrong, fault.mend) == ('unknown source "donor"', 'did you mean "donors"?')


def test_a_missing_member_is_refused(tmp_path: Path) -> None:
    """What the contract must say is never assumed."""
    faults = faults_of(tmp_path, "minors = true", "")

    assert [(fault.line, fault.wrong, fault.mend) for fault in faults] == [
        (1, '"minors" is missing', "add it")
    ]


def test_an_empty_field_list_is_refused(tmp_path: Path) -> None:
    """Terms that give nothing are a slip, not a contract."""
    empty = NEEDS_FILE[: NEEDS_FILE.index("[terms.donors.fields]")] + "[terms.donors.fields]\n"
    faults = faults_of(tmp_path, NEEDS_FILE, empty)

    assert [fault.line for fault in faults] == [line_of("[terms.donors.fields]")]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Whoever mends a library learns everything that is wrong with it in one go."""
    one = NEEDS_FILE.replace("minors =", "minor =").replace('"72 h"', '"3 days"')
    other = NEEDS_FILE.replace('purpose = "needs-assessment"', 'purpose = "curiosity"')
    with pytest.raises(ContractInvalidError) as refused:
        load_library(write_library(tmp_path, one, other))
    files = [Path(fault.file).name for fault in refused.value.faults]

    assert files == ["a.toml", "a.toml", "a.toml", "b.toml"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (
            ('id = "case-system-needs-assessment"', 'id = "other"'),
            "a.toml is in force on some of the same days",
        ),
        (('deadline = "5 s"', 'deadline = "4 s"'), "a.toml is the same contract and version"),
        (("version = 1", "version = 2"), "a.toml is in force on some of the same days"),
    ],
)
def test_two_contracts_for_the_same_days_are_refused(
    tmp_path: Path, change: tuple[str, str], wrong: str
) -> None:
    """There is never a choice between two contracts: both would have to be wrong or right."""
    folder = write_library(tmp_path, NEEDS_FILE, NEEDS_FILE.replace(*change))
    with pytest.raises(ContractInvalidError) as refused:
        load_library(folder)
    (fault,) = refused.value.faults

    assert fault.file.endswith("b.toml")
    assert wrong in fault.wrong


@pytest.mark.parametrize("turn", [1, -1])
def test_one_shared_day_is_one_too_many(tmp_path: Path, turn: int) -> None:
    """A version that begins on the last day of the one before is refused, whichever is read first."""
    later = NEEDS_FILE.replace("version = 1", "version = 2").replace("2030-12-31", "2032-12-31")
    later = later.replace("2026-01-01", "2030-12-31")
    with pytest.raises(ContractInvalidError) as refused:
        load_library(write_library(tmp_path, *[NEEDS_FILE, later][::turn]))

    assert [fault.line for fault in refused.value.faults] == [line_of("valid_from")]


def test_a_version_may_follow_the_day_after(tmp_path: Path) -> None:
    """The next version begins the day after the last one ends."""
    later = NEEDS_FILE.replace("version = 1", "version = 2").replace("2030-12-31", "2032-12-31")
    later = later.replace("2026-01-01", "2031-01-01")
    _, held = load_library(write_library(tmp_path, NEEDS_FILE, later))

    assert [contract.version for contract in held] == [1, 2]


def test_a_folder_without_a_vocabulary_is_refused(tmp_path: Path) -> None:
    """No vocabulary, no contracts: the fault names the file that is missing."""
    with pytest.raises(ContractInvalidError, match=r"reasons\.toml:1: cannot be read"):
        load_library(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """What is not UTF-8 is named, not guessed."""
    path = tmp_path / "contract.toml"
    path.write_bytes(NEEDS_FILE.encode() + "# мета".encode("cp1251"))
    with pytest.raises(ContractInvalidError) as refused:
        load_contract(path, VOCABULARY)

    assert [fault.wrong for fault in refused.value.faults] == ["not UTF-8 text"]


def test_the_shipped_library_is_sound() -> None:
    """Every contract in the box loads, each with a citation for each of its sources."""
    _, held = load_library(LIBRARY)
    citations = [terms.citation for contract in held for terms in contract.terms.values()]

    assert len(held) >= 2
    assert all(citation.startswith("Law ") for citation in citations)

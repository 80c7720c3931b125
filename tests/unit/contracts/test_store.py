"""The contracts in force: who gets a grant, and how a reload goes wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from contracts.contract import NotPermittedError
from contracts.reading import ContractInvalidError
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, Field, Purpose, Source
from tests.unit.contracts.samples import (
    BORDER,
    CASE_SYSTEM,
    CRISIS,
    GRANT,
    HEALTH,
    NEEDS,
    NEEDS_FILE,
    NOW,
    PARTNER,
    STORE,
    write_library,
)

KYIV = timezone(timedelta(hours=2))


def refusal(
    agency: AgencyId = CASE_SYSTEM,
    purpose: Purpose = NEEDS,
    at: datetime = NOW,
    sources: list[str] | None = None,
    fields: list[str] | None = None,
) -> str:
    """Give the code with which the shipped library refuses a query."""
    with pytest.raises(NotPermittedError) as refused:
        STORE.permit(
            agency,
            purpose,
            at,
            None if sources is None else [Source(source) for source in sources],
            None if fields is None else [Field(field) for field in fields],
        )
    return refused.value.code


def test_a_grant_holds_the_whole_contract_where_nothing_is_narrowed() -> None:
    """An agency that asks for nothing in particular gets what its contract names."""
    grant = STORE.permit(CASE_SYSTEM, NEEDS, NOW)

    assert grant.terms == grant.contract.terms
    assert (grant.agency, grant.purpose) == (CASE_SYSTEM, NEEDS)


def test_sources_narrow_a_grant() -> None:
    """Naming sources keeps those and no other."""
    grant = STORE.permit(CASE_SYSTEM, NEEDS, NOW, sources=[HEALTH, BORDER])

    assert grant.terms.keys() == {HEALTH, BORDER}
    assert grant.contract == GRANT.contract


def test_fields_narrow_a_grant() -> None:
    """Naming fields keeps those, in every source that has them, and drops sources left with none."""
    fields = [Field("person.birth_date"), Field("health.disability_group")]
    grant = STORE.permit(CASE_SYSTEM, NEEDS, NOW, fields=fields)

    assert grant.terms.keys() == {"health", "education", "border", "employment", "identity"}
    assert grant.terms[HEALTH].fields.keys() == set(fields)
    assert grant.terms[HEALTH].fields[fields[1]].sealed
    assert grant.terms[BORDER].fields.keys() == {"person.birth_date"}


def test_an_agency_without_a_contract_is_refused() -> None:
    """Another agency's contract is of no use, nor is one for another purpose."""
    codes = [refusal(agency=PARTNER), refusal(purpose=Purpose("curiosity"))]

    assert codes == ["no-contract", "unknown-purpose"]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), "not-yet-valid"),
        (datetime(2026, 1, 1, 1, 0, tzinfo=KYIV), "not-yet-valid"),
        (datetime(2031, 1, 1, tzinfo=UTC), "expired"),
    ],
)
def test_a_contract_out_of_its_days_is_refused(at: datetime, code: str) -> None:
    """Before its first and after its last day, in UTC, a contract permits nothing."""
    code_given = refusal(at=at)

    assert code_given == code


@pytest.mark.parametrize(
    "at", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_a_contract_is_in_force_on_its_first_and_last_day(at: datetime) -> None:
    """Both days count in full."""
    grant = STORE.permit(CASE_SYSTEM, NEEDS, at)

    assert grant.contract.purpose == NEEDS


@pytest.mark.parametrize(
    ("sources", "fields", "code"),
    [
        (["helth"], None, "unknown-source"),
        (None, ["disability.grup"], "unknown-field"),
        (["border"], ["health.needs_care"], "nothing-left"),
        ([], None, "nothing-left"),
        (None, [], "nothing-left"),
    ],
)
def test_a_query_that_narrows_to_nothing_is_refused(
    sources: list[str] | None, fields: list[str] | None, code: str
) -> None:
    """Words that nobody knows, or that leave nothing, are refused rather than left out."""
    code_given = refusal(sources=sources, fields=fields)

    assert code_given == code


def test_a_query_wider_than_its_contract_is_refused() -> None:
    """A known source or field that the contract does not name is never left out silently."""
    codes = [
        refusal(purpose=CRISIS, sources=["health"]),
        refusal(purpose=CRISIS, fields=["border.checkpoint"]),
    ]

    assert codes == ["not-in-contract", "not-in-contract"]


def test_contracts_are_found_by_agency_and_digest() -> None:
    """An agency sees its own contracts, and a record's digest leads to the contract."""
    contract = GRANT.contract

    assert {held.purpose for held in STORE.of(CASE_SYSTEM)} >= {NEEDS, CRISIS}
    assert STORE.of(PARTNER) == ()
    assert STORE.by_digest(contract.digest) == contract
    assert STORE.by_digest("sha-256:00") is None


def test_a_reload_takes_the_new_contracts(tmp_path: Path) -> None:
    """What the folder says after a sound change is in force at once."""
    folder = write_library(tmp_path, NEEDS_FILE)
    store = ContractStore.load(folder)
    write_library(folder, NEEDS_FILE.replace('"employment.benefit" = {}', "").replace('"72 h"', '"1 h"'))
    store.reload(folder)

    assert store.permit(CASE_SYSTEM, NEEDS, NOW).contract.keep == timedelta(hours=1)


@pytest.mark.parametrize("broken", ["purpose = ", NEEDS_FILE.replace('"border.abroad"', '"border.abrod"')])
def test_a_bad_file_never_displaces_a_running_contract(tmp_path: Path, broken: str) -> None:
    """Where one file is wrong, all that ran goes on running, and the fault is raised."""
    folder = write_library(tmp_path, NEEDS_FILE)
    store = ContractStore.load(folder)
    before = store.contracts
    write_library(folder, NEEDS_FILE.replace('"72 h"', '"1 h"'), broken)
    with pytest.raises(ContractInvalidError, match=r"b\.toml:\d+: "):
        store.reload(folder)

    assert store.contracts == before
    assert store.permit(CASE_SYSTEM, NEEDS, NOW).contract.keep == timedelta(hours=72)


def test_a_bad_vocabulary_never_displaces_the_running_one(tmp_path: Path) -> None:
    """The words in force are replaced together with the contracts or not at all."""
    folder = write_library(tmp_path, NEEDS_FILE)
    store = ContractStore.load(folder)
    (folder / "vocabulary" / "country.toml").write_text("majority = 12\n", encoding="utf-8")
    with pytest.raises(ContractInvalidError):
        store.reload(folder)

    assert store.vocabulary.majority == 18

"""The contract language whole: what a file may say, and what is refused with its line and remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.canonical import ContractTextError, canonical, digest_of, restore
from contracts.clauses import Limits, NoticeRule, Tell
from contracts.contract import Basis, Contract
from contracts.datasets import describe_dataset
from contracts.loader import load_contract
from contracts.minimisation import reduce
from contracts.reading import ContractInvalidError
from contracts.shapes import schema
from contracts.vocabulary import Field
from tests.unit.contracts.samples import FULL, FULL_FILE, GRANT, HEALTH, STORE, VOCABULARY, as_json

ON = date(2026, 11, 23)


def faults_of(folder: Path, old: str, new: str) -> list[str]:
    """Give what is said of the full contract after one replacement, without the file's name."""
    assert old in FULL_FILE
    path = folder / "contract.toml"
    path.write_text(FULL_FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContractInvalidError) as refused:
        load_contract(path, VOCABULARY)
    return [f"{fault.wrong}; {fault.mend}" for fault in refused.value.faults]


def test_every_clause_arrives_in_the_contract() -> None:
    """What a file says of parties, hours, limits, grounds and emergencies is what the contract holds."""
    health = FULL.terms[HEALTH]

    assert FULL.parties["health-agency"].signers == ("olena-h", "taras-h")
    assert FULL.hours
    assert (FULL.hours.days, FULL.hours.begin, FULL.hours.end) == (frozenset({1, 2, 3, 4, 5}), 480, 1200)
    assert (FULL.limits, FULL.retention) == (Limits(60, 2000), timedelta(days=365))
    assert FULL.emergency
    assert FULL.emergency.roles == {"crisis-lead"}
    assert health.notice == NoticeRule(Tell.NOW)
    assert health.otherwise[Basis.COURT_ORDER].notice.article == "Code art. 7"
    assert health.provider == "health-agency"
    assert health.fields[Field("health.disability_group")].emergency


@pytest.mark.parametrize("contract", [FULL, *STORE.contracts], ids=lambda contract: contract.id)
def test_a_kept_contract_is_read_back_whole(contract: Contract) -> None:
    """The canonical text and its digest are enough to have the contract again."""
    assert restore(canonical(contract), contract.digest) == contract


def test_a_kept_text_that_was_changed_is_refused() -> None:
    """A text is the contract of its digest or nothing, and so is one that says what nobody understands."""
    changed = canonical(FULL).replace(b'"minors":true', b'"minors":false')
    unknown = canonical(FULL).replace(b"{", b'{"aloud":true,', 1)

    with pytest.raises(ContractTextError, match="another-contract"):
        restore(changed, FULL.digest)
    with pytest.raises(ContractTextError, match="not-understood"):
        restore(unknown, digest_of(unknown))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("retention =", "retenton =", 'unknown key "retenton"; did you mean "retention"?'),
        ("per_day = 2000", "per_week = 2000", 'unknown key "limits.per_week"; remove it'),
        ('end = "20:00"', 'end = "08:00"', "the hours end before they begin; swap"),
        ('selectors = ["rnokpp", ', 'selectors = ["rnokp", ', 'unknown identifier "rnokp"; did you mean'),
        ('tell = "later", after = "30 d", ', 'tell = "later", ', "it is not clear when the person is told"),
        (', article = "Code art. 7"', "", "telling later or never rests on an article"),
        ('signers = ["olena-h", "taras-h"]', 'signers = ["olena-h", "olena-h"]', "fewer than two people"),
        ("[parties.health-agency]", "[parties.health-agency-2]", '"health-agency" is no provider'),
        ("[parties.case-system]", "[parties.case-systems]", "a contract has the consumer and at least"),
        ('lasting = "60 min"', 'lasting = "61 min"', "longer than an hour; write at most 60 min"),
        (", emergency = true", "", "no field may be given in an emergency; mark fields"),
        ("[emergency]\n", "[emergency]\nfields = []\n", 'unknown key "emergency.fields"'),
        (
            'minimise = "age-band"',
            'minimise = "mask", keep = 4',
            '"mask" cannot be told of a field of type date',
        ),
        ('minimise = "age-band"', 'minimise = "age-band", keep = 4', '"keep" goes with area and mask'),
        ("otherwise.court-order]", "otherwise.consent]", '"consent" is the basis of "health" already'),
        ("version = 2", "version = 1", "a first version supersedes nothing"),
        ("sha-256:" + "0" * 64, "sha-256:0", "should match pattern"),
        ('operations = ["pull"]', 'operations = ["push", "poll"]', "should be 'pull' or 'push'"),
    ],
)
def test_a_careless_clause_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each rule of the language refuses what breaks it, and says how to mend it."""
    faults = faults_of(tmp_path, old, new)

    assert [fault for fault in faults if said in fault]


def test_an_emergency_gives_nothing_the_contract_does_not(tmp_path: Path) -> None:
    """A field marked for emergencies in a contract without emergency terms is refused at load."""
    begin, end = FULL_FILE.index("[emergency]"), FULL_FILE.index("[terms.health]")
    faults = faults_of(tmp_path, FULL_FILE[begin:end], "")

    assert len(faults) == 1
    assert faults[0].startswith("an emergency would give more than the contract has terms for; add")


def test_the_schema_takes_what_the_loader_takes() -> None:
    """The published JSON Schema is a valid one, and the full contract keeps to it."""
    published = schema("/schemas/contract.json")
    Draft202012Validator.check_schema(published)
    errors = list(Draft202012Validator(published).iter_errors(as_json(FULL_FILE)))

    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert not errors


@pytest.mark.parametrize(
    "table", [(), ("limits",), ("hours",), ("emergency",), ("parties", "case-system"), ("terms", "health")]
)
def test_the_schema_takes_nothing_unknown(table: tuple[str, ...]) -> None:
    """An unknown key is refused in every table, by the schema as by the loader."""
    content = as_json(FULL_FILE, surplus=table)
    errors = list(Draft202012Validator(schema("/schemas/contract.json")).iter_errors(content))

    assert errors


@pytest.mark.parametrize(
    ("minimise", "keep", "value", "told"),
    [
        ("", 0, date(1990, 9, 1), date(1990, 9, 1)),
        ("age-band", 0, date(1990, 9, 1), "35-59"),
        ("age-band", 0, date(1940, 9, 1), "80+"),
        ("age-band", 0, date(2008, 11, 24), "14-17"),
        ("age-band", 0, date(2008, 11, 23), "18-34"),
        ("over-18", 0, date(2008, 11, 24), False),
        ("over-18", 0, date(2008, 11, 23), True),
        ("mask", 4, "AB123456", "••••3456"),
        ("mask", 4, "AB", "AB"),
        ("area", 9, "UA80000000000093317", "UA8000000"),
        ("yes-no", 0, (), False),
        ("yes-no", 0, False, False),
        ("yes-no", 0, "I", True),
    ],
)
def test_less_is_told_where_less_will_do(minimise: str, keep: int, value: object, told: object) -> None:
    """Each manner of minimisation tells what it promises and nothing more."""
    rule = replace(FULL.terms[HEALTH].fields[Field("person.birth_date")], minimise=minimise, keep=keep)

    assert reduce(value, rule, FULL, ON) == told  # type: ignore[arg-type]


@given(st.text(), st.integers(1, 9))
def test_a_mask_hides_all_but_the_end(value: str, keep: int) -> None:
    """Whatever the value, no more than `keep` of its characters are told, and its length stays."""
    rule = replace(FULL.terms[HEALTH].fields[Field("person.birth_date")], minimise="mask", keep=keep)
    told = str(reduce(value, rule, FULL, ON))

    assert len(told) == len(value)
    assert value.endswith(told[-keep:])
    assert set(told[:-keep]) <= {"•"}


@pytest.mark.parametrize("value", [12, "1990-09-01", None, date(2030, 1, 1)])
def test_what_is_no_birth_date_has_no_age(value: object) -> None:
    """A value of another kind than the rule is for is told in no form."""
    rule = FULL.terms[HEALTH].fields[Field("person.birth_date")]
    with pytest.raises(TypeError):
        reduce(value, rule, FULL, ON)  # type: ignore[arg-type]

    assert rule.minimise == "age-band"


def test_a_dataset_names_every_field_with_its_class() -> None:
    """The ODCS document of a source has each field that contracts may ask of it, with its class."""
    described = describe_dataset(VOCABULARY, HEALTH)
    properties = {each["name"]: each for each in described["schema"][0]["properties"]}

    assert (described["apiVersion"], described["kind"]) == ("v3.1.0", "DataContract")
    assert set(GRANT.terms[HEALTH].fields) <= set(properties)
    assert properties["health.needs_care"]["logicalType"] == "boolean"
    assert properties["health.disability_group"]["classification"] == "special"

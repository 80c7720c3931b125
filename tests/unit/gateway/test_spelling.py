"""Values as people read them."""

from __future__ import annotations

import tomllib

import pytest

from config.settings import PACKAGE
from contracts.glossary import load_vocabulary
from contracts.vocabulary import Field
from gateway.spelling import Spelling

VOCABULARY = load_vocabulary(PACKAGE / "contracts" / "library" / "vocabulary")
OF_PLACES = {"institutions", "providers"}
CODES = [
    pytest.param(str(code), id=f"{path.parent.name}-{code}")
    for path in sorted((PACKAGE / "adapters").glob("*/codes.toml"))
    if path.parent.name not in OF_PLACES
    for table in tomllib.loads(path.read_text("utf-8")).get("codes", {}).values()
    for code in sorted({each for each in table.values() if isinstance(each, str)})
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_a_registry_means_has_words(code: str) -> None:
    """What an adapter turns a registry's word into can be read out, by itself or in its field."""
    assert any(each.rpartition(":")[2] == code for each in VOCABULARY.values)


@pytest.mark.parametrize(
    ("field", "value", "uk", "en"),
    [
        ("border.abroad", False, "ні", "no"),
        ("border.last_direction", "in", "в'їзд", "into the country"),
        ("employment.registered_on", "2025-10-13", "13 жовтня 2025\u202fр.", "October 13, 2025"),
        ("income.accrued", [{"month": "2025-07", "kopiika": 5}], None, "month: July 2025; amount, UAH: 0.05"),
        ("displaced.area", "UA80", "Київ (UA80)", "Київ (UA80)"),
        ("veteran.needs", ["housing", "retraining"], "житло\nперенавчання", "housing\nretraining"),
        ("pupil.class", "5-А", "5-А", "5-А"),
        ("pupil.class", "<b>", "<b>", "<b>"),
    ],
)  # fmt: skip
def test_a_value_is_spelt_in_both_languages(field: str, value: object, uk: str | None, en: str) -> None:
    """Codes, dates, areas, amounts and lists are read out; free text stays as it came."""
    ukrainian = Spelling(VOCABULARY, "uk", {"UA80": "Київ"}.get).value(Field(field), value)
    english = Spelling(VOCABULARY, "en", {"UA80": "Київ"}.get).value(Field(field), value)

    assert uk in {None, ukrainian}
    assert english == en

"""Writing in an act."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.settings import PACKAGE
from contracts.glossary import load_vocabulary
from contracts.vocabulary import AgencyId, CaseId, Field, OfficialId, Source, SubjectRef
from gateway.assessment.act import (
    Act,
    State,
    begin_with,
    changed,
    edit,
    entries_as_json,
    entries_from_json,
    without,
)
from gateway.assessment.form import load_form
from gateway.assessment.pdf import to_pdf
from gateway.assessment.prefill import Choice, Filled, Origin
from gateway.faults import BodyInvalidError
from gateway.spelling import Spelling

FORM = load_form()
AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
WORKER = OfficialId("worker-17")
HEALTH, BORDER = (
    Origin(Source("health"), Field("person.birth_date"), "2026-11-24", sealed=True),
    Origin(Source("border"), Field("person.birth_date"), "2026-11-23"),
)
DISPUTED = Filled((Choice("1990-09-03", (HEALTH,)), Choice("1990-09-30", (BORDER,))))


def test_a_disputed_cell_waits_for_a_person() -> None:
    """Nothing stands in a cell about which sources disagree, until somebody writes in it."""
    act = act_of({"person.birth_date": DISPUTED})
    settled = edit(FORM, act, {"person.birth_date": "1990-09-03"}, WORKER, AT)

    assert act.entries["person.birth_date"].text == ""
    assert act.entries["person.birth_date"].disputed
    assert not settled.entries["person.birth_date"].disputed
    assert settled.entries["person.birth_date"].edited_by == WORKER


def test_only_what_differs_is_a_change() -> None:
    """Saving a page as it was changes nothing."""
    act = act_of({"health.needs_care": Filled((Choice("ні", (HEALTH,)),))})
    after = edit(FORM, act, {"health.needs_care": "ні\r\n", "health.needs": "Ліки"}, WORKER, AT)

    assert changed(act, after) == ["health.needs"]
    assert after.entries["health.needs_care"].edited_by == ""


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("health.nothing", "x", "unknown-cell"),
        ("person.birth_date", "03.09.1990", "not-a-date"),
        ("person.birth_date", "2026-02-30", "not-a-date"),
        ("self_care.level", "somehow", "not-a-choice"),
        ("health.needs", "x" * 4001, "too-long"),
        ("health.needs", "a\x00b", "control-characters"),
    ],
)
def test_what_the_form_does_not_take_is_refused(name: str, text: str, code: str) -> None:
    """A refusal names the cell and a code, never the text."""
    with pytest.raises(BodyInvalidError) as refused:
        edit(FORM, act_of({}), {name: text}, WORKER, AT)

    assert [each["code"] for each in refused.value.places] == [code]


def test_a_withdrawn_consent_takes_out_what_rested_on_it() -> None:
    """What health told goes, with the reason; what a person wrote stays."""
    act = act_of(
        {
            "person.birth_date": DISPUTED,
            "health.needs_care": Filled((Choice("ні", (HEALTH,)),)),
            "health.declaration": Filled((Choice("так", (HEALTH,)),)),
        }
    )
    written = edit(FORM, act, {"health.declaration": "Є, зі слів особи"}, WORKER, AT)
    left = without(written, frozenset({Source("health")})).entries

    assert left["health.needs_care"].text == ""
    assert left["health.needs_care"].filled.reason == "consent-withdrawn"
    assert left["health.declaration"].text == "Є, зі слів особи"
    assert left["person.birth_date"].text == "1990-09-30"


def test_entries_are_kept_as_they_are() -> None:
    """What is written down and read back is the same."""
    act = edit(FORM, act_of({"person.birth_date": DISPUTED}), {"health.needs": "Ліки"}, WORKER, AT)

    assert entries_from_json(entries_as_json(act.entries)) == act.entries


@pytest.mark.parametrize("language", ["uk", "en"])
def test_the_act_is_printed(language: str) -> None:
    """The PDF has its own letters, whatever was written, several pages of it included."""
    hostile = "<script>alert(1)</script> Їжак ґава ’ € \u200b 漢字 " * 40
    act = edit(FORM, act_of({"person.birth_date": DISPUTED}), {"health.needs": hostile}, WORKER, AT)
    vocabulary = load_vocabulary(PACKAGE / "contracts" / "library" / "vocabulary")
    printed = to_pdf(FORM, act, Spelling(vocabulary, language, lambda _code: None))

    assert printed.startswith(b"%PDF-")
    assert b"/FontFile2" in printed
    assert printed.count(b"/Type /Page\n") > 1


def act_of(filled: dict[str, Filled]) -> Act:
    """Give an act filled like this."""
    return Act(
        id="a",
        agency=AgencyId("case-system"),
        case=CaseId("KYIV-2026-000120"),
        subject_ref=SubjectRef("r"),
        exchange_id="e",
        official=WORKER,
        form=FORM.id,
        form_version=FORM.version,
        language="uk",
        state=State.DRAFT,
        entries=begin_with(filled),
        version=1,
        begun_at=AT,
        changed_at=AT,
    )

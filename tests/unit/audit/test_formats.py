"""The record in other shapes."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given
from hypothesis import strategies as st

from audit.balp import DISCLOSURE, SHAPES, audit_event
from audit.event import Event, Kind
from audit.formats import COLUMNS, Csv, End, Fhir, JsonLines, format_of
from tests.unit.audit.streams import entry, recorded

SOURCES = [
    {
        "source": "health",
        "status": "answered",
        "fields": ["health.needs_care"],
        "transaction_id": "uxp-1",
        "ground": {"kind": "consent", "id": "consent-1", "citation": "Art. 11"},
    },
    {"source": "border", "status": "withheld", "reason": "identifier-missing"},
]
RELEASE = entry(
    Kind.RELEASE,
    exchange_id="exchange-1",
    case="CASE-1",
    purpose="needs-assessment",
    subject_ref="person-1",
    contract="sha-256:00",
    result="released",
    details={"sources": SOURCES},
)
DONE, BROKEN = End("e-1", "done", 7, 41), End("e-1", "failed", 7, 41, "storage-unavailable")


def resource(event: Event) -> Any:
    """Give an entry's resource once FHIR's own model has accepted it."""
    return AuditEvent.model_validate(audit_event(3, event, "obmin.example/log"))


def rows(*content: bytes) -> list[list[str]]:
    """Read CSV as a spreadsheet would."""
    return list(csv.reader(io.StringIO(b"".join(content).decode(), newline="")))


def test_a_line_of_json_is_the_entry_with_its_place() -> None:
    """Nothing is lost but the spelling, and the leaf hash stands beside."""
    (each,) = recorded([RELEASE])
    line = json.loads(JsonLines().entry(each))

    assert line["index"] == 0
    assert line["leaf_hash"]
    assert line["details"] == {"sources": SOURCES}


@given(
    st.sampled_from(["=", "+", "-", "@", "\t=", "  =", "\r", "\n+"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_no_cell_starts_a_formula(prefix: str, rest: str) -> None:
    """Whatever a code begins with, a spreadsheet takes it for text."""
    (each,) = recorded([entry(Kind.READ, agency=prefix + rest, official=prefix)])
    (cells,) = rows(Csv().entry(each))

    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in cells)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_row_has_a_cell_for_each_column(text: str) -> None:
    """Commas, quotes and line breaks in an entry move no cell."""
    (each,) = recorded([entry(Kind.READ, agency=text, reason=text)])
    head, cells = rows(Csv().head(), Csv().entry(each))

    assert head == list(COLUMNS)
    assert len(cells) == len(COLUMNS)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_a_valid_audit_event(kind: Kind) -> None:
    """FHIR's own model accepts the resource, and it says of which kind the entry is."""
    event = entry(kind, exchange_id="exchange-1", purpose="p", result="released", reason="r")
    parsed = resource(event)

    assert parsed.id == event.id
    assert kind.value in {each.code for each in parsed.subtype}
    assert parsed.action == SHAPES[kind].action


def test_a_release_is_a_privacy_disclosure() -> None:
    """BALP asks for source, recipient, person, and a report of each registry; the person authorises."""
    shown = resource(RELEASE)
    agents = [each.type.coding[0].code for each in shown.agent]

    assert shown.meta.profile == [DISCLOSURE]
    assert (shown.type.code, shown.action, shown.outcome) == ("110106", "R", "0")
    assert "disclose" in {each.code for each in shown.subtype}
    assert agents == ["110153", "110152", "IRCP", "429577009"]
    assert shown.agent[0].who.display == shown.source.observer.display
    assert [each.type.code for each in shown.entity] == ["1", "2", "2", "2"]
    assert shown.entity[0].what.identifier.value == "person-1"


def test_a_registrys_report_names_fields_ground_and_transaction() -> None:
    """What the bus's own record is found by stands there, too."""
    shown = resource(RELEASE)
    details = {each.type: each.valueString for each in shown.entity[1].detail}

    assert details["fields"] == "health.needs_care"
    assert details["citation"] == "Art. 11"
    assert details["transaction"] == "uxp-1"


def test_a_refusal_is_no_success() -> None:
    """The reason stands as the outcome's description."""
    refusal = entry(Kind.REFUSAL, purpose="p", result="refused", reason="consent-withdrawn")
    shown = resource(refusal)

    assert (shown.outcome, shown.outcomeDesc) == ("4", "consent-withdrawn")


def test_the_end_tells_a_whole_export_from_a_broken_one() -> None:
    """In each format, with the entry behind which to go on."""
    jsonl = [json.loads(JsonLines().end(end))["end"] for end in (DONE, BROKEN)]
    table = [rows(Csv().end(end))[0] for end in (DONE, BROKEN)]
    fhir = [json.loads(Fhir("log").end(end))["issue"][0] for end in (DONE, BROKEN)]

    assert [end["state"] for end in jsonl] == ["done", "failed"]
    assert jsonl[1]["reason"] == "storage-unavailable"
    assert [row[COLUMNS.index("result")] for row in table] == ["done", "failed"]
    assert {row[COLUMNS.index("kind")] for row in table} == {"end"}
    assert [issue["severity"] for issue in fhir] == ["information", "error"]


def test_an_unknown_format_is_none() -> None:
    """There are three."""
    with pytest.raises(KeyError):
        format_of("pdf", "log")


def test_every_kind_has_its_shape() -> None:
    """No kind of entry is left out of the FHIR view."""
    assert SHAPES.keys() == set(Kind)


def test_an_entry_without_a_person_names_none() -> None:
    """The operator's own acts are about nobody."""
    shown = resource(Event(Kind.KEY, RELEASE.at, result="rotated"))

    assert shown.entity[0].type.code == "2"

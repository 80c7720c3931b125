"""Writing an answer as SOAP: whatever its values, it is one document that the schema accepts."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from audit.log import Receipt
from gateway.answer import Answer
from gateway.web.facades.services import SERVICES
from gateway.web.facades.soap_answer import write_answer
from tests.journeys.bus import envelope

SERVICE = SERVICES["GetSocialHistory"]
VALUES = st.recursive(
    st.text(max_size=20) | st.integers() | st.booleans() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.just("kind"), inner, min_size=1)
    ),
    max_leaves=6,
)


def _answer(value: Any) -> Answer:
    fact = {"source": "health", "value": value, "as_of": "2026-11-24T10:00:00Z"}
    body = {
        "exchange_id": "exchange-1",
        "purpose": "needs-assessment",
        "case": None,
        "contract": {"id": "one", "version": 1, "digest": "sha-256:00"},
        "ground": {"kind": "law", "id": "one:health", "citation": "Law 1"},
        "sources": {"health": {"status": "answered", "as_of": "2026-11-24T10:00:00Z", "took_ms": 3}},
        "fields": {"health.note": fact},
        "withheld": [{"field": "health.other", "reason": "safety"}],
        "conflicts": [{"field": "person.sex", "values": [fact, fact]}],
        "sealed": {"format": "jwe", "value": "ey…", "fields": ["health.sealed"]},
    }
    return Answer(body, Receipt("demo/log", 7, bytes(32), "promise"))


def _written(value: Any) -> etree._Element:
    content = write_answer(_answer(value), etree.fromstring(envelope())[0], SERVICE.code)
    return etree.fromstring(content)[1][0]


@given(VALUES)
def test_any_value_is_written_as_the_schema_has_it(value: Any) -> None:
    """Text with control characters, nested records, lists and dates alike."""
    schema = etree.XMLSchema(etree.parse(SERVICE.schema))

    assert schema.validate(_written(value)), schema.error_log


def test_values_keep_their_kinds() -> None:
    """A list is several values, a record has members, and each text says what it is."""
    found = _written(({"kind": "cash", "quantity": 660000}, date(2026, 1, 15), True))
    kinds = [value.get("type") for value in found.iterfind("{*}field/{*}fact/{*}value")]
    members = {member.get("name"): member.findtext("{*}value/{*}text") for member in found.iter("{*}member")}

    assert kinds == ["record", "date", "boolean"]
    assert members["quantity"] == "660000"

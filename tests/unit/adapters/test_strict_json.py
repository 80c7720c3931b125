"""JSON that two readers could understand differently is refused."""

from __future__ import annotations

import json

import pytest

from adapters.protocols.strict_json import UnreadableError, read_json


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"rnokpp":"1","rnokpp":"2"}', "duplicate-member"),
        (b'[{"a":{"b":1,"b":1}}]', "duplicate-member"),
        (b'{"a":1,"\\u0061":1}', "duplicate-member"),
        (b'{"a":NaN}', "not-a-number"),
        (b'{"a":-Infinity}', "not-a-number"),
        (b'{"a":1e400}', "not-a-number"),
        (b"[" * 33 + b"]" * 33, "too-deep"),
        (b"[" * 300 + b"]" * 300, "too-deep"),
        (b"[" * 100_000 + b"]" * 100_000, "not-json"),
        (b'{"a":"\xff"}', "not-json"),
        (b'{"a":"\\ud800"}', "not-json"),
        (b'{"a":"line\nbreak"}', "not-json"),
        (b'{"a":1} {"a":2}', "not-json"),
        (b'{"a":' + b"9" * 5000 + b"}", "not-json"),
        ('{"a":1}'.encode("utf-16"), "not-json"),
        (b"", "not-json"),
    ],
)
def test_a_dubious_document_is_refused(body: bytes, code: str) -> None:
    """A document that is not plainly one thing raises a code."""
    with pytest.raises(UnreadableError) as refusal:
        read_json(body)

    assert str(refusal.value) == code


def test_a_refusal_holds_nothing_of_the_text() -> None:
    """The error of a broken document quotes none of it."""
    with pytest.raises(UnreadableError) as refusal:
        read_json('{"name": "Канарейка", }'.encode())

    assert "Канарейка" not in repr(refusal.value)
    assert refusal.value.__suppress_context__


def test_an_ordinary_document_is_read() -> None:
    """Text, numbers, truth and null come out as they stand, a BOM and escapes included."""
    document = read_json(b'\xef\xbb\xbf{"a":["\\u0410",1,true,null,{"b":1.5}]}')

    assert document == {"a": ["А", 1, True, None, {"b": 1.5}]}


@pytest.mark.parametrize(
    "body", [b'{"a": 1}', b'{"a":1.10}', b'{"a":1E2}', b'{"a":-0}', b"null", b'{"a":"\\/"}']
)
def test_another_hand_is_read_alike(body: bytes) -> None:
    """Blanks, escapes and numbers that we would write otherwise are no fault."""
    document = read_json(body)

    assert document == json.loads(body)


def test_many_brackets_side_by_side_are_not_depth() -> None:
    """A long flat list is read whatever the number of its brackets."""
    found = len(read_json(b"[" + b",".join([b"{}"] * 100) + b"]"))

    assert found == 100

"""JSON as registries may send it: no duplicate members, no NaN, no depth, no lone surrogates.

RFC 8259 §4 leaves duplicates to the reader, and two readers that choose differently see two people.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any, Final, NoReturn

import orjson

DEPTH: Final = 32


class UnreadableError(Exception):
    """Bytes that are not an acceptable document. Holds a code, never the bytes."""


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(members)
    if len(record) != len(members):
        raise UnreadableError("duplicate-member")
    return record


def _no_constant(_: str) -> NoReturn:
    raise UnreadableError("not-a-number")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise UnreadableError("not-a-number")
    return number


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, strict=True
)


def read_json(body: bytes) -> Any:
    """Read one JSON text in UTF-8 (a BOM is tolerated). Raises `UnreadableError`."""
    try:
        document = _read_plain(body)
        if document is None:
            document = _read_strictly(body)
    except (ValueError, RecursionError):
        raise UnreadableError("not-json") from None
    # Brackets bound the depth from above, so an ordinary answer is never walked.
    if body.count(b"[") + body.count(b"{") > DEPTH:
        _check_depth(document)
    return document


def _read_plain(body: bytes) -> Any:
    """Give a document that we would write in the very same bytes; None for any other.

    Where nothing was dropped and nothing turned into something else, there was nothing to be strict with.
    """
    try:
        document = orjson.loads(body)
        return document if orjson.dumps(document) == body else None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _read_strictly(body: bytes) -> Any:
    text = body.removeprefix(BOM_UTF8).decode()
    document = DECODER.decode(text)
    if "\\u" in text:
        json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate fails here, not later
    return document


def _check_depth(document: Any) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise UnreadableError("too-deep")
        level = [
            inner
            for node in level
            if isinstance(node, (dict, list))
            for inner in (node.values() if isinstance(node, dict) else node)
        ]

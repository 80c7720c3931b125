"""Receipts against the log: who holds one can show that it was broken."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from audit import promise
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.verify import verify
from tests.unit.audit.folders import (
    FORGER,
    VKEY,
    every_entry,
    found,
    write_log,
)
from tests.unit.audit.records import SIGNER


def receipt(
    folder: Path, index: int = 1, exchange_id: str = "exchange-0", signer: Signer = SIGNER
) -> dict[str, object]:
    """Give the receipt of a release as an answer carries it."""
    leaf = leaf_hash(every_entry(folder)[index])
    return {
        "origin": signer.name,
        "index": index,
        "leaf_hash": b64encode(leaf).decode(),
        "promise": promise.sign(signer, exchange_id, leaf),
        "exchange_id": exchange_id,
    }


def test_a_receipt_of_this_log_holds(honest: Path) -> None:
    """Receipts whose entries are at their indexes are counted and fine."""
    report = verify(honest, [receipt(honest), receipt(honest, 3, "exchange-1")], VKEY)

    assert report.ok
    assert report.receipts == 2


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"origin": "other.example/log"}, "receipt-of-another-log"),
        ({"index": 600}, "receipt-not-in-log"),
        ({"index": -1}, "receipt-malformed"),
        ({"index": True}, "receipt-malformed"),
        ({"index": "1"}, "receipt-malformed"),
        ({"index": 3}, "receipt-for-another-entry"),
        ({"leaf_hash": "!"}, "receipt-malformed"),
        ({"leaf_hash": None}, "receipt-malformed"),
        ({"leaf_hash": b64encode(bytes(32)).decode()}, "receipt-not-signed"),
        ({"promise": "AAAA"}, "receipt-not-signed"),
        ({"exchange_id": "exchange-1"}, "receipt-not-signed"),
        ({"exchange_id": None}, "receipt-malformed"),
        ({"exchange_id": "\ud800"}, "receipt-not-signed"),
        ({"exchange_id": "x" * 70_000}, "receipt-not-signed"),
    ],
)
def test_a_receipt_that_does_not_fit_is_named(honest: Path, changed: dict[str, object], what: str) -> None:
    """A receipt of another log, index, entry or exchange, or with a forged promise, is a problem."""
    report = verify(honest, [receipt(honest) | changed], VKEY)

    assert found(report)[1] == what


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ((0, "exchange-0", SIGNER), "receipt-for-another-exchange"),
        ((1, "exchange-1", SIGNER), "receipt-for-another-exchange"),
        ((1, "exchange-0", FORGER), "receipt-not-signed"),
        ((1, "exchange-0", Signer.of("other.example/log", bytes(32))), "receipt-of-another-log"),
    ],
)
def test_a_promise_broken_by_the_log_is_named(honest: Path, made: tuple[int, str, Signer], what: str) -> None:
    """A well-signed promise for what is no release of that exchange convicts the log."""
    report = verify(honest, [receipt(honest, *made)], VKEY)

    assert found(report)[1] == what


def test_a_receipt_for_an_entry_that_was_dropped_is_named(honest: Path, tmp_path: Path) -> None:
    """When the operator signs a log without an entry, whoever holds its receipt can show it."""
    entries = every_entry(honest)
    write_log(tmp_path, [entries[0], *entries[2:]])
    report = verify(tmp_path, [receipt(honest)], VKEY)

    assert "receipt-for-another-entry" in {problem.what for problem in report.problems}

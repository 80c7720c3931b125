"""What anybody checks without network, database or settings: a pack of evidence, a person's statement."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.event import Event
from audit.note import Verifier
from audit.pack import PackReport
from audit.proof import Proof
from gateway.commands.settling import plain


@dataclass(slots=True)
class StatementReport:
    """What became of each line of a statement: proved, held back by law, or wrong."""

    origin: str = ""
    key_given: bool = False
    proved: list[int] = field(default_factory=list)
    held_back: int = 0
    wrong: list[str] = field(default_factory=list)


def check_statement(path: Path, key: str | None) -> StatementReport:
    """Check a statement (`POST /v1/statements`, saved as JSON) line by line.

    A line is proved when its entry is in the signed log and says what the line says of exchange, time,
    agency, purpose and outcome. ValueError where the file is no statement.
    """
    statement = json.loads(path.read_text("utf-8"))
    try:
        lines, verifier = list(statement["lines"]), Verifier.parse(key or str(statement["log"]["key"]))
    except (KeyError, TypeError):
        raise ValueError("not-a-statement") from None
    report = StatementReport(verifier.name, key is not None)
    for number, line in enumerate(lines, 1):
        proof = line.get("proof")
        if not proof or not proof.get("entry"):
            report.held_back += 1
            continue
        try:
            index = _proved(line, verifier)
        except (ValueError, KeyError, TypeError) as error:
            report.wrong.append(f"line {number}: {getattr(error, 'code', 'malformed')}")
        else:
            report.proved.append(index)
    return report


def _proved(line: dict[str, Any], verifier: Verifier) -> int:
    entry = b64decode(line["proof"]["entry"], validate=True)
    proof = Proof.parse(line["proof"]["tlog_proof"])
    proof.opened(verifier, entry)
    event = Event.parse(entry)
    said = (line["exchange_id"], line["who"]["agency"], line["why"]["purpose"], line["outcome"])
    if said != (event.exchange_id, event.agency, event.purpose, event.result):
        raise ValueError("line-differs-from-entry")
    return proof.index


def statement_words(report: StatementReport) -> list[str]:
    """Say what a check of a statement found."""
    words = [f"{plain(report.origin)}: {len(report.proved)} line(s) proved"]
    if report.held_back:
        words.append(f"{report.held_back} line(s) of which the law holds a part back have no proof yet")
    if not report.key_given:
        words.append("the key came from the statement itself: compare it over another channel, or give --key")
    return [*words, *(f"NOT PROVED: {plain(each)}" for each in report.wrong)]


def pack_words(report: PackReport) -> list[str]:
    """Say what a check of a pack found."""
    words = [f"{plain(report.origin)}: {report.entries} entries of a log of {report.size}"]
    if not report.key_given:
        words.append("the key came from the pack itself: compare it over another channel, or give --key")
    if report.ok:
        return [*words, "verified: every entry is in the log, and the pack is as it was sealed"]
    return [*words, *(f"NOT VERIFIED: {what} at {plain(where)}" for what, where in report.problems)]

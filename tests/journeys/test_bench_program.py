"""`obmin audit` and `obmin people` as auditors and operators type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.house import CASE, MARIA, House
from tests.journeys.oversight import ME, acquainted
from tests.journeys.program import call

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def audit(house: House, *arguments: str | Path) -> str:
    """Run a command of `obmin audit` on the house's own deployment; give what it printed."""
    ended = await call("audit", *arguments, "--data", house.demo.folder)
    assert ended.code == 0, ended.err
    return ended.out


async def test_a_finding_is_judged_and_its_note_read_by_two(common: House) -> None:
    """Look, judge with a note, ask, agree, read: each by one command."""
    await acquainted(common)
    found = json.loads(await audit(common, "findings", "--state", "open", "--json"))[0]
    note = ("--verdict", "confirmed", "--official", "anna", "--code", "own-family", "--note", "сестра")
    judged = await audit(common, "judge", found["id"], *note)
    event = (await common.events(kind="finding", outcome="confirmed"))[0]["id"]
    why = ("--official", "anna", "--reason", "complaint-17")
    request = (await audit(common, "unseal", "request", event, *why)).strip()
    approved = await audit(common, "unseal", "approve", request, "--official", "borys")
    read = await audit(common, "unseal", "open", request, "--official", "anna")

    assert (found["rule"], found["official"]) == ("acquainted", "worker-17")
    assert (judged, approved, read) == ("confirmed\n", "approved\n", "сестра\n")


async def test_a_pack_of_evidence_is_made_and_verified(common: House, tmp_path: Path) -> None:
    """What `evidence` writes `verify` accepts, and says what is wrong once it was changed."""
    await common.ask()
    pack = tmp_path / "pack"
    made = await audit(common, "evidence", pack, "--case", CASE)
    whole = await call("audit", "verify", pack)
    (pack / "summary.txt").write_text("nothing happened\n", "utf-8")
    changed = await call("audit", "verify", pack)

    assert "entries in" in made
    assert whole.code == 0
    assert "verified: every entry is in the log" in whole.out
    assert changed.code == 1
    assert "file-differs at summary.txt" in changed.out


async def test_a_statement_is_checked_line_by_line(common: House, tmp_path: Path) -> None:
    """Saved as it came it is proved; a line that was changed is named."""
    await common.ask()
    statement = await common.post("/v1/statements", {"subject": ME}, "person-portal")
    whole, changed = tmp_path / "statement.json", tmp_path / "changed.json"
    whole.write_text(statement.text, "utf-8")
    changed.write_text(statement.text.replace('"agency":"case-system"', '"agency":"partner"'), "utf-8")
    proved, refused = await call("audit", "statement", whole), await call("audit", "statement", changed)

    assert proved.code == 0
    assert "line(s) proved" in proved.out
    assert refused.code == 1
    assert "NOT PROVED: line 1" in refused.out


async def test_a_broken_off_export_is_taken_up_again(common: House, tmp_path: Path) -> None:
    """The file of the second try is the file that one try would have written."""
    await common.ask()
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    wanted = ("--format", "csv", "--case", CASE)
    await audit(common, "entries", first, *wanted)
    lines = first.read_bytes().splitlines(keepends=True)
    (tmp_path / "second.csv.part").write_bytes(b"".join(lines[:3]) + lines[3][:20])
    await audit(common, "entries", second, *wanted, "--resume")

    assert second.read_bytes().splitlines()[:-1] == first.read_bytes().splitlines()[:-1]
    assert MARIA not in first.read_text("utf-8")


async def test_people_are_held_and_named_when_their_time_is_over(common: House) -> None:
    """A hold is placed and lifted by pseudonym or number; nobody of the demo is due."""
    folder = ("--data", common.demo.folder)
    citation = ("--citation", "Ухвала № 17", "--official", "olha")
    placed = await call("people", "hold", f"rnokpp:{MARIA}", *citation, *folder)
    order = ("--ground", "court-order", "--official", "olha")
    held = await call("people", "erase", f"rnokpp:{MARIA}", *order, *folder)
    lifted = await call("people", "lift", placed.out.strip(), "--official", "olha", *folder)
    due = await call("people", "retention", *folder)

    assert (held.code, held.err.strip()) == (1, "legal-hold")
    assert lifted.out == "lifted\n"
    assert due.out == "nobody's time is over\n"

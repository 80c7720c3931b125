"""A record read in stretches by several processes: what is found is what one reader finds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint
from audit.cosignature import Cosigner
from audit.event import Kind
from audit.note import Signer
from audit.policy import Policy
from audit.report import Report
from audit.tiles import tile_path
from audit.verify import verify
from tests.unit.audit.folders import (
    HEADS,
    SECOND,
    SIZE,
    VKEY,
    altered,
    entries_of,
    every_entry,
    heads_of,
    rewrite,
    story,
    write,
    write_heads,
    write_log,
)
from tests.unit.audit.records import NOW, SIGNER, event

WITNESS = Cosigner.of("w.example", bytes(32))
OTHER = Signer.of("other.example/log", bytes(range(32)))
POLICY = f"log {SIGNER.verifier}\nwitness w {WITNESS.public}\nquorum w\n"


def both(folder: Path) -> tuple[Report, Report]:
    """Check a log with one process, and with two that read a tile at a time."""
    return verify(folder, vkey=VKEY, processes=1), verify(folder, vkey=VKEY, processes=2, stretch=256)


def test_an_honest_log_passes_in_stretches(honest: Path) -> None:
    """Counts, heads and open intents are the same whoever reads."""
    alone, together = both(honest)

    assert together.ok
    assert together.as_json() == alone.as_json()
    assert together.size == SIZE


def spoil_an_entry(folder: Path) -> None:
    """Change one entry in the second tile."""
    entries = entries_of(folder, 1, 256)
    rewrite(folder, 1, 256, [*entries[:9], altered(entries[9], agency="x"), *entries[10:]])


def spoil_a_tile(folder: Path) -> None:
    """Change the tile above the leaves, from which stretches take their beginning."""
    path = folder / tile_path(1, 0, 2)
    write(path, bytes(32) + path.read_bytes()[32:])


def lose_entries(folder: Path) -> None:
    """Cut the second bundle short."""
    rewrite(folder, 1, 256, entries_of(folder, 1, 256)[:100])


def forge_a_head(folder: Path) -> None:
    """Retain a head of another tree, signed by the log itself."""
    forged = Checkpoint(SIGNER.name, 400, bytes(32)).sign(SIGNER)
    write_heads(folder, list((heads_of(folder) | {400: forged}).values()))


@pytest.mark.parametrize("spoil", [spoil_an_entry, spoil_a_tile, lose_entries, forge_a_head])
def test_what_is_wrong_is_told_the_same(folder: Path, spoil: Callable[[Path], None]) -> None:
    """The report of several readers is the report of one, problem by problem."""
    spoil(folder)
    alone, together = both(folder)

    assert not together.ok
    assert together.as_json() == alone.as_json()


EXCHANGES = asyncio.run(story(400, 0))
READ = event(Kind.READ).canonical()
LATE = event(Kind.READ, at=NOW - timedelta(hours=1)).canonical()


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        (EXCHANGES[:255] + EXCHANGES[257:] + EXCHANGES[255:257], []),
        (EXCHANGES[::2] + EXCHANGES[1::2], ["release-names-other-intent"]),
        (EXCHANGES[1::2] + EXCHANGES[::2], ["release-without-intent"]),
        (EXCHANGES[:600] + EXCHANGES[:2] + EXCHANGES[600:], ["release-names-other-intent"]),
        ([EXCHANGES[0], READ, *EXCHANGES[2:], EXCHANGES[0]], ["intent-twice"]),
        ([*EXCHANGES[:600], LATE, *EXCHANGES[600:]], ["time-runs-back"]),
        ([event(Kind.READ, at=NOW + SECOND).canonical(), *EXCHANGES], []),
    ],
    ids=["end-far-away", "ends-in-others", "ends-first", "told-again", "begun-again", "late", "in-time"],
)
def test_stories_that_cross_stretches_are_told_the_same(
    tmp_path: Path, entries: list[bytes], found: list[str]
) -> None:
    """Whatever a stretch could not know alone is found when it is put to the ones before."""
    write_log(tmp_path, entries)
    alone, together = both(tmp_path)

    assert together.as_json() == alone.as_json()
    assert {problem.what for problem in together.problems} >= set(found)


def test_with_a_policy_the_witnessed_part_is_told(honest: Path, tmp_path: Path) -> None:
    """The newest head with a quorum says up to where witnesses have seen the log."""
    write_log(tmp_path, every_entry(honest), HEADS)
    notes = heads_of(tmp_path)
    body = notes[512].partition("\n\n")[0] + "\n"
    write_heads(tmp_path, list((notes | {512: notes[512] + WITNESS.cosign(body, 7)}).values()))
    report = verify(tmp_path, policy=Policy.parse(POLICY), processes=2, stretch=256)

    assert report.ok
    assert (report.witnessed, report.key_given) == (512, True)


def test_without_a_witness_the_policy_is_not_met(honest: Path) -> None:
    """A log that no witness has seen fails a policy that asks for one."""
    report = verify(honest, policy=Policy.parse(POLICY))

    assert [problem.what for problem in report.problems] == ["no-quorum"]


def test_a_log_that_the_policy_does_not_know_is_refused(honest: Path) -> None:
    """A policy that names other logs does not let this one pass under its own key."""
    policy = Policy.parse(POLICY.replace(VKEY, str(OTHER.verifier)))
    report = verify(honest, policy=policy)

    assert report.first is not None
    assert report.first.what == "log-not-in-policy"

"""`kill -9` at every point of a witness's judgement: what it cosigned it remembers, and never contradicts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.witnessing import OTHERS, ask, witness_at

RUNS = 50 if os.environ.get("OBMIN_FAULTS") == "full" else 2
POINTS = ["CREATE TABLE", "BEGIN IMMEDIATE", "SELECT size", "INSERT INTO heads", "COMMIT"]


def run_until_killed(state: Path, statement: str, when: str, skip: int) -> int:
    """Let a witness cosign until it dies; give the largest size that it said it had cosigned."""
    command = [sys.executable, "-m", "tests.faults.witnessing", str(state), statement, when, str(skip)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return max(map(int, done.stdout.split()), default=0)


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("statement", POINTS)
def test_a_killed_witness_has_forgotten_nothing(tmp_path: Path, statement: str, when: str, run: int) -> None:
    """After a restart it is at least where it said it was, and refuses another history from there."""
    told = run_until_killed(tmp_path / "heads.db", statement, when, 1 + run)
    witness = witness_at(tmp_path / "heads.db")
    behind = ask(witness, 0, 59)
    remembered = int(behind.body)
    fork = ask(witness, remembered, 59, OTHERS)
    further = ask(witness, remembered, 59)

    assert behind.status == 409
    assert told <= remembered <= told + 1
    assert (fork.status, further.status) == (422, 200)

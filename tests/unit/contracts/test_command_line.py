"""`obmin contracts`: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.commands.contracts import contracts
from tests.unit.contracts.samples import GRANT, NEEDS_FILE, write_library

RUNNER = CliRunner()


def test_a_sound_library_passes() -> None:
    """The shipped contracts have no faults: it says so, exit 0."""
    result = RUNNER.invoke(contracts, ["lint"])

    assert (result.exit_code, result.output) == (0, "nothing wrong\n")


def test_lint_names_file_line_and_remedy(tmp_path: Path) -> None:
    """A fault is one line that an editor can jump to, exit 1."""
    path = tmp_path / "contract.toml"
    path.write_text(NEEDS_FILE.replace('"border.abroad"', '"border.abrod"'), encoding="utf-8")
    result = RUNNER.invoke(contracts, ["lint", str(path)])

    assert result.exit_code == 1
    assert f'{path}:74: unknown field "border.abrod"; did you mean "border.abroad"?' in result.output


def test_lint_reads_a_whole_folder_as_json(tmp_path: Path) -> None:
    """A folder is read with its own vocabulary, and the faults come as JSON for other programs."""
    folder = write_library(tmp_path, NEEDS_FILE.replace("version = 1", "version = 0"))
    result = RUNNER.invoke(contracts, ["lint", str(folder), "--json"])
    (fault,) = json.loads(result.output)

    assert result.exit_code == 1
    assert (fault["file"], fault["line"]) == (str(folder / "a.toml"), 6)
    assert fault.keys() == {"file", "line", "wrong", "mend"}


def test_list_names_every_contract() -> None:
    """The list has each contract with its purpose."""
    result = RUNNER.invoke(contracts, ["list", "--json"])
    listed = json.loads(result.output)

    assert result.exit_code == 0
    assert {contract["purpose"] for contract in listed} == {
        "needs-assessment",
        "crisis-intervention",
        "violence-response",
        "service-referral",
        "assessment-contribution",
    }
    assert GRANT.contract.digest in {contract["digest"] for contract in listed}


def test_show_tells_what_may_be_asked_on_which_ground() -> None:
    """The page of a contract names its fields, which leave sealed, and the law."""
    result = RUNNER.invoke(contracts, ["show", GRANT.contract.id])

    assert result.exit_code == 0
    assert "health.disability_group" in result.output
    assert "sealed" in result.output
    assert "Law 2801-XII art. 24-2(2)" in result.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "no-such-contract"], 1),
        (["list", "--library", "/nowhere"], 1),
        (["lint", "/nowhere/contract.toml"], 1),
        (["show"], 2),
        (["lint", "--no-such-option"], 2),
    ],
)
def test_what_cannot_be_done_has_its_exit_code(arguments: list[str], code: int) -> None:
    """Refused or failed is 1, wrong usage is 2."""
    result = RUNNER.invoke(contracts, arguments)

    assert result.exit_code == code

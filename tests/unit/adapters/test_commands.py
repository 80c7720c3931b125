"""`obmin adapters` and `obmin simulate`: what they print, and how they end."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from adapters.catalog import FOLDER, find_registries
from config.settings import PACKAGE
from contracts.loader import load_library
from contracts.vocabulary import Field
from gateway.commands.adapters import adapters
from gateway.commands.simulate import simulate

SIMULATE = typer.Typer()
SIMULATE.command()(simulate)


def test_the_catalog_is_listed_for_programs() -> None:
    """The JSON of the list holds every registry with its protocol and fields."""
    result = CliRunner().invoke(adapters, ["list", "--json"])
    listed = {entry["source"]: entry for entry in orjson.loads(result.stdout)}

    assert result.exit_code == 0
    assert listed.keys() == find_registries().keys()
    assert listed["border"]["needs"] == [["name"]]


def test_the_catalog_is_listed_for_people() -> None:
    """The table names the registries in Ukrainian."""
    result = CliRunner().invoke(adapters, ["list"])

    assert result.exit_code == 0
    assert "ehealth-rest" in result.stdout


def test_a_registry_is_tried() -> None:
    """Each check of the bar is a line, and all passed is exit 0."""
    result = CliRunner().invoke(adapters, ["test", "donors", "--json"])
    verdicts = orjson.loads(result.stdout)

    assert result.exit_code == 0
    assert {verdict["check"] for verdict in verdicts} >= {"samples", "wrong-person", "huge"}
    assert all(verdict["passed"] for verdict in verdicts)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_unreachable_test_bench_fails(unused_tcp_port: int) -> None:
    """A registry that cannot be reached fails its checks: exit 1, each with its reason."""
    result = CliRunner().invoke(
        adapters, ["test", "donors", "--against", f"http://127.0.0.1:{unused_tcp_port}"]
    )

    assert result.exit_code == 1
    assert "FAILED  samples        SourceUnavailableError unreachable" in result.stdout


@pytest.mark.parametrize("arguments", [["test", "nowhere"], ["test"], ["tell"]])
def test_wrong_usage_of_the_catalog_is_told_apart(arguments: list[str]) -> None:
    """An unknown registry or command is exit 2."""
    code = CliRunner().invoke(adapters, arguments).exit_code

    assert code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere"],
        ["--fault", "donors=tired"],
        ["--fault", "nowhere=down"],
        ["--fault", "down"],
        ["--delay", "-1"],
    ],
)
def test_wrong_usage_of_the_simulation_is_told_apart(arguments: list[str]) -> None:
    """An unknown registry or fault is exit 2, before anything listens."""
    code = CliRunner().invoke(SIMULATE, arguments).exit_code

    assert code == 2


def draft(name: str, like: str, folder: Path) -> Result:
    """Draft a registry from the WSDL of one of ours."""
    wsdl = FOLDER / like / "samples" / "service.wsdl"
    return CliRunner().invoke(adapters, ["new", name, "--wsdl", str(wsdl), "--folder", str(folder)])


def test_a_registry_is_drafted(tmp_path: Path) -> None:
    """From a WSDL a folder is written, what to look at is named, and it passes the bar as it is."""
    drafted = draft("crossings", "border", tmp_path)
    tried = CliRunner().invoke(adapters, ["test", "crossings", "--folder", str(tmp_path), "--json"])

    assert drafted.exit_code == 0
    assert "manifest.toml:4: ground" in drafted.stdout
    assert tried.exit_code == 0, tried.stdout


def test_the_words_of_a_draft_are_taken_in(tmp_path: Path) -> None:
    """What is written for the contracts' vocabulary is a file of it as it stands."""
    draft("crossings", "border", tmp_path)
    library = Path(shutil.copytree(PACKAGE / "contracts" / "library", tmp_path / "library"))
    shutil.copy(tmp_path / "crossings" / "words.toml", library / "vocabulary" / "sources" / "crossings.toml")
    vocabulary = load_library(library)[0]

    assert "crossings" in vocabulary.fields[Field("crossings.abroad")].sources
    assert "crossings" in vocabulary.fields[Field("person.birth_date")].sources


def test_a_draft_overwrites_nothing(tmp_path: Path) -> None:
    """A folder that is there is left alone: exit 1."""
    (tmp_path / "crossings").mkdir()
    result = draft("crossings", "border", tmp_path)

    assert result.exit_code == 1
    assert "is there already" in result.stderr


def test_several_operations_are_listed(tmp_path: Path) -> None:
    """Where a description has several operations, the choice is named: exit 1."""
    result = draft("works", "employment", tmp_path)

    assert result.exit_code == 1
    assert "choose with --operation: GetEmploymentAnswer, SubmitEmploymentQuery" in result.stderr


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_must_be_mended_is_said(unused_tcp_port: int) -> None:
    """A failed check comes with a sentence for the registry's owner, in either language."""
    address = f"http://127.0.0.1:{unused_tcp_port}"
    result = CliRunner().invoke(adapters, ["test", "donors", "--against", address, "--language", "uk"])

    assert "→ З'єднання немає. Перевірте адресу, порт і мережевий екран." in result.stdout

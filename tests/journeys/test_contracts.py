"""Contracts as those see them who write them: add a line, have it taken in, find it in the answer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import PACKAGE
from gateway.commands.contracts import contracts
from tests.journeys.house import House, open_house, query_of

CRISIS = query_of(purpose="crisis-intervention")
FILE = "case-system-crisis-intervention.toml"
LINE = '"donors.last_aid_on" = {}\n'


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Give a library of one's own to write in."""
    return Path(shutil.copytree(PACKAGE / "contracts" / "library", tmp_path / "library"))


@pytest.fixture
async def house(library: Path, tmp_path: Path) -> AsyncIterator[House]:
    """Give a gateway that runs on that library."""
    async with open_house(tmp_path / "deployment", contracts=library) as opened:
        yield opened


def _write(library: Path, line: str, version: int) -> None:
    """Do what the README says: raise the version, add a line below the donors' fields."""
    path = library / FILE
    text = path.read_text("utf-8").replace("version = 1", f"version = {version}")
    path.write_text(text.replace(LINE, f"{LINE}{line}\n"), "utf-8")


async def _taken_in(house: House, result: str, count: int) -> dict[str, object]:
    """Tell the running gateway to look again, and wait for what it says of it."""
    os.kill(os.getpid(), signal.SIGHUP)
    while True:
        told = [event for event in await house.events(outcome=result) if event["kind"] == "contract"]
        if len(told) == count:
            return told[-1]
        await asyncio.sleep(0.02)


async def test_a_field_added_to_a_contract_is_in_the_answer(house: House, library: Path) -> None:
    """One line, a lint, SIGHUP: the running gateway gives the field under the new version."""
    before = (await house.ask(CRISIS)).json()
    _write(library, '"donors.aid" = {}', version=2)
    linted = CliRunner().invoke(contracts, ["lint", str(library)])
    told = await _taken_in(house, "in-force", 2)
    after = (await house.ask(CRISIS)).json()

    assert linted.exit_code == 0
    assert "donors.aid" not in before["fields"]
    assert after["fields"]["donors.aid"]["source"] == "donors"
    assert (before["contract"]["version"], after["contract"]["version"]) == (1, 2)
    assert after["contract"]["digest"] != before["contract"]["digest"]
    assert after["contract"]["digest"] in str(told)


async def test_a_sealed_field_added_leaves_sealed_alone(house: House, library: Path) -> None:
    """Marked `sealed`, the same field is in the sealed part and nowhere else."""
    _write(library, '"donors.aid" = { sealed = true }', version=2)
    await _taken_in(house, "in-force", 2)
    answer = (await house.ask(CRISIS)).json()

    assert "donors.aid" not in answer["fields"]
    assert answer["sealed"]["fields"] == ["donors.aid"]
    assert house.opened(answer)["donors.aid"][0]["source"] == "donors"


async def test_a_wrong_word_leaves_the_running_contracts(house: House, library: Path) -> None:
    """A field that is no word of the vocabulary: the lint names file and line, the gateway goes on."""
    _write(library, '"donors.gold" = {}', version=2)
    linted = CliRunner().invoke(contracts, ["lint", str(library)])
    await _taken_in(house, "refused", 1)
    answer = await house.ask(CRISIS)
    number = (library / FILE).read_text("utf-8").splitlines().index('"donors.gold" = {}') + 1

    assert linted.exit_code == 1
    assert f"{FILE}:{number}:" in linted.output
    assert answer.json()["contract"]["version"] == 1


async def test_an_answer_of_an_older_version_is_still_read(house: House, library: Path) -> None:
    """What was given under version 1 is read again as it was."""
    first = (await house.ask(CRISIS)).json()
    _write(library, '"donors.aid" = {}', version=2)
    await _taken_in(house, "in-force", 2)
    again = await house.get(f"/v1/social-history/{first['exchange_id']}")

    assert again.json() == first


async def test_an_agency_sees_its_own_contracts(house: House) -> None:
    """The case system sees what it may ask; another agency sees nothing of it, an auditor all."""
    mine = (await house.get("/v1/contracts")).json()["contracts"]
    one = await house.get(f"/v1/contracts/{mine[0]['id']}")
    foreign = await house.get(f"/v1/contracts/{mine[0]['id']}", "partner")
    audited = (await house.get("/v1/contracts", "auditor")).json()["contracts"]

    assert {contract["consumer"] for contract in mine} == {"case-system"}
    assert one.json() in mine
    assert foreign.status_code == 404
    assert len(audited) >= len(mine) > 1

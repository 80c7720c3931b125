"""A contract changes hands: signed by both parties, activated by two people, explained years later."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from config.settings import PACKAGE
from gateway.commands.contracts import contracts
from tests.journeys.house import House, open_house, query_of

FILE = "case-system-crisis-intervention.toml"
SIGNERS = (
    "case-system.anna-k",
    "case-system.petro-m",
    "registry-holders.olena-h",
    "registry-holders.taras-v",
)
CRISIS = query_of(purpose="crisis-intervention")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Give a gateway of its own, whose contracts are signed by its own people."""
    async with open_house(tmp_path / "deployment") as opened:
        yield opened


async def _obmin(*arguments: str) -> Result:
    """Run `obmin contracts` as a person at a terminal does, beside the running gateway."""
    return await asyncio.to_thread(CliRunner().invoke, contracts, list(arguments))


async def _draft(house: House, folder: Path) -> Path:
    """Write the next version of the crisis contract, which gives one field less."""
    listed = await _obmin("list", "--json", "--library", str(house.demo.folder / "contracts"))
    (digest,) = [
        each["digest"] for each in json.loads(listed.output) if each["purpose"] == "crisis-intervention"
    ]
    text = (house.demo.folder / "contracts" / FILE).read_text("utf-8")
    text = text.replace("version = 1", f'version = 2\nsupersedes = "{digest}"', 1)
    path = folder / "draft.toml"
    path.write_text(text.replace('"border.abroad" = {}\n', '"border.last_direction" = {}\n'), "utf-8")
    return path


def _key(house: House, who: str) -> str:
    return str(house.demo.folder / "keys" / "signatories" / f"{who}.jwk")


async def _sign(house: House, path: Path, *signers: str) -> None:
    for who in signers:
        party, _, signer = who.partition(".")
        signed = await _obmin(
            "sign", str(path), "--party", party, "--signer", signer, "--key", _key(house, who)
        )
        assert signed.exit_code == 0


async def _activate(house: House, path: Path, *operators: str) -> Result:
    by = [word for who in operators for word in ("--by", f"{who}={_key(house, f'operator.{who}')}")]
    return await _obmin("activate", str(path), *by, "--data", str(house.demo.folder))


async def _taken_in(house: House, version: int) -> dict[str, Any]:
    """Ask until the answer comes under a version."""
    while True:
        answer: dict[str, Any] = (await house.ask(CRISIS)).json()
        if answer["contract"]["version"] == version:
            return answer
        await asyncio.sleep(0.05)


async def test_a_signed_version_comes_into_force_and_old_decisions_stay_explained(
    house: House, tmp_path: Path
) -> None:
    """Four signatures and two operators bring a version into force; what was decided before is replayed."""
    before = (await house.ask(CRISIS)).json()
    path = await _draft(house, tmp_path)
    simulated = await _obmin("simulate", str(path), "--data", str(house.demo.folder), "--json")
    await _sign(house, path, *SIGNERS)
    activated = await _activate(house, path, "dmytro-o", "iryna-o")
    os.kill(os.getpid(), signal.SIGHUP)
    after = await _taken_in(house, version=2)
    arguments = ["explain", "--exchange", before["exchange_id"], "--data", str(house.demo.folder)]
    explained = await _obmin(*arguments, "--language", "en")
    (event,) = await house.events(outcome="activated")

    assert activated.exit_code == 0, activated.output
    assert "border.abroad" in before["fields"]
    assert "border.abroad" not in after["fields"]
    assert event["contract"] == after["contract"]["digest"]
    assert ["border", "border.abroad"] in json.loads(simulated.output)[0]["refused"]
    assert explained.exit_code == 0, explained.output
    assert "Replayed, the decision is the recorded one." in explained.output


async def test_a_contract_that_is_not_signed_by_all_never_comes_into_force(
    house: House, tmp_path: Path
) -> None:
    """One signature too few, one operator alone, a key of another's: nothing changes, and it says why."""
    path = await _draft(house, tmp_path)
    await _sign(house, path, *SIGNERS[:3])
    unsigned = await _activate(house, path, "dmytro-o", "iryna-o")
    await _sign(house, path, SIGNERS[3])
    alone = await _activate(house, path, "dmytro-o")
    forged = await _obmin(
        "sign", str(path), "--party", "case-system", "--signer", "anna-k", "--key", _key(house, SIGNERS[2])
    )
    wrong = await _activate(house, path, "dmytro-o", "iryna-o")

    assert "signed for registry-holders by 1 of the two people" in unsigned.output
    assert "activated by the operator by 1 of the two people" in alone.output
    assert forged.exit_code == 0
    assert "the signature of anna-k for case-system does not hold" in wrong.output
    assert (unsigned.exit_code, alone.exit_code, wrong.exit_code) == (1, 1, 1)
    assert (await house.ask(CRISIS)).json()["contract"]["version"] == 1


async def test_a_version_in_force_is_not_activated_again(house: House, tmp_path: Path) -> None:
    """An older or equal version is a replay, and one that names another predecessor is no successor."""
    path = await _draft(house, tmp_path)
    again = tmp_path / "again.toml"
    again.write_text((house.demo.folder / "contracts" / FILE).read_text("utf-8"), "utf-8")
    replayed = await _activate(house, again, "dmytro-o", "iryna-o")
    stranger = tmp_path / "stranger.toml"
    lines = [each for each in path.read_text("utf-8").splitlines() if not each.startswith("supersedes")]
    stranger.write_text("\n".join(lines), "utf-8")
    orphaned = await _activate(house, stranger, "dmytro-o", "iryna-o")

    assert "an older or equal one is not activated" in replayed.output
    assert "it must say supersedes" in orphaned.output


async def test_the_schema_and_datasets_are_public(house: House) -> None:
    """Anybody may read by which rules contracts are written, and what a source holds."""
    schema = (await house.http.get("/schemas/contract.json")).json()
    dataset = (await house.http.get("/schemas/datasets/health")).json()
    nothing = await house.http.get("/schemas/datasets/nowhere")

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert dataset["apiVersion"] == "v3.1.0"
    assert nothing.status_code == 404


async def test_a_contract_is_used_as_often_as_it_allows(tmp_path: Path) -> None:
    """The query beyond the daily volume is refused, and the record says by which rule."""
    library = tmp_path / "library"
    shutil.copytree(PACKAGE / "contracts" / "library", library)
    text = (library / FILE).read_text("utf-8")
    limited = text.replace("minors = true\n", "minors = true\nlimits = { per_minute = 60, per_day = 2 }\n")
    (library / FILE).write_text(limited, "utf-8")
    async with open_house(tmp_path / "deployment", contracts=library) as house:
        statuses = [(await house.ask(CRISIS)).status_code for _ in range(3)]
        reasons = [event["reason"] for event in await house.events(outcome="refused")]

    assert statuses == [200, 200, 403]
    assert reasons == ["volume-exceeded"]


async def test_a_refused_exchange_is_explained_from_the_record_too(house: House) -> None:
    """The entry of a refusal has the contract and what was weighed, so the refusal is made again from it."""
    refused = await house.ask(query_of(official={"id": "worker-99"}))
    exchange = refused.json()["instance"]
    arguments = ["explain", "--exchange", exchange, "--data", str(house.demo.folder), "--language", "en"]
    explained = await _obmin(*arguments)
    (event,) = await house.story(exchange)

    assert event["reason"] == "official-not-on-case"
    assert event["contract"].startswith("sha-256:")
    assert "Replayed, the decision is the recorded one." in explained.output

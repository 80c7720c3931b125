"""Keys turned while people work: what was sealed stays readable, and a key in doubt is a refusal to start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.people import load_people
from gateway.sealing.keys import KeyRing
from tests.journeys.house import House, case_of, query_about
from tests.journeys.program import run


async def test_a_rotation_while_asking_disturbs_nobody(house: House) -> None:
    """Asked before, during and after: all are answered, and every answer is read again afterwards."""
    before = await house.ask()
    database = house.settings.database.url
    rotating = asyncio.create_task(
        run(
            house.demo.folder,
            *("keys", "rotate", "--config", house.demo.settings_file),
            OBMIN_DATABASE__URL=database,
        )
    )
    during = [await house.ask() for _ in range(10)]
    rotated = await rotating
    opened = await house.put("/v1/cases/KYIV-2026-000900", case_of("amir"))
    after = await house.ask(query_about("amir", case="KYIV-2026-000900"))
    answers = [before, *during, after]
    again = [await house.get(f"/v1/social-history/{each.json()['exchange_id']}") for each in answers]

    assert rotated.code == 0, rotated.err
    assert f"version 2: {len(load_people())} re-wrapped, 0 broken" in rotated.out
    assert {answer.status_code for answer in (*answers, opened)} == {200, 201}
    assert [each.json() for each in again] == [each.json() for each in answers]


async def test_a_rotation_is_on_record_and_leaves_nothing_beneath_the_old_key(lite: House) -> None:
    """The record says who rotated and how much; `keys list` counts what is left."""
    config = ("--config", lite.demo.settings_file)
    await run(lite.demo.folder, "keys", "rotate", *config)
    listed = await run(lite.demo.folder, "keys", "list", "--json", *config)
    (event,) = await lite.events(outcome="rotated")

    assert json.loads(listed.out) == {"current": 2, "versions": [1, 2], "to_rewrap": 0}
    assert (event["kind"], event["agency"], event["details"]["broken"]) == ("key", "operator", 0)


def _remove(keys: Path) -> None:
    keys.unlink()


def _open_to_all(keys: Path) -> None:
    keys.chmod(0o644)


def _cut(keys: Path) -> None:
    keys.write_bytes(keys.read_bytes()[:-20])


def _swap(keys: Path) -> None:
    keys.unlink()
    KeyRing.create(keys, "demo.obmin.example/log")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_remove, "missing"),
        (_open_to_all, "readable-by-others"),
        (_cut, "malformed"),
        (_swap, "wrong-keys"),
    ],
)
async def test_a_key_file_in_doubt_is_a_refusal_to_start(
    lite: House, spoil: Callable[[Path], None], code: str
) -> None:
    """One line says what is wrong and what to do, exit 1; nothing is served on a fallback."""
    spoil(lite.settings.keys)
    ended = await run(lite.demo.folder, "serve", "--config", lite.demo.settings_file)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"{code}: ")
    assert ended.err.count("\n") == 1


async def test_a_running_gateway_outlives_its_key_file(lite: House) -> None:
    """What was loaded at start goes on; only the next start asks for the file."""
    _remove(lite.settings.keys)
    answer = await lite.ask()

    assert answer.status_code == 200

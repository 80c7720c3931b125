"""Old keys end, and agencies bring new ones: `obmin keys destroy` and `obmin keys agency`."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

from gateway.agencies import load_agencies
from tests.journeys.house import House
from tests.journeys.program import call, run

LONG_AGO = (1_700_000_000, 1_700_000_000)


def _modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.glob("*.jwk")}


async def test_an_old_key_is_destroyed_once_it_wraps_nothing(lite: House) -> None:
    """After a rotation has settled the old version goes, is on record, and every answer is still read."""
    config = ("--config", lite.demo.settings_file)
    before = (await lite.ask()).json()
    await run(lite.demo.folder, "keys", "rotate", *config)
    os.utime(lite.settings.keys, LONG_AGO)
    destroyed = await run(lite.demo.folder, "keys", "destroy", "1", *config)
    listed = await run(lite.demo.folder, "keys", "list", "--json", *config)
    again = await lite.get(f"/v1/social-history/{before['exchange_id']}")
    (event,) = await lite.events(outcome="destroyed")

    assert destroyed.code == 0, destroyed.err
    assert json.loads(listed.out)["versions"] == [2]
    assert again.json() == before
    assert event["details"] == {"version": 1}


async def test_a_key_in_use_is_not_destroyed(lite: House) -> None:
    """Neither the current version nor one that a rotation has only just left."""
    config = ("--config", lite.demo.settings_file)
    os.utime(lite.settings.keys, LONG_AGO)
    current = await run(lite.demo.folder, "keys", "destroy", "1", *config)
    await run(lite.demo.folder, "keys", "rotate", *config)
    fresh = await run(lite.demo.folder, "keys", "destroy", "1", *config)

    assert (current.code, fresh.code) == (1, 1)
    assert "rotate first" in current.err
    assert "wait ten minutes" in fresh.err


async def test_an_agency_makes_its_own_keys(tmp_path: Path) -> None:
    """What is printed goes into agencies.toml as it stands; the private halves are its owner's alone."""
    made = await call("keys", "agency", "clinic", "--out", tmp_path)
    (tmp_path / "agencies.toml").write_text(made.out, "utf-8")
    (clinic,) = load_agencies(tmp_path / "agencies.toml").values()
    again = await call("keys", "agency", "clinic", "--out", tmp_path)

    assert made.code == 0, made.err
    assert set(clinic.signing) == {"clinic-1"}
    assert clinic.recipient is not None
    assert "d" not in tomllib.loads(made.out)["clinic"]["recipient"]
    assert _modes(tmp_path) == {0o600}
    assert again.code == 1

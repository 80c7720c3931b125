"""Witnesses on real sockets: down, slow, lying, replaying; a log that forked or was put back."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from tests.faults.authorities import (
    KEYS,
    NEVER,
    ODD_KEY,
    OLD,
    Authorities,
    grow,
    newest,
    rounds,
    saying,
    witnessing,
)
from tests.unit.audit.records import prepare


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a record."""
    address = (
        f"sqlite+aiosqlite:///{tmp_path}/record.db"
        if request.param == "sqlite"
        else str(request.getfixturevalue("postgres_database"))
    )
    await prepare(address)
    return address


async def test_a_quorum_of_those_who_answer_is_enough(url: str, authorities: Authorities) -> None:
    """With one of three down, two cosign each head as the log grows; the third is told as silent, once."""
    await authorities.open("a", authorities.honest("a"))
    await authorities.open("b", authorities.honest("b"))
    async with witnessing(url, authorities) as asking:
        await rounds(asking)
        await grow(url, 3)
        first = await rounds(asking)
        await grow(url, 300)
        second = await rounds(asking)
        note = await newest(asking)

    assert (first, second) == (True, True)
    assert set(authorities.policy().cosigned(note)) == {"a", "b"}
    assert note.split("\n")[1] == "303"
    assert authorities.told == [("c", "silent")]


async def test_a_witness_that_comes_back_goes_on_where_it_was(url: str, authorities: Authorities) -> None:
    """What the log remembers of a witness may be wrong; the witness's own size is taken."""
    await authorities.open("a", authorities.honest("a"))
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
        await grow(url, 5)
        await rounds(asking)
        async with asking.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM audit_witness_sizes")
        await grow(url, 7)

        assert await rounds(asking)


STRAY = KEYS["c"].cosign("obmin.example/log\n1\n" + "A" * 43 + "=\n", OLD)


@pytest.mark.parametrize(
    ("third", "code"),
    [
        (NEVER, "silent"),
        (saying(500, "broken"), "refused"),
        (saying(200, ""), "unsigned"),
        (saying(200, "— c.example not-base64\n"), "malformed"),
        (saying(200, STRAY), "bad-signature"),
        (saying(200, ODD_KEY.cosign("x.example\n1\n" + "A" * 43 + "=\n", OLD)), "unsigned"),
        (saying(409, "many\n"), "refused"),
        (saying(409, "1000\n"), "rollback"),
        (saying(422, "fork"), "fork"),
        (saying(302, ""), "refused"),
        (saying(200, "x" * 100_000), "silent"),
    ],
    ids=[
        "slow", "broken", "empty", "torn", "old-cosignature", "other-key", "no-size", "ahead", "fork",
        "redirect", "endless",
    ],
)  # fmt: skip
async def test_a_witness_that_is_wrong_counts_for_none(
    tmp_path: Path, authorities: Authorities, third: ASGIApp, code: str
) -> None:
    """Whatever the third answers, the two others make the quorum, and a code says what was wrong with it."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    await authorities.open("a", authorities.honest("a"))
    await authorities.open("b", authorities.honest("b"))
    await authorities.open("c", third)
    async with witnessing(url, authorities) as asking:
        await rounds(asking)
        await grow(url, 3)
        enough = await rounds(asking)
        note = await newest(asking)

    assert enough
    assert set(authorities.policy().cosigned(note)) == {"a", "b"}
    assert authorities.told == [("c", code)]


async def test_a_cosignature_of_another_time_is_a_replay(tmp_path: Path, authorities: Authorities) -> None:
    """A witness whose cosignature is years old has not looked now."""
    url = f"sqlite+aiosqlite:///{tmp_path}/record.db"
    await prepare(url)
    await authorities.open("a", authorities.honest("a", at=OLD))
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
        await grow(url, 3)
        enough = await rounds(asking)

    assert not enough
    assert ("a", "replayed") in authorities.told


async def test_a_log_put_back_to_an_older_copy_is_found_out(tmp_path: Path, authorities: Authorities) -> None:
    """The witness has seen more than the restored log holds, and says so; no quorum covers it."""
    url, before = f"sqlite+aiosqlite:///{tmp_path}/record.db", tmp_path / "before.db"
    await prepare(url)
    await authorities.open("a", authorities.honest("a"))
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
        await grow(url, 3)
        await rounds(asking)
    shutil.copy(tmp_path / "record.db", before)
    await grow(url, 5)
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
    old = f"sqlite+aiosqlite:///{before}"
    await grow(old, 1)
    async with witnessing(old, authorities, "1") as asking:
        enough = await rounds(asking)

    assert not enough
    assert ("a", "rollback") in authorities.told


async def test_a_forked_log_is_found_out(tmp_path: Path, authorities: Authorities) -> None:
    """Another history under the same key is refused by a witness that has seen the first."""
    first, second = (f"sqlite+aiosqlite:///{tmp_path}/{name}.db" for name in ("first", "second"))
    await authorities.open("a", authorities.honest("a"))
    await asyncio.gather(prepare(first), prepare(second))
    codes = [await witness_once(url, authorities, entries) for url, entries in ((first, 3), (second, 7))]

    assert codes == [True, False]
    assert ("a", "fork") in authorities.told


async def witness_once(url: str, authorities: Authorities, entries: int) -> bool:
    """Let a log grow and have it witnessed by one."""
    async with witnessing(url, authorities, "1") as asking:
        await rounds(asking)
        await grow(url, entries)
        return await rounds(asking)

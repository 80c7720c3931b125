"""The trial of a registry that sends extracts: a good one is taken in whole, a wrong one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final
from weakref import finalize

import httpx
import orjson
from joserfc.jwk import ECKey

from adapters.bench import Bench, Check, Job, personal_values, whom
from adapters.catalog import Entry, build
from adapters.protocols.connection import Connection
from adapters.protocols.drop_serving import Sender
from adapters.protocols.file_drop import SECRET, FileDrop
from adapters.simulation import Kind

NOBODY: Final = httpx.MockTransport(lambda _: httpx.Response(500))
"""Of one that is not asked: nothing is ever sent."""

QUARANTINED: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.FAULT: frozenset({"columns", "unreadable"}),
    Kind.TRUNCATED: frozenset({"not-sealed-to-us"}),
    Kind.GARBAGE: frozenset({"not-sealed-to-us"}),
    Kind.HUGE: frozenset({"too-large"}),
}
"""Why an extract is put aside, for each way in which one that is sent can be wrong."""


def sent_bench(entry: Entry, sender: Sender) -> Bench:
    """Put one on trial over a folder of its own, which goes with the job that sends there."""
    folder, key = Path(mkdtemp(prefix="obmin-")), ECKey.generate_key("P-256")
    finalize(sender, rmtree, folder, ignore_errors=True)
    job = Job(sender, folder, key)
    job.send()
    secret = orjson.dumps(key.as_dict(private=True)).decode()
    connection = Connection(folder.as_uri(), credential=secret, secret=token_bytes(SECRET))
    adapter = build(entry, connection, NOBODY)
    assert isinstance(adapter, FileDrop)  # noqa: S101  what a manifest with a drop is built into
    adapter.intake.run()
    return Bench(entry, adapter, whom(entry), None, job)


async def _extract(bench: Bench) -> str:
    """What lies in the folder is taken in whole; where it is not, the line and why."""
    if not isinstance(bench.adapter, FileDrop):
        return ""
    taken = await asyncio.to_thread(bench.adapter.intake.run)
    return ", ".join(f"quarantined {each.reason} line {each.line}" for each in taken if each.reason)


def _put_aside(kind: Kind) -> Check:
    """Give the check that an extract that is wrong changes nothing, and is put aside without the person."""

    async def check(bench: Bench) -> str:
        adapter, nightly = bench.adapter, bench.nightly
        if not isinstance(adapter, FileDrop) or nightly is None:
            return "cannot be told to misbehave"
        person = bench.people[bench.main].subject()
        before = await bench.adapter.ask(bench.question(person))
        nightly.send(1, kind)
        (taken,) = await asyncio.to_thread(adapter.intake.run)
        after = await bench.adapter.ask(bench.question(person))
        if taken.reason not in QUARANTINED[kind]:
            return taken.reason or "taken in"
        notes = [path.read_text("utf-8") for path in (nightly.folder / "quarantine").glob("*.json")]
        if any(value in note for note in notes for value in personal_values(person)):
            return "tells of the person"
        return "" if before == after else "another answer"

    return check


EXTRACTS: Final[Mapping[str, Check]] = {
    "extract": _extract,
    **{kind.value: _put_aside(kind) for kind in QUARANTINED},
}
"""The checks of one that sends extracts, where they differ from those of one that is asked."""

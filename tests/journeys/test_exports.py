"""The record on its way out: streamed, taken up again, and honest about how far it came."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Event, Kind
from audit.pack import verify_pack
from audit.query import Filter
from contracts.vocabulary import AgencyId
from gateway.app import lay_foundation
from gateway.faults import StorageUnavailableError
from gateway.oversight.exports import Exports
from gateway.storage.engine import Database, now
from tests.journeys.house import CASE, MARIA, House, query_of


async def exported(house: House, agency: str = "auditor", **params: str) -> httpx.Response:
    """Take the record out in some format."""
    return await house.get("/v1/audit/export", agency, **params)


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    """Read JSON Lines."""
    return [json.loads(line) for line in response.text.splitlines()]


async def test_the_record_is_streamed_as_json_lines(house: House) -> None:
    """Every entry that was there when the export began, in order, and an end that says it is whole."""
    await house.ask()
    *entries, end = lines(await exported(house, format="jsonl"))
    recorded = await house.events(kind="export")

    assert [each["index"] for each in entries] == list(range(len(entries)))
    assert end["end"]["state"] == "done"
    assert end["end"]["count"] == len(entries)
    assert [event["result"] for event in recorded] == ["started", "done"]
    assert recorded[1]["details"]["count"] == len(entries)
    assert MARIA not in str(entries)


async def test_an_export_can_be_narrowed(house: House) -> None:
    """The same filters as in a search."""
    await house.ask()
    await house.ask(query_of(purpose="crisis-intervention"))
    *entries, _ = lines(await exported(house, format="jsonl", purpose="crisis-intervention"))

    assert {each["purpose"] for each in entries} == {"crisis-intervention"}


async def test_an_export_is_taken_up_again(lite: House) -> None:
    """Behind the last entry that arrived; nothing comes twice and nothing is missing."""
    await lite.ask()
    *whole, _ = lines(await exported(lite, format="jsonl"))
    *rest, end = lines(await exported(lite, format="jsonl", after="4"))

    assert [each["index"] for each in rest][: len(whole) - 5] == [each["index"] for each in whole[5:]]
    assert end["end"]["state"] == "done"


async def test_a_spreadsheet_gets_csv(lite: House) -> None:
    """A header, a row for each entry, and a row of the kind `end`."""
    await lite.ask()
    response = await exported(lite, format="csv")
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))

    assert response.headers["content-type"].startswith("text/csv")
    assert rows[-1]["kind"] == "end"
    assert rows[-1]["result"] == "done"
    assert {"release", "intent"} <= {row["kind"] for row in rows}


async def test_health_systems_get_audit_events(lite: House) -> None:
    """One FHIR resource a line, and an OperationOutcome at the end."""
    await lite.ask()
    *entries, end = lines(await exported(lite, format="fhir", case=CASE))

    assert {each["resourceType"] for each in entries} == {"AuditEvent"}
    assert end["resourceType"] == "OperationOutcome"
    assert end["issue"][0]["severity"] == "information"


class Failing(Database):
    """A database that goes away after so many readings."""

    readings = 2

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read, as long as it is there."""
        self.readings -= 1
        if self.readings < 0:
            raise StorageUnavailableError
        async with super().reading() as connection:
            yield connection


async def received(stream: AsyncIterator[bytes], pieces: list[bytes]) -> None:
    """Take in a stream piece by piece."""
    async for piece in stream:
        pieces.append(piece)  # noqa: PERF401  what came before it broke off is kept


async def test_an_export_that_fails_says_so(lite: House) -> None:
    """The last line says that it is not whole, the stream breaks off, and that is an entry too."""
    await fill(lite, 1200)
    pieces: list[bytes] = []
    async with lay_foundation(lite.settings) as foundation:
        database = Failing(lite.settings.database.url)
        exports = Exports(database, foundation.log)
        export = await exports.begin(AgencyId("auditor"), "jsonl", Filter(agency="filler"))
        with pytest.raises(StorageUnavailableError):
            await received(exports.stream(export), pieces)
        await database.close()
    *_, end = b"".join(pieces).splitlines()
    recorded = await lite.events(kind="export")

    assert json.loads(end)["end"]["state"] == "failed"
    assert json.loads(end)["end"]["count"] == 1000
    assert [event["result"] for event in recorded] == ["started", "failed"]
    assert recorded[1]["reason"] == "storageunavailable"


async def test_who_hangs_up_is_on_record(lite: House) -> None:
    """An export that nobody took to its end was not done."""
    await fill(lite, 1200)
    async with lay_foundation(lite.settings) as foundation:
        exports = Exports(foundation.database, foundation.log)
        export = await exports.begin(AgencyId("auditor"), "jsonl", Filter(agency="filler"))
        stream = exports.stream(export)
        await anext(stream)
        await stream.aclose()
    recorded = await lite.events(kind="export")

    assert [(event["result"], event["reason"]) for event in recorded] == [
        ("started", ""),
        ("failed", "hung-up"),
    ]


async def test_only_auditors_take_the_record_out(lite: House) -> None:
    """No other role may."""
    assert (await exported(lite, "operator", format="jsonl")).status_code == 403
    assert (await lite.post("/v1/audit/evidence", {"case": CASE}, "operator")).status_code == 403


@pytest.mark.parametrize("params", [{"format": "pdf"}, {"format": "csv", "after": "-1"}])
async def test_a_wrong_export_is_refused(lite: House, params: dict[str, str]) -> None:
    """There are three formats, and places in the log are not negative."""
    assert (await exported(lite, **params)).status_code == 422


async def test_an_evidence_pack_is_checked_offline(house: House, tmp_path: Path) -> None:
    """Everything about a case, each entry with its proof, sealed by the log, readable."""
    await house.ask()
    packed = await house.post("/v1/audit/evidence", {"case": CASE}, "auditor")
    (tmp_path / "pack.tar.gz").write_bytes(packed.content)
    shutil.unpack_archive(tmp_path / "pack.tar.gz", tmp_path, filter="data")
    key = (await house.http.get("/log/key")).text.strip()
    report = verify_pack(tmp_path / "evidence", key)
    summary = (tmp_path / "evidence" / "summary.txt").read_text("utf-8")

    assert report.ok, report.as_json()
    assert report.entries >= 3
    assert "case-system/worker-17  released" in summary
    assert MARIA not in summary


async def test_a_pack_of_nothing_is_not_made(lite: House) -> None:
    """A case that the record does not know has no evidence."""
    unknown = await lite.post("/v1/audit/evidence", {"case": "KYIV-1"}, "auditor")
    whole = await lite.post("/v1/audit/evidence", {}, "auditor")

    assert unknown.status_code == 404
    assert whole.status_code == 422


async def fill(house: House, count: int) -> None:
    """Put many entries on record."""
    async with lay_foundation(house.settings) as foundation:
        events = [Event(Kind.ALARM, now(), agency="filler") for _ in range(count)]
        await asyncio.gather(*(foundation.log.note(event) for event in events))

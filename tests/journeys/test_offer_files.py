"""Many offers in one file: CSV, XLSX, HSDS; all of it or nothing, and every wrong row named."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from tests.journeys.house import House
from tests.journeys.offering import ZHYTOMYR, published

COLUMNS = (
    "external_id",
    "kind",
    "category",
    "title",
    "quantity",
    "areas",
    "criteria.age_from",
    "valid_from",
    "valid_until",
)


def row(number: int, **changes: Any) -> list[Any]:
    """Give one row of a sheet."""
    cells: dict[str, Any] = {
        "external_id": f"row-{number}",
        "kind": "goods",
        "category": "food",
        "title": "Parcel",
        "quantity": 3,
        "areas": ZHYTOMYR,
        "criteria.age_from": "",
        "valid_from": "2026-01-01",
        "valid_until": "31.12.2030",
        **changes,
    }
    return [cells[name] for name in COLUMNS]


def as_csv(rows: Sequence[Sequence[Any]], head: Sequence[str] = COLUMNS) -> bytes:
    """Write a CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode()


def as_xlsx(rows: Sequence[Sequence[Any]]) -> bytes:
    """Write a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in (COLUMNS, *rows):
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def uploaded(house: House, content: bytes, media_type: str = "text/csv") -> dict[str, Any]:
    """Send a file, wait until it is taken or refused, and give what became of it."""
    headers = {**await house.bearer("partner"), "Content-Type": media_type}
    begun = await house.http.post("/v1/offers/imports", content=content, headers=headers)
    assert begun.status_code == 202, begun.text
    shown: dict[str, Any] = begun.json()
    while shown["state"] == "running":
        await asyncio.sleep(0.05)
        shown = (await house.get(begun.headers["Location"], "partner")).json()
    return shown


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
async def test_a_sheet_is_taken_whole(house: House, write: Any) -> None:
    """Three rows make three drafts; the same file again takes nothing twice."""
    content = write([row(number) for number in range(3)])
    first = await uploaded(house, content)
    again = await uploaded(house, content)
    drafts = (await house.get("/v1/offers", "partner")).json()["offers"]

    assert (first["state"], first["rows"], first["taken"], first["errors"]) == ("done", 3, 3, [])
    assert (again["taken"], again["known"]) == (0, 3)
    assert [offer["state"] for offer in drafts] == ["draft"] * 3
    assert drafts[0]["valid_until"] == "2030-12-31"


async def test_a_sheet_with_a_wrong_row_takes_nothing_and_names_each_fault(house: House) -> None:
    """Row, member and reason of each fault are told, and no row is half-taken."""
    rows = [row(1), row(2, quantity=-1), row(3, areas="UA99000000000000000"), row(1)]
    refused = await uploaded(house, as_csv(rows))
    drafts = (await house.get("/v1/offers", "partner")).json()["offers"]

    assert refused["state"] == "refused"
    assert [(fault["row"], fault["pointer"], fault["code"]) for fault in refused["errors"]] == [
        (2, "/quantity", "greater-than-equal"),
        (3, "/areas/0", "unknown-area"),
        (4, "/external_id", "twice-in-this-file"),
    ]
    assert drafts == []


async def test_ten_thousand_rows_are_taken_with_progress(lite: House) -> None:
    """A large file is taken in steps, and is whole at its end."""
    taken = await uploaded(lite, as_csv([row(number) for number in range(10_000)]))

    assert (taken["state"], taken["taken"]) == ("done", 10_000)


async def test_offers_go_out_as_hsds_and_come_back_in(house: House) -> None:
    """What one gateway exports another takes: here the second partner offers the same."""
    await published(house, criteria={"factors": ["war-damage"], "age_from": 18})
    exported = await house.get("/v1/offers/hsds", "partner")
    headers = {**await house.bearer("second-partner"), "Content-Type": "application/json"}
    await house.http.post("/v1/offers/imports", content=exported.content, headers=headers)
    offers = await _drafts_of(house, "second-partner")

    assert offers[0]["criteria"]["factors"] == ["war-damage"]
    assert (offers[0]["quantity"], offers[0]["areas"]) == (40, [ZHYTOMYR])


async def _drafts_of(house: House, partner: str) -> list[dict[str, Any]]:
    offers: list[dict[str, Any]] = []
    while not offers:
        await asyncio.sleep(0.05)
        offers = (await house.get("/v1/offers", partner)).json()["offers"]
    return offers


def _bomb() -> bytes:
    """Give a workbook that unpacks to 200 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<" * 200_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"PK\x03\x04 not a workbook", 422),
        (b"\xff\xfe\x00", 422),
        (as_csv([["x"]], ["surname"]), 422),
        (b"", 422),
    ],
)
async def test_what_is_no_sheet_is_refused(lite: House, content: bytes, status: int) -> None:
    """A broken workbook, another encoding, a column that no form has, nothing at all."""
    refused = await lite.http.post(
        "/v1/offers/imports", content=content, headers=await lite.bearer("partner")
    )

    assert refused.status_code == status


async def test_a_bomb_and_a_huge_upload_are_refused_before_they_are_opened(lite: House) -> None:
    """A workbook that unpacks to 200 MB is not opened; an upload of 200 MB is not read to its end."""
    bearer = await lite.bearer("partner")
    bomb = await lite.http.post("/v1/offers/imports", content=_bomb(), headers=bearer)
    huge = await lite.http.post("/v1/offers/imports", content=b"x" * 200_000_000, headers=bearer)

    assert (bomb.status_code, huge.status_code) == (422, 413)

"""Reports that betray nobody: what a partner is told, and what it cannot find out by asking on."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, text

from gateway.storage.engine import Database
from gateway.storage.offer_tables import allocations
from tests.journeys.house import House
from tests.journeys.offering import ZHYTOMYR, published

OBLASTS = {"UA18": 0.5, "UA32": 0.3, "UA80": 0.19, "UA26": 0.01}
BANDS = ("0-5", "6-17", "18-59", "60+")
FACTORS = ("war-damage", "old-age", "disability")


async def helped(house: House, count: int, seed: int = 7, **fixed: Any) -> str:
    """Put deliveries of 2025 on file as if they had been made; give the offer they are of."""
    offer = await published(house, external_id=f"of-{seed}", quantity=1_000_000)
    dice = random.Random(seed)  # noqa: S311  made-up people
    ref = (await house.stored("SELECT ref FROM subjects LIMIT 1")).split()[0]
    rows = [_delivery(dice, offer, ref, number, fixed) for number in range(count)]
    database = Database(house.settings.database.url)
    try:
        async with database.engine.begin() as connection:
            await connection.execute(insert(allocations), rows)
    finally:
        await database.close()
    return offer


def _delivery(
    dice: random.Random, offer: str, ref: str, number: int, fixed: Mapping[str, Any]
) -> dict[str, Any]:
    oblast = dice.choices(list(OBLASTS), list(OBLASTS.values()))[0]
    return {
        "id": f"{offer[-12:]}-{number:06}",
        "offer_id": offer,
        "agency": "case-system",
        "official": "worker-17",
        "case_id": "-",
        "subject_ref": ref,
        "state": "delivered",
        "quantity": 1,
        "expires_at": 0,
        "promised_at": 1,
        "due_at": 1,
        "accepted": True,
        "counted_on": f"2025-{dice.randint(1, 12):02}-15",
        "partner": "partner",
        "kind": "goods",
        "category": dice.choice(["food", "hygiene"]),
        "person_key": dice.getrandbits(32),
        "age_band": dice.choices(BANDS, [0.05, 0.15, 0.5, 0.3])[0],
        "sex": dice.choice(["female", "male"]),
        "factor": dice.choice(FACTORS),
        "area": f"{oblast}04019001",
        **fixed,
    }


async def told(house: House, template: str, **changes: Any) -> Any:
    """Ask for a table about 2025."""
    body = {"template": template, "first": "2025-01-01", "months": 12, **changes}
    return await house.post("/v1/reports", body, "partner")


async def test_a_report_counts_and_leaves_small_cells_out(house: House) -> None:
    """Oblasts with many are told; what has one to four people is null, and so is what would give it away."""
    await helped(house, 300)
    table = (await told(house, "area-by-age")).json()
    true = await _true_counts(house, "substr(area, 1, 4)", "age_band")
    rows, columns = ([each["code"] for each in table[side]] for side in ("rows", "columns"))
    shown = {
        (row, column): table["figures"][down][across]
        for down, row in enumerate(rows)
        for across, column in enumerate(columns)
    }
    small = {place for place, count in true.items() if 0 < count < 5}

    assert small
    assert all(shown[place] is None for place in small)
    assert all(figure is None or figure == 0 or figure >= 5 for line in table["figures"] for figure in line)
    assert all(abs(shown[place] - count) <= 2 for place, count in true.items() if shown[place] is not None)


async def _true_counts(house: House, row: str, column: str) -> dict[tuple[str, str], int]:
    database = Database(house.settings.database.url)
    try:
        statement = f"SELECT {row}, {column}, COUNT(*) FROM allocations GROUP BY 1, 2"  # noqa: S608
        return {(line[0], line[1]): line[2] for line in map(tuple, await database.fetch(text(statement)))}
    finally:
        await database.close()


async def test_asking_again_gives_the_same_table(house: House) -> None:
    """There is nothing to average out, and what has come since does not show."""
    await helped(house, 200)
    first = (await told(house, "category-by-sex")).json()
    await helped(house, 3, seed=8)
    again = (await told(house, "category-by-sex")).json()

    assert first == again


async def test_a_second_table_that_would_betray_the_difference_is_refused(lite: House) -> None:
    """A year and three of its quarters would tell of the two people of the fourth: the last is refused."""
    await helped(lite, 400, counted_on="2025-05-15", area="UA1804019001")
    await helped(lite, 2, seed=9, counted_on="2025-11-15", area="UA1804019001", age_band="18-59")
    year = await told(lite, "age-by-sex")
    quarter = await told(lite, "age-by-sex", first="2025-04-01", months=3)

    assert year.status_code == 200
    assert quarter.status_code == 409
    assert quarter.json()["type"] == "/problems/difference"


async def test_four_hundred_slightly_different_reports_are_not_to_be_had(lite: House) -> None:
    """Asking for every period and area gives a hundred tables at most, none that tells of a few."""
    await helped(lite, 2_000)
    templates = [
        each["template"] for each in (await lite.get("/v1/reports/templates", "partner")).json()["templates"]
    ]
    asked = [
        {"template": template, "first": f"2025-{month:02}-01", "months": months, "area": area}
        for template in templates
        for area in ("", ZHYTOMYR, "UA18000000000041385", "UA80000000000093317")
        for months, starts in ((1, range(1, 13)), (3, (1, 4, 7, 10)), (12, (1,)))
        for month in starts
    ][:400]
    statuses = [(await lite.post("/v1/reports", body, "partner")).status_code for body in asked]
    given = statuses.count(200)

    assert len(asked) == 400
    assert set(statuses) <= {200, 409, 422, 429}
    assert given <= 100


@pytest.mark.parametrize(
    "changes",
    [
        {"template": "by-name"},
        {"first": "2025-01-02", "months": 1},
        {"first": "2025-02-01", "months": 3},
        {"months": 2},
        {"first": "2030-01-01", "months": 1},
        {"area": "UA99000000000000000"},
    ],
)
async def test_only_fixed_tables_of_calendar_periods_that_are_over_are_told(
    lite: House, changes: dict[str, Any]
) -> None:
    """Another template, an odd period, one that is not over, an unknown area: refused with the member."""
    refused = await told(lite, **{"template": "area-by-age", **changes})

    assert refused.status_code == 422


async def test_too_few_people_are_no_report(lite: House) -> None:
    """Three deliveries in a year are nothing that can be told of."""
    await helped(lite, 3)
    refused = await told(lite, "area-by-age")

    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/too-few-people"


async def test_a_report_comes_as_sheet_and_picture(lite: House) -> None:
    """CSV and XLSX open as text and figures; bars and map have their title as text."""
    await helped(lite, 300)
    body = {"template": "area-by-age", "first": "2025-01-01", "months": 12}
    formats = ("csv", "xlsx", "bars", "map")
    files = {name: await lite.post(f"/v1/reports?format={name}", body, "partner") for name in formats}
    rows = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(files["xlsx"].content))

    assert rows[-1][0] == "Разом"
    assert book.worksheets[0].max_row == len(rows)
    assert all("<title>" in files[name].text for name in ("bars", "map"))
    assert "Житомирська" in files["map"].text


async def test_one_offers_report_is_its_partners_alone(house: House) -> None:
    """Whom an offer has helped, by age and sex; another partner finds no such offer."""
    offer = await helped(house, 300)
    path = f"/v1/offers/{offer}/report"
    own = await house.get(path, "partner", first="2025-01-01", months="12")
    other = await house.get(path, "second-partner", first="2025-01-01", months="12")

    assert own.json()["rows"][0]["code"] == "0-5"
    assert other.status_code == 404


async def test_open_numbers_need_no_token(lite: House) -> None:
    """Anybody may read figures that are about nobody."""
    await helped(lite, 300)
    shown = await lite.http.get("/v1/open-numbers", params={"first": "2025-01-01", "months": 12})

    assert shown.status_code == 200
    assert shown.json()["template"] == "area-by-cluster"

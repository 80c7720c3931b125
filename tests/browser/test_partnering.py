"""The partner's main tasks in a real browser: offer something, answer a request, upload, read a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.offers.sheets import write_csv
from gateway.storage.engine import Database, now
from gateway.storage.offer_tables import unmet_needs
from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW, Screen
from tests.journeys.house import House
from tests.journeys.offering import ZHYTOMYR, published
from tests.journeys.test_partner_cabinet import XSS, delivered_to_many, promised

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "/cabinet/partnering/"
UK: Mapping[str, str] = {"publish": "Зберегти й опублікувати", "accept": "Прийняти", "deliver": "Видано"}
EN: Mapping[str, str] = {"publish": "Save and publish", "accept": "Accept", "deliver": "Delivered"}
HEAD = ["external_id", "kind", "category", "title", "quantity", "areas", "valid_from", "valid_until"]


async def offer_parcels(screen: Screen, button: str) -> None:
    """Fill in what an offer needs, and publish it."""
    await screen.open(f"{HOME}offers/new")
    await screen.page.fill("#title", "Набори 12 кг")
    await screen.page.select_option("#kind", "goods")
    await screen.page.select_option("#category", "food")
    await screen.page.fill("#quantity", "40")
    await screen.page.fill("#areas", "Житомир")
    await screen.look("partner-offer-form")
    await screen.page.click(f"text={button}")


@pytest.mark.parametrize(
    ("language", "words", "width", "javascript"),
    [("uk", UK, NARROW, True), ("en", EN, 1280, False), ("uk", UK, 1280, True)],
)
async def test_an_offer_and_an_answer_are_a_minute(
    served: House,
    screen_of: ScreenOf,
    language: str,
    words: Mapping[str, str],
    width: int,
    *,
    javascript: bool,
) -> None:
    """Offered, found in the table, a request accepted and delivered: with scripts or without."""
    name = f"{language}-{width}"
    screen = await screen_of("partner-1", language=language, width=width, javascript=javascript)
    await offer_parcels(screen, words["publish"])
    await screen.look("partner-offer")
    await promised(served, external_id=f"parcel-{name}")
    await screen.open(HOME)
    await screen.look("partner-today")
    await screen.open(f"{HOME}offers")
    await screen.look("partner-offers")
    await screen.open(f"{HOME}requests")
    await screen.look("partner-requests")
    await screen.page.click(f"main >> button:text-is('{words['accept']}')")
    await screen.open(f"{HOME}requests?tab=accepted")
    await screen.look("partner-deliveries")
    await screen.page.click(f"main >> button:text-is('{words['deliver']}')")
    await screen.open(f"{HOME}requests?tab=delivered")

    assert await screen.page.locator("li.obmin-card").count() >= 1


async def test_a_wrong_file_is_told_by_row_and_the_right_one_is_watched(
    screen_of: ScreenOf, tmp_path: Path
) -> None:
    """Row, field and reason stand in a table; ten thousand rows are watched, and turned over."""
    (tmp_path / "wrong.csv").write_bytes(
        write_csv(HEAD, [["w-1", "goods", "cake", XSS, -1, "UA99", "2026-01-01", "2025-01-01"]])
    )
    many = [
        [f"m-{n:05}", "goods", "food", "Набір", 5, ZHYTOMYR, "2026-01-01", "2030-01-01"]
        for n in range(10_000)
    ]
    (tmp_path / "right.csv").write_bytes(write_csv(HEAD, many))
    screen = await screen_of("partner-2", width=NARROW)
    await _upload(screen, tmp_path / "wrong.csv")
    await screen.look("partner-upload-refused")
    refused = await screen.text()
    await _upload(screen, tmp_path / "right.csv")
    await screen.look("partner-upload-progress")
    await screen.page.wait_for_selector("text=10 000", timeout=60_000)
    await screen.page.wait_for_selector("text=чернетк", timeout=60_000)
    await screen.look("partner-upload-done")
    await screen.open(f"{HOME}offers?shown=draft")
    await screen.look("partner-many-offers")
    await screen.page.click("a[rel=next]")

    assert "Нічого не прийнято" in refused
    assert await screen.page.locator("tbody tr").count() == 25


async def _upload(screen: Screen, file: Path) -> None:
    await screen.open(f"{HOME}upload")
    await screen.look("partner-upload")
    await screen.page.set_input_files("#file", file)
    await screen.page.click("main button")


@pytest.mark.parametrize(("language", "width", "scheme"), [("uk", NARROW, "dark"), ("en", 1280, "light")])
async def test_reports_are_drawn(
    served: House, screen_of: ScreenOf, language: str, width: int, scheme: str
) -> None:
    """Bars and a map stand with the table, whatever the screen; what is missing has its map."""
    promise = await promised(served, external_id=f"drawn-{language}")
    await delivered_to_many(served, promise, 60, {"uk": "2025-03-15", "en": "2024-03-15"}[language])
    await missed(served)
    screen = await screen_of("partner-1", language=language, width=width, scheme=scheme)
    await screen.open(f"{HOME}reports")
    await screen.look("partner-reports")
    await screen.page.select_option("#template", "area-by-sex")
    await screen.page.select_option("#period", {"uk": "2025-01/12", "en": "2024-01/12"}[language])
    await screen.page.click("main button")
    await screen.look("partner-report")
    figures = await screen.page.locator("svg.obmin-picture").count()
    await screen.open(f"{HOME}demand")
    await screen.look("partner-demand")
    await screen.open(f"{HOME}organisation")
    await screen.look("partner-organisation")

    assert figures == 2


async def missed(house: House) -> None:
    """Let repairs be looked for in vain in two oblasts, a while ago."""
    database = Database(house.settings.database.url)
    day = now().date().replace(day=1).isoformat()
    for area, count in (("UA63120270", 40), ("UA18040190", 12)):
        row = {"day": day, "area": area, "category": "repair", "reason": "none"}
        await database.write(insert(unmet_needs).values(**row, count=count).prefix_with("OR REPLACE"))
    await database.close()


async def test_mistakes_and_empty_lists_are_pages_too(screen_of: ScreenOf) -> None:
    """A form full of mistakes, a list with nothing in it, an application: each is whole and accessible."""
    screen = await screen_of("partner-2", language="en", width=NARROW)
    await screen.open(f"{HOME}requests?tab=closed")
    await screen.look("partner-empty")
    await screen.open(f"{HOME}offers/new")
    await screen.page.fill("#title", XSS)
    await screen.page.click("text=Save as a draft")
    await screen.look("partner-mistakes")
    mistakes = await screen.text()
    await screen.open(f"{HOME}apply")
    await screen.page.click("main button")
    await screen.look("partner-apply-mistakes")
    await screen.open(f"{HOME}application")
    await screen.look("partner-application")

    assert "There is a mistake in the form" in mistakes


async def test_what_a_partner_writes_runs_nowhere(served: House, screen_of: ScreenOf) -> None:
    """Text that would be a script in a careless page is text in every list and form."""
    offer = await published(served, external_id="xss", title=XSS, description=XSS, unit=XSS)
    screen = await screen_of("partner-1", language="en")
    await screen.open(f"{HOME}offers/{offer}")
    await screen.look("partner-payload")
    await screen.open(f"{HOME}offers/{offer}/edit")
    kept = await screen.page.input_value("#title")

    assert kept == XSS

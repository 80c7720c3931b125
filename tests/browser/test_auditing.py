"""An auditor's main task in a real browser: from a finding to the proof, and a sealed part for two."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW, WIDE, Screen
from tests.journeys.house import House, query_about
from tests.journeys.oversight import acquainted

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = "/cabinet/auditing"
WAYS = [
    pytest.param({"language": "uk", "width": NARROW}, id="uk-narrow"),
    pytest.param({"language": "en", "width": WIDE}, id="en-wide"),
    pytest.param({"language": "uk", "width": WIDE, "javascript": False}, id="uk-wide-no-scripts"),
    pytest.param({"language": "en", "width": NARROW, "javascript": False}, id="en-narrow-no-scripts"),
]
PAGES = (
    "",
    "search",
    "timeline",
    "findings",
    "samples",
    "emergencies",
    "appeals",
    "unsealings",
    "exports",
    "log",
)


@pytest.mark.parametrize("way", WAYS)
async def test_a_finding_leads_to_the_proof_and_to_a_second_person(
    screen_of: ScreenOf, served: House, way: dict[str, Any]
) -> None:
    """She judges a finding, follows an exchange to its proof, and reads a sealed note when another agreed."""
    await acquainted(served)
    anna, borys = await screen_of("auditor-1", **way), await screen_of("auditor-2", **way)
    await anna.open(f"{HERE}/findings")
    await anna.look("auditing-findings")
    await anna.page.click("table a >> nth=0")
    await anna.look("auditing-finding")
    await anna.page.check("#verdict-confirmed")
    await anna.page.fill("#code", "own-family")
    await anna.page.fill("#note", "Розмова з керівником: випадок передано")
    await anna.page.click("main form button")
    await anna.look("auditing-finding-judged")
    await anna.page.click("table a >> nth=0")
    await anna.look("auditing-exchange")
    shown = await anna.text()
    await anna.page.go_back()
    await anna.page.click('a[href*="/unsealings?event="]')
    await anna.page.fill("#reason", "complaint-17")
    await anna.page.click("main form >> nth=-1 >> button")
    await borys.open(f"{HERE}/unsealings")
    await borys.look("auditing-unsealings-second")
    await borys.page.click('button[value="approve"] >> nth=0')
    await anna.open(f"{HERE}/unsealings")
    await anna.look("auditing-unsealings")
    await anna.page.click('form[action$="/opening"] button')
    await anna.look("auditing-unsealed")

    assert "випадок передано" in await anna.text()
    assert {"en": "The proof holds", "uk": "Доказ сходиться"}[way["language"]] in shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_as_good(screen_of: ScreenOf, served: House, scheme: str) -> None:
    """Each page with something in it, on a telephone and on a screen, in both schemes."""
    await served.ask(query_about("andrii"))
    await _complained(served)
    narrow = await screen_of("auditor-1", language="uk", width=NARROW, scheme=scheme)
    wide = await screen_of("auditor-1", language="en", width=WIDE, scheme=scheme)
    pictures = [await _seen(screen, part) for part in PAGES for screen in (narrow, wide)]
    await wide.open(f"{HERE}/search?kind=release")
    await wide.look("auditing-found")
    await wide.open(f"{HERE}/timeline?official=worker-17")
    await wide.look("auditing-timeline-official")
    await wide.open(f"{HERE}/search?official=%22%3E%3Cscript%3E")
    await wide.look("auditing-search-wrong")
    await wide.open(f"{HERE}/appeals")
    await wide.page.click("table a >> nth=0")
    await wide.look("auditing-appeal")

    assert all(pictures)


async def _complained(house: House) -> None:
    body = {
        "subject": query_about("andrii")["subject"],
        "matter": "complaint",
        "statement": "Мене про це ніхто не питав <script>alert(1)</script>",
    }
    await house.post("/v1/appeals", body, "person-portal")


async def _seen(screen: Screen, part: str) -> str:
    await screen.open(f"{HERE}/{part}")
    await screen.look(f"auditing-page-{part or 'overview'}")
    return await screen.text()

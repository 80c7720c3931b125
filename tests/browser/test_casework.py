"""The case worker's main task in a real browser: from a case to a history to an act."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW, WIDE, Screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = "/cabinet/casework/"
CASE = "/cabinet/casework/cases/KYIV-2026-000120"


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("plain", [False, True], ids=["script", "plain"])
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_a_history_is_asked_for_and_an_act_filled(
    screen_of: ScreenOf, language: Literal["uk", "en"], width: int, *, plain: bool
) -> None:
    """From the list of cases it takes four presses to an act that is filled, with whose each text is."""
    screen = await screen_of("worker-17", language=language, width=width, javascript=not plain)
    await screen.open(CASES)
    await screen.look("cases")
    await screen.page.click("text=KYIV-2026-000120")
    await screen.look("case")
    await screen.page.click(f"form[action='{CASE}/history'] button")
    await screen.page.wait_for_selector(".govuk-summary-list")
    await screen.look("history")
    await screen.page.click(f"form[action='{CASE}/acts'] button")
    await screen.page.wait_for_selector("#part-health")
    await screen.look("act")

    assert await screen.page.input_value("[id='employment.centre']") == "Київський міський центр зайнятості"
    assert await screen.page.input_value("[id='disability.group']") in {"II група", "group II"}


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("place", ["consents/new?purpose=needs-assessment", "resources", "referrals/new"])
async def test_what_stands_around_a_history(screen_of: ScreenOf, place: str, width: int) -> None:
    """The forms around a case hold at both widths, with labels and without a colour too faint."""
    screen = await screen_of("worker-17", width=width)
    await screen.open(f"{CASE}/{place}")

    await screen.look(place.partition("?")[0].replace("/", "-"))


async def test_an_emergency_names_who_will_be_told(screen_of: ScreenOf) -> None:
    """The first press asks once more and names the consequences; the second declares it."""
    screen = await screen_of("worker-18", language="en", width=NARROW)
    await screen.open(f"{CASE}/emergency?purpose=needs-assessment")
    await screen.look("emergency")
    await screen.page.fill("#reason", "She lies unconscious and nobody knows what care she needs")
    await screen.page.click("main form button")
    await screen.look("emergency-confirm")
    shown = await screen.text()
    await screen.page.click("main form button")
    await screen.page.wait_for_selector(".govuk-summary-list")
    await screen.open("/cabinet/casework/emergencies")
    await screen.look("emergencies")

    assert "reviews it within 48 hours" in shown
    assert "to be reviewed" in await screen.text()


async def test_the_dark_and_the_timeline(screen_of: ScreenOf) -> None:
    """A case's timeline has the contrast in the dark that it has in the light."""
    screen: Screen = await screen_of("worker-17", scheme="dark")
    await screen.open(f"{CASE}/timeline")

    await screen.look("timeline")


async def test_a_case_without_anything_says_how_to_begin(screen_of: ScreenOf) -> None:
    """Each empty list says what would stand in it and how it comes there."""
    screen = await screen_of("worker-17", language="en", width=NARROW)
    await screen.open("/cabinet/casework/cases/KYIV-2026-000129")
    await screen.look("empty-case")

    assert "Nobody has asked in this case yet" in await screen.text()

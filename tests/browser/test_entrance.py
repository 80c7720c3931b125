"""The way in, in a real browser: languages, widths, dark, without scripts, and what goes wrong as a page."""

from __future__ import annotations

import pytest

from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_english_is_one_click_away(screen_of: ScreenOf) -> None:
    """The first page is Ukrainian, and one link makes it, and every page after it, English."""
    screen = await screen_of(width=NARROW)
    await screen.open("/")
    await screen.look("start")
    await screen.page.click("text=English")
    await screen.look("start-english")

    assert await screen.page.locator("html").get_attribute("lang") == "en"
    assert "Case worker" in await screen.text()


async def test_the_look_holds_in_the_dark(screen_of: ScreenOf) -> None:
    """The dark scheme has the contrast that the light one has."""
    screen = await screen_of(scheme="dark")
    await screen.open("/")

    await screen.look("start")


async def test_what_is_not_there_is_a_page(screen_of: ScreenOf) -> None:
    """An unknown address says what to do, in words and without a script."""
    screen = await screen_of(javascript=False, language="en")
    response = await screen.page.goto(screen.url + "/cabinet/nowhere")
    await screen.look("not-found")

    assert response is not None
    assert response.status == 404
    assert "Nothing here by that name" in await screen.text()

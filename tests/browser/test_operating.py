"""The operator's main tasks in a real browser, in both languages and widths, with scripts and without."""

from __future__ import annotations

from typing import Literal

import pytest
import pytest_asyncio

from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW, WIDE
from tests.journeys.house import House
from tests.operating import apply, lose_messages, propose

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEWS = [("uk", NARROW, True), ("en", WIDE, True), ("uk", WIDE, False), ("en", NARROW, False)]
PAGES = ["", "sources", "sources/health", "queues", "queues/preview", "contracts", "keys", "agencies"]


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def busy(served: House) -> None:
    """Give the house something to look after."""
    await served.ask()
    await lose_messages(served, 3)
    await apply(served)
    propose(served)


@pytest.mark.parametrize(("language", "width", "javascript"), VIEWS)
async def test_every_page_can_be_read(
    screen_of: ScreenOf, *, language: Literal["uk", "en"], width: int, javascript: bool
) -> None:
    """Each page is accessible, no wider than the screen, and held by the policy, whatever is on it."""
    screen = await screen_of("operator-1", language=language, width=width, javascript=javascript)
    seen = [await screen.visit(f"/cabinet/operating/{name}", f"operating-{name or 'home'}") for name in PAGES]

    assert seen == [200] * len(PAGES)


async def test_a_dead_letter_goes_again_in_two_clicks(screen_of: ScreenOf) -> None:
    """From the queues to the preview, from the preview to a replay that runs."""
    screen = await screen_of("operator-1", language="en")
    await screen.open("/cabinet/operating/queues")
    await screen.page.click("text=See what sending all of them again would do")
    await screen.page.click("text=Send 3 messages again")
    await screen.look("operating-queues-replayed")

    assert "Sent again, the newest first" in await screen.text()

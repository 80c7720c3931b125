"""A person's main task in a real browser: she sees who looked, takes a consent back, objects."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import ScreenOf
from tests.browser.screens import NARROW, WIDE, Screen
from tests.journeys.house import House, query_about
from tests.journeys.oversight import ref_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAYS = [
    pytest.param("amir", {"language": "uk", "width": NARROW}, id="uk-narrow"),
    pytest.param("olena", {"language": "en", "width": WIDE}, id="en-wide"),
    pytest.param("viktor", {"language": "uk", "width": WIDE, "javascript": False}, id="uk-wide-no-scripts"),
    pytest.param("ihor", {"language": "en", "width": NARROW, "javascript": False}, id="en-narrow-no-scripts"),
]


async def _looked_at(house: House, key: str) -> None:
    await house.post("/v1/consents", await house.consent(key))
    await house.ask(query_about(key, sources=["health", "education"]))
    await house.ask(query_about(key))


@pytest.mark.parametrize(("key", "way"), WAYS)
async def test_she_takes_a_consent_back(
    screen_of: ScreenOf, served: House, key: str, way: dict[str, Any]
) -> None:
    """A consent goes in two clicks, and whoever must answer for it is named."""
    await _looked_at(served, key)
    who = await ref_of(served, key)
    screen = await screen_of(who, **way)
    await screen.open("/cabinet/personal/")
    await screen.look("personal-home")
    await screen.page.click('a[href="/cabinet/personal/consents"] >> nth=0')
    await screen.look("personal-consents")
    await screen.page.click('a[href$="/withdrawal"]')
    await screen.look("personal-withdrawal")
    await screen.page.click("main form button")
    await screen.look("personal-withdrawn")
    await screen.open("/cabinet/personal/recalls")
    await screen.look("personal-recalls")

    assert await screen.page.locator("table tbody tr").count() == 1


@pytest.mark.parametrize(("key", "way"), WAYS[:2])
async def test_she_objects_to_a_look(
    screen_of: ScreenOf, served: House, key: str, way: dict[str, Any]
) -> None:
    """From who looked to the proof of it, then the form; what is missing is said before it is taken."""
    await _looked_at(served, key)
    who = await ref_of(served, key)
    screen = await screen_of(who, **way)
    await screen.open("/cabinet/personal/looks")
    await screen.look("personal-looks")
    await screen.page.click('a[href^="/cabinet/personal/looks/"] >> nth=0')
    await screen.page.click("summary >> nth=0")
    await screen.look("personal-look")
    await screen.page.click('a[href$="matter=objection"]')
    await screen.page.click("main form button")
    await screen.look("personal-appeal-wrong")
    await screen.page.fill("#words", "Я не знаю цієї установи й заперечую.")
    await screen.look("personal-appeal-new")
    await screen.page.click("main form button")
    await screen.look("personal-appeals")
    await screen.page.click("table a >> nth=0")
    await screen.look("personal-appeal")

    assert "Я не знаю цієї установи" in await screen.text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_other_page_is_as_good(screen_of: ScreenOf, served: House, scheme: str) -> None:
    """The copy, the contact, and the lists before anything stands in them, in both schemes."""
    await _looked_at(served, "stepan")
    who = await ref_of(served, "stepan")
    screen = await screen_of(who, language="uk", width=NARROW, scheme=scheme)
    await screen.open("/cabinet/personal/consents")
    await screen.page.click('a[href$="/copy"]')
    await screen.look("personal-copy")
    await screen.open("/cabinet/personal/contact")
    await screen.look("personal-contact")
    empty = await screen_of(await ref_of(served, "taras"), language="en", width=WIDE, scheme=scheme)
    for_nobody = ("looks", "consents", "recalls", "appeals", "help")
    pictures = [await _empty(empty, part) for part in for_nobody]

    assert all(pictures)


async def _empty(screen: Screen, part: str) -> bool:
    await screen.open(f"/cabinet/personal/{part}")
    await screen.look(f"personal-empty-{part}")
    return await screen.page.locator(".obmin-empty").count() > 0

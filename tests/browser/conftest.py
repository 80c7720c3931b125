"""A real browser before a real house: Debian's Chromium, driven by Playwright.

`screen_of` makes screens: `await screen_of("worker-17", language="en", width=360, javascript=False)`.
One house serves all tests of a file; they leave it as others may find it.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from gateway.web.cabinets.shell import LANGUAGE_COOKIE, SESSION_COOKIE
from tests.browser.screens import AXE, HEIGHT, WIDE, Screen, watch
from tests.cabinets import session_of
from tests.journeys.house import House, open_house

ScreenOf = Callable[..., Awaitable[Screen]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a running gateway with the demo's people, cases and sign-ins to all tests of a file."""
    async with open_house(tmp_path_factory.mktemp("house") / "deployment") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """Give a browser; where there is none, say how to have it."""
    found = shutil.which("chromium")
    if found is None or not AXE.exists():
        pytest.skip("Chromium or axe-core is absent: sudo apt-get install chromium; make system")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def screen_of(chromium: Browser, served: House) -> AsyncIterator[ScreenOf]:
    """Give a function that opens a screen, signed in or, without a name, not."""
    async with AsyncExitStack() as stack:
        noted: list[list[str]] = []

        async def opened(
            who: str = "",
            *,
            language: Literal["uk", "en"] = "uk",
            width: int = WIDE,
            javascript: bool = True,
            scheme: Literal["light", "dark"] = "light",
        ) -> Screen:
            context = await chromium.new_context(
                viewport={"width": width, "height": HEIGHT},
                java_script_enabled=javascript,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            stack.push_async_callback(context.close)
            noted.append(await watch(context))
            cookies: dict[str, str] = {LANGUAGE_COOKIE: language}
            if who:
                cookies[SESSION_COOKIE] = await session_of(served, who)
            await context.add_cookies(
                [{"name": name, "value": value, "url": served.url} for name, value in cookies.items()]
            )
            name = f"{language}-{width}{'' if javascript else '-nojs'}{'-dark' if scheme == 'dark' else ''}"
            return Screen(await context.new_page(), served.url, name, javascript)

        yield opened
        assert not any(noted), noted

"""A house with an identity provider before its door, and a browser without a screen that signs in at it."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx

from gateway.commands.demo import listening, serving
from gateway.commands.identity_provider import identity_provider
from gateway.commands.sign_ins import HIGH
from tests.journeys.house import House, open_house

_FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


@asynccontextmanager
async def house_with_door(folder: Path) -> AsyncIterator[House]:
    """Open a house and the demo's identity provider."""
    with listening(0) as door:
        issuer = f"http://127.0.0.1:{door.getsockname()[1]}"
        async with (
            open_house(folder, issuer=issuer) as house,
            serving(identity_provider(house.settings), door),
        ):
            yield house


@asynccontextmanager
async def browsing(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser without a screen that keeps cookies and goes where it is sent."""
    async with httpx.AsyncClient(
        base_url=house.url, timeout=30, trust_env=False, follow_redirects=True
    ) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, address: str, who: str, acr: str = HIGH) -> httpx.Response:
    """Open an address of a cabinet, be sent to the demo's provider, and come back as `who`."""
    asked = await browser.get(address)
    return await fill_in(browser, asked, {"who": who, "acr": acr})


async def fill_in(
    browser: httpx.AsyncClient, page: httpx.Response, fields: Mapping[str, str]
) -> httpx.Response:
    """Send the first form of a page, with its hidden fields, and follow."""
    form = _FORM.search(page.text)
    assert form, page.text
    hidden = {
        found["name"]: html.unescape(found.get("value", ""))
        for found in (dict(_ATTRIBUTE.findall(each)) for each in _INPUT.findall(form[0]))
        if found.get("type") == "hidden"
    }
    opening = dict(_ATTRIBUTE.findall(form[0].partition(">")[0]))
    action = page.url.join(html.unescape(opening.get("action", "")) or str(page.url))
    return await browser.post(action, data={**hidden, **fields})


def said_in(location: str) -> dict[str, str]:
    """Read the query of an address."""
    return dict(parse_qsl(urlsplit(location).query))

"""Somebody signed in to a cabinet, for tests over plain HTTP and in a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.commands.sign_ins import SIGN_INS
from gateway.signin.sessions import Level, Sessions, Who
from gateway.storage.engine import Database, now
from gateway.web.cabinets.shell import LANGUAGE_COOKIE, SESSION_COOKIE
from tests.journeys.house import House

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


async def session_of(house: House, who: str | SubjectRef, level: Level = Level.HIGH) -> str:
    """Begin a session for one of the demo's officials, or for a person by reference; give its id."""
    official = next((each for each in SIGN_INS if each.name == who), None)
    database = Database(house.settings.database.url)
    try:
        sessions = Sessions(database, timedelta(minutes=30), timedelta(hours=10))
        return await sessions.begin(
            Who(
                AgencyId(official.agency if official else "person-portal"),
                OfficialId(official.name if official else ""),
                None if official else SubjectRef(who),
                level,
                now(),
            )
        )
    finally:
        await database.close()


@asynccontextmanager
async def at_cabinet(
    house: House, who: str | SubjectRef, language: str = "uk", level: Level = Level.HIGH
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser without a screen: it keeps cookies and follows nothing by itself."""
    cookies = {SESSION_COOKIE: await session_of(house, who, level), LANGUAGE_COOKIE: language}
    async with httpx.AsyncClient(base_url=house.url, timeout=30, trust_env=False, cookies=cookies) as browser:
        yield browser


async def submit(
    browser: httpx.AsyncClient, address: str, fields: Mapping[str, str | list[str]], action: str = ""
) -> httpx.Response:
    """Open a page and send its form as a browser would, token included, to `action` or the page itself."""
    found = _TOKEN.search((await browser.get(address)).text)
    assert found, f"no form on {address}"
    return await browser.post(action or address, data={**fields, "csrf": found[1]})

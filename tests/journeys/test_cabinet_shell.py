"""What holds for every page: its policy, its weight, its language, and the way to the sign-in."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from gateway.storage.engine import Database
from gateway.web.cabinets.assets import load_assets
from tests.cabinets import at_cabinet
from tests.journeys.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_page_may_load_nothing_from_elsewhere_and_nothing_inline(common: House) -> None:
    """The policy allows our own files alone, and the page holds neither style nor script of its own."""
    async with at_cabinet(common, "operator-1") as browser:
        page = await browser.get("/cabinet/operating/sources")
    policy = page.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<style|style=|\son\w+=|<script(?! src=\"/assets/)", page.text)
    assert not re.search(r"(?:href|src|action)=\"(?:https?:)?//", page.text)


async def test_a_file_is_fetched_once(common: House) -> None:
    """Style and script come compressed, are kept for a year, and have another address when they change."""
    address = load_assets().address("look.css")
    found = await common.http.get(address)
    plain = await common.http.get(address, headers={"Accept-Encoding": "identity"})
    older = await common.http.get(address.replace(load_assets().digest, "0" * 16))

    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-encoding"] == "gzip"
    assert found.content == plain.content
    assert "content-encoding" not in plain.headers
    assert older.status_code == 404


async def test_the_style_has_no_crown_and_fetches_no_font(common: House) -> None:
    """Nothing of GOV.UK's own identity is in it, and no address at all."""
    style = (await common.http.get(load_assets().address("look.css"))).text

    assert "GDS Transport" not in style
    assert "url(" not in style
    assert "crown" not in style.lower()


async def test_a_session_that_is_over_leads_to_the_sign_in_and_back(common: House) -> None:
    """The page that was wanted is named and opens afterwards; a part of a page sends the whole one."""
    async with at_cabinet(common, "operator-1") as browser:
        database = Database(common.settings.database.url)
        await database.write(text("DELETE FROM sessions"))
        await database.close()
        page = await browser.get("/cabinet/operating/contracts")
        part = await browser.get("/cabinet/operating/contracts", headers={"HX-Request": "true"})

    assert page.status_code == 303
    assert page.headers["location"] == "/sign-in?next=%2Fcabinet%2Foperating%2Fcontracts"
    assert part.headers["hx-redirect"] == page.headers["location"]


async def test_pages_are_ukrainian_until_english_is_chosen(common: House) -> None:
    """What the browser prefers changes nothing: the choice is a person's, one link away, and is kept."""
    first = await common.http.get("/", headers={"Accept-Language": "en-GB,en"})
    chosen = await common.http.get("/language/en", params={"next": "/"})
    second = await common.http.get("/", headers={"Cookie": "obmin-language=en"})
    other = await common.http.get("/", headers={"Cookie": "obmin-language=xx"})
    common.http.cookies.clear()

    assert 'lang="uk"' in first.text
    assert chosen.cookies["obmin-language"] == "en"
    assert 'lang="en"' in second.text
    assert 'lang="uk"' in other.text


async def test_a_wrong_address_of_a_person_is_a_page_and_of_a_program_a_problem(common: House) -> None:
    """The same row of the table of problems, written for whoever reads it."""
    page = await common.http.get("/cabinet/nowhere")
    problem = await common.http.get("/v1/nowhere")

    assert (page.status_code, problem.status_code) == (404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_form_that_is_too_large_or_none_is_refused_as_a_page(common: House) -> None:
    """Neither a flood nor another kind of body does anything."""
    async with at_cabinet(common, "operator-1", "en") as browser:
        flood = await browser.post("/sign-out", content=b"a=" + b"x" * 200_000)
        other = await browser.post("/sign-out", content=b"\xff\xfe", headers={"Content-Type": "text/plain"})

    assert (flood.status_code, other.status_code) == (413, 422)
    assert flood.headers["content-type"].startswith("text/html")

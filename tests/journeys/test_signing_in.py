"""Signing in at the identity provider, what may then be opened, and what is refused, all of it on record."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.commands.sign_ins import LOW
from gateway.web.cabinets.shell import SESSION_COOKIE
from gateway.web.cabinets.signing_in import ATTEMPT_COOKIE
from tests.journeys.house import MARIA, House
from tests.signing_in import browsing, fill_in, house_with_door, said_in, sign_in

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a house with the demo's identity provider."""
    async with house_with_door(tmp_path_factory.mktemp("house") / "deployment") as opened:
        yield opened


async def test_an_official_comes_to_her_cabinet(house: House) -> None:
    """A page asks who it is, the provider says it, the cabinet opens, and the record has it."""
    async with browsing(house) as browser:
        page = await sign_in(browser, "/cabinet/", "operator-1")
    events = await house.events(kind="sign-in", official="operator-1")

    assert page.url.path == "/cabinet/operating/"
    assert [(event["result"], event["agency"], event["details"]) for event in events] == [
        ("signed-in", "operator", {"level": "high"})
    ]


async def test_a_person_comes_to_her_own(house: House) -> None:
    """A person is found by the identifier that the provider tells, which is kept nowhere."""
    async with browsing(house) as browser:
        page = await sign_in(browser, "/cabinet/", "maria")
    kept = await house.stored("SELECT agency, official, subject_ref FROM sessions")
    events = [event for event in await house.events(kind="sign-in") if event["agency"] == "person-portal"]

    assert page.url.path == "/cabinet/personal/"
    assert MARIA not in kept
    assert MARIA not in house.logs.getvalue()
    assert [event["result"] for event in events] == ["signed-in"]
    assert events[0]["subject_ref"] in kept


async def test_a_cabinet_of_others_stays_closed(house: House) -> None:
    """Who signed in for one cabinet is refused by another, with a page and the way to sign in anew."""
    async with browsing(house) as browser:
        await sign_in(browser, "/cabinet/", "operator-2")
        refused = await browser.get("/cabinet/auditing/")

    assert refused.status_code in {403, 404}


async def test_signing_out_ends_it(house: House) -> None:
    """After signing out the old cookie opens nothing, and the record knows."""
    async with browsing(house) as browser:
        page = await sign_in(browser, "/cabinet/", "operator-2")
        before = browser.cookies[SESSION_COOKIE]
        left = await fill_in(browser, page, {})
        browser.cookies.set(SESSION_COOKIE, before)
        again = await browser.get("/cabinet/operating/", follow_redirects=False)
    events = await house.events(kind="sign-in", official="operator-2")

    assert left.url.path == "/sign-out"
    assert again.status_code == 303
    assert events[-1]["result"] == "signed-out"


async def test_signing_in_anew_ends_the_session_before(house: House) -> None:
    """A session never survives a sign-in: its id is worth nothing afterwards."""
    async with browsing(house) as browser:
        await sign_in(browser, "/cabinet/", "operator-1")
        before = browser.cookies[SESSION_COOKIE]
        await fill_in(browser, await browser.get("/sign-in"), {"who": "operator-1", "acr": LOW})
        after = browser.cookies[SESSION_COOKIE]
        browser.cookies.set(SESSION_COOKIE, before)
        old = await browser.get("/cabinet/operating/", follow_redirects=False)

    assert after != before
    assert old.status_code == 303


async def test_a_higher_level_is_really_demanded(house: House) -> None:
    """Who was asked for a second factor and comes back with a password is refused, on record."""
    async with browsing(house) as browser:
        asked = await browser.get("/sign-in", params={"level": "high", "next": "/cabinet/"})
        refused = await fill_in(browser, asked, {"who": "operator-1", "acr": LOW})
    events = await house.events(kind="sign-in", outcome="refused")

    assert refused.status_code == 403
    assert events[-1]["reason"] == "level-too-low"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "another"}, "state-wrong"),
        ({"iss": "https://elsewhere.example"}, "issuer-wrong"),
        ({"iss": ""}, "issuer-wrong"),
        ({"code": "another"}, "code-refused"),
    ],
)
async def test_an_answer_to_another_question_is_refused(
    house: House, change: dict[str, str], reason: str
) -> None:
    """What comes back must be this attempt's: state, issuer and code."""
    async with browsing(house) as browser:
        asked = await browser.get("/sign-in")
        browser.follow_redirects = False
        sent = await fill_in(browser, asked, {"who": "operator-1", "acr": LOW})
        refused = await browser.get("/sign-in/back", params=said_in(sent.headers["location"]) | change)
        told = await house.events(kind="sign-in", outcome="refused")

    assert refused.status_code == 403
    assert told[-1]["reason"] == reason
    assert SESSION_COOKIE not in browser.cookies


async def test_a_code_counts_once_and_for_one_browser(house: House) -> None:
    """A code that was redeemed, or that came without its attempt, opens nothing."""
    async with browsing(house) as browser, browsing(house) as stranger:
        asked = await browser.get("/sign-in")
        browser.follow_redirects = False
        sent = await fill_in(browser, asked, {"who": "operator-1", "acr": LOW})
        attempt = browser.cookies[ATTEMPT_COOKIE]
        foreign = await stranger.get(sent.headers["location"])
        first = await browser.get(sent.headers["location"])
        stranger.cookies.set(ATTEMPT_COOKIE, attempt)
        second = await stranger.get(sent.headers["location"])

    assert [foreign.status_code, first.status_code, second.status_code] == [403, 303, 403]


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:1"]
)
async def test_nobody_is_sent_to_strangers(house: House, address: str) -> None:
    """Where a sign-in or a language leads is an address of ours, whatever was asked for."""
    async with browsing(house) as browser:
        asked = await browser.get("/sign-in", params={"next": address})
        browser.follow_redirects = False
        back = await fill_in(browser, asked, {"who": "operator-1", "acr": LOW})
        opened = await browser.get(back.headers["location"])
        spoken = await browser.get("/language/en", params={"next": address})

    assert opened.headers["location"] == "/cabinet/"
    assert spoken.headers["location"] == "/"


async def test_a_form_of_another_page_does_nothing(house: House) -> None:
    """Without the session's token a form is refused, and the session goes on."""
    async with browsing(house) as browser:
        await sign_in(browser, "/cabinet/", "operator-1")
        forged = await browser.post("/sign-out", data={"csrf": "AAAA"})
        page = await browser.get("/cabinet/", follow_redirects=False)

    assert forged.status_code == 403
    assert page.headers["location"] == "/cabinet/operating/"

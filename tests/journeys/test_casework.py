"""The case worker's cabinet over plain HTTP: whose cases, hostile texts, slow sources, many rows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.storage.engine import Database
from gateway.storage.tables import cases
from tests.cabinets import at_cabinet, submit
from tests.journeys.house import House, open_house
from tests.journeys.test_contributions import said

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "/cabinet/casework/"
CASE = "/cabinet/casework/cases/KYIV-2026-000120"
ASKED = {"purpose": "needs-assessment"}
INSTITUTION = "Київський національний університет імені Тараса Шевченка"
HOSTILE = "<script>alert('xss')</script><img src=x onerror=alert(1)>"


class Defaced:
    """Stands before the registries, one of which has been broken into: markup where a name should be."""

    def __init__(self, registries: ASGIApp) -> None:
        self._registries = registries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, with the education registry's institution replaced by as many bytes of markup."""

        async def told(message: Message) -> None:
            honest = INSTITUTION.encode()
            if scope.get("path", "").startswith("/education") and "body" in message:
                lie = HOSTILE.encode().ljust(len(honest))
                message["body"] = message["body"].replace(honest, lie)
            await send(message)

        await self._registries(scope, receive, told)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def defaced(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a house among whose registries one sends markup."""
    folder: Path = tmp_path_factory.mktemp("house") / "deployment"
    async with open_house(folder, front=Defaced) as opened:
        yield opened


async def test_no_markup_of_a_registry_reaches_a_page(defaced: House) -> None:
    """What a registry says is text on every page: in the history, in the act, and while it arrives."""
    async with at_cabinet(defaced, "worker-17") as browser:
        place = await history(browser)
        act = (await submit(browser, place, {"exchange_id": place[-36:]}, f"{CASE}/acts")).headers["location"]
        pages = [(await browser.get(each)).text for each in (place, act)]

    assert all("&lt;script&gt;alert(" in each for each in pages)
    assert not any("<script>alert(" in each or "<img src=x" in each for each in pages)


@pytest.mark.parametrize(
    ("form", "action", "fields"),
    [
        ("/history/{id}/correction?source=employment&field=employment.centre", "/history/{id}/correction",
         {"source": "employment", "field": "employment.centre", "statement": "<b>"}),
        ("/referrals/new", "", {"receiver": "clinic", "kind": "contribution", "need": HOSTILE}),
        ("/resources", "", {"area": HOSTILE, "category": "food"}),
        ("/emergency?purpose=needs-assessment", "/emergency",
         {"purpose": "needs-assessment", "reason": "<script>alert(1)</script>" * 2}),
    ],
)  # fmt: skip
async def test_no_markup_of_an_official_reaches_a_page(
    common: House, form: str, action: str, fields: dict[str, str]
) -> None:
    """What is shown again of a form that was wrong is text."""
    async with at_cabinet(common, "worker-17") as browser:
        exchange = (await history(browser))[-36:]
        at = CASE + form.format(id=exchange)
        shown = await submit(browser, at, fields, CASE + action.format(id=exchange) if action else "")

    assert "&lt;" in shown.text
    assert not re.search(r"<script>alert|<img src=x|<b>", shown.text)


async def test_a_case_is_its_officials_own(common: House) -> None:
    """A case on which somebody else works is not there; nor is one of another number."""
    async with at_cabinet(common, "worker-17") as browser:
        made = {"case": "KYIV-2026-000701", "scheme": "rnokpp", "value": "3311845622", "opened": "2026-11-01"}
        opened = await submit(browser, f"{HOME}open", made)
        place = opened.headers["location"]
        mine = await browser.get(place)
    async with at_cabinet(common, "worker-18") as browser:
        theirs = await browser.get(place)
        nobodys = await browser.get(f"{HOME}cases/KYIV-1900-000001")

    assert (opened.status_code, mine.status_code) == (303, 200)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)


async def test_a_history_is_read_in_its_own_case_alone(common: House) -> None:
    """The address of one case opens no history of another."""
    async with at_cabinet(common, "worker-17") as browser:
        exchange = (await history(browser))[-36:]
        elsewhere = await browser.get(f"{HOME}cases/KYIV-2026-000121/history/{exchange}")

    assert elsewhere.status_code == 404


async def test_no_page_names_a_person_in_an_address(common: House) -> None:
    """Identifiers stand in no link, no form's target and no redirect."""
    async with at_cabinet(common, "worker-17") as browser:
        place = await history(browser)
        pages = [(await browser.get(each)).text for each in (HOME, CASE, place, f"{CASE}/timeline")]
    addresses = " ".join(
        address for each in pages for address in re.findall(r'(?:href|action)="([^"]*)"', each)
    )

    assert "3311845622" not in addresses
    assert "19900903-13025" not in addresses
    assert "3311845622" not in common.logs.getvalue()


async def test_a_slow_source_is_waited_for_in_sight(common: House) -> None:
    """While registries are silent the page says of each that it is being asked, and looks again by itself."""
    async with at_cabinet(common, "worker-17", "en") as browser:
        common.valve.close()
        begun = await submit(browser, CASE, ASKED, f"{CASE}/history")
        await common.valve.holding()
        waiting = (await browser.get(begun.headers["location"])).text
        common.valve.open()
        told = (await browser.get(f"{begun.headers['location']}/progress")).text
        shown = (await browser.get(begun.headers["location"])).text

    assert waiting.count("is being asked") > 10
    assert '<meta http-equiv="refresh" content="1">' in waiting
    assert told.count("event: source") == waiting.count('<strong class="govuk-tag')
    assert told.endswith("event: done\ndata: \n\n")
    assert "What the sources say" in shown


async def test_an_emergency_is_not_declared_at_the_first_press(common: House) -> None:
    """The first press shows what follows; only the second is on record."""
    reason = {"purpose": "needs-assessment", "reason": "She is unconscious; what care does she need?"}
    async with at_cabinet(common, "worker-18", "en") as browser:
        at = f"{CASE}/emergency?purpose=needs-assessment"
        first = await submit(browser, at, reason, f"{CASE}/emergency")
        before = [each for each in await common.events() if each["kind"] == "emergency"]
        second = await submit(browser, at, {**reason, "confirmed": "yes"}, f"{CASE}/emergency")
        after = [each for each in await common.events() if each["kind"] == "emergency"]

    assert "Look once more before you declare it" in first.text
    assert before == []
    assert second.status_code == 303
    assert [each["official"] for each in after] == ["worker-18"]


async def test_a_consent_is_captured_with_witness_and_paper(common: House) -> None:
    """The text's digest, the witness and the paper's digest are filed; without a paper nothing is."""
    place = f"{CASE}/consents/new"
    said = {
        "purpose": "needs-assessment",
        "language": "uk",
        "sources": "health",
        "given_by": "self",
        "until": "2027-06-01",
        "witness": "worker-18",
        "agreed": "yes",
    }
    async with at_cabinet(common, "worker-17", "en") as browser:
        page = (await browser.get(f"{place}?purpose=needs-assessment")).text
        token = re.findall('name="csrf" value="([^"]+)"', page)[0]
        lacking = await browser.post(place, data={**said, "csrf": token})
        given = await browser.post(
            place, data={**said, "csrf": token}, files={"paper": ("paper.jpg", b"a signed paper")}
        )
        receipt = await browser.get(given.headers["location"])

    assert lacking.status_code == 422
    assert given.status_code == 303
    assert "sha-256:cc77d921518681a265caa16c314b4ea3e98f1a5c055a41575beeddc4e20c80e2" in receipt.text
    assert "worker-18" in receipt.text


async def test_nobody_overwrites_an_act(common: House) -> None:
    """A page that was opened before somebody else saved is refused, and says so."""
    async with at_cabinet(common, "worker-17", "en") as browser:
        place = await history(browser)
        act = (await submit(browser, place, {"exchange_id": place[-36:]}, f"{CASE}/acts")).headers["location"]
        saved = await submit(browser, act, {"version": "1", "cell:health.needs": "Ліки", "do": "save"})
        stale = await submit(browser, act, {"version": "1", "cell:health.needs": "Інше", "do": "save"})
        printed = await browser.get(f"{act}/file.pdf")
        listed = await browser.get(CASE)

    assert act in listed.text
    assert saved.status_code == 303
    assert stale.status_code == 422
    assert "Somebody else has changed the act meanwhile" in stale.text
    assert printed.content.startswith(b"%PDF-")
    assert printed.headers["cache-control"] == "no-store"


async def test_what_an_agency_contributes_is_read_in_the_case(common: House) -> None:
    """The part that a clinic has signed stands on the referral's page, by section and as text."""
    wish = {"receiver": "clinic", "kind": "contribution", "need": "Стан здоров'я", "sections": "health"}
    async with at_cabinet(common, "worker-17", "en") as browser:
        sent = await submit(browser, f"{CASE}/referrals/new", {**wish, "priority": "usual"})
        place = sent.headers["location"]
        before = (await browser.get(place)).text
        await said(common, place[-36:], {"health": "Потребує супроводу <b>"}, whole=True)
        after = (await browser.get(place)).text

    assert "Nothing yet." in before
    assert "Потребує супроводу &lt;b&gt;" in after
    assert "clinic-1" in after


async def test_ten_thousand_cases_are_paged(defaced: House) -> None:
    """An official with ten thousand cases sees fifty, and the way to the next."""
    await crowd(defaced, 10_000)
    async with at_cabinet(defaced, "worker-17") as browser:
        first = (await browser.get(HOME)).text
        following = re.findall(r'rel="next" href="([^"]+)"', first)[0].replace("&amp;", "&")
        second = (await browser.get(following)).text

    assert first.count("/cabinet/casework/cases/CROWD-") == 50
    assert second.count("/cabinet/casework/cases/CROWD-") == 50
    assert "CROWD-00049" in first
    assert "CROWD-00050" in second


async def history(browser: httpx.AsyncClient) -> str:
    """Ask for the main person's history, wait until everybody was heard, and give its address."""
    begun = await submit(browser, CASE, ASKED, f"{CASE}/history")
    place = begun.headers["location"]
    await browser.get(f"{place}/progress")
    return place


async def crowd(house: House, count: int) -> None:
    """Give an official many cases."""
    database = Database(house.settings.database.url)
    try:
        [known] = await database.fetch(select(cases).where(cases.c.id == "KYIV-2026-000120"))
        rows = [{**known._mapping, "id": f"CROWD-{number:05}"} for number in range(count)]
        await database.write(insert(cases).values(rows[:1]))
        for start in range(1, count, 500):
            await database.write(insert(cases).values(rows[start : start + 500]))
    finally:
        await database.close()

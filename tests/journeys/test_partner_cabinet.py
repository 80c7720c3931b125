"""The partner's cabinet over plain HTTP: offers, uploads, requests, reports, the way aboard."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from gateway.offers.sheets import write_csv
from gateway.storage.engine import Database
from gateway.storage.offer_tables import allocations, offers
from tests.cabinets import at_cabinet, submit
from tests.journeys.house import House
from tests.journeys.offering import ZHYTOMYR, held, published
from tests.journeys.test_partners import application

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "/cabinet/partnering/"
XSS = "\"'onmouseover=alert(1) &lt;script&gt; {{7*7}} javascript:alert(1)"
TYPED = {
    "external_id": "by-form-1",
    "kind": "goods",
    "category": "food",
    "title": "Food parcels",
    "quantity": "40",
    "unit": "parcel",
    "areas": "Житомир",
    "valid_from": "2026-01-01",
    "valid_until": "2030-03-31",
    "delivery": "pick-up",
    "lead_days": "2",
    "criteria.children_under": "6",
    "then": "publish",
}


@pytest_asyncio.fixture(loop_scope="module")
async def browser(common: House) -> AsyncIterator[httpx.AsyncClient]:
    """Give the partner's browser, in English."""
    async with at_cabinet(common, "partner-1", "en") as opened:
        yield opened


async def promised(house: House, **changes: str) -> str:
    """Publish an offer, and promise one of it; give the promise's id."""
    hold = await held(house, await published(house, **changes))
    await house.post(f"/v1/holds/{hold}/confirmation", {})
    return hold


async def test_an_offer_is_typed_and_published(common: House, browser: httpx.AsyncClient) -> None:
    """An area is named as people call it; the offer is there for case workers at once."""
    sent = await submit(browser, f"{HOME}offers/new", TYPED)
    shown = (await browser.get(sent.headers["location"])).text
    kept = (await common.get(f"/v1/offers/{sent.headers['location'].rpartition('/')[2]}", "partner")).json()

    assert sent.status_code == 303
    assert (kept["state"], kept["areas"], kept["criteria"]["children_under"]) == ("published", [ZHYTOMYR], 6)
    assert "Житомирська, Житомирський, Житомир" in shown
    assert "40 left, 0 promised, 0 delivered of 40" in shown


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"title": ""}, "title", "Fill this in."),
        ({"title": "<script>alert(1)</script>"}, "title", "no angle brackets."),
        ({"quantity": "many"}, "quantity", "Write a whole number."),
        ({"quantity": "-4"}, "quantity", "This is too small."),
        ({"areas": "Атлантида"}, "areas", "There is no area of that name or code."),
        ({"areas": "Житомирська"}, "areas", "Several areas are called so"),
        ({"valid_until": "2025-12-31"}, "valid_until", "The last day is before the first."),
        (
            {"criteria.sex": "female", "criteria.age_from": "87", "criteria.age_to": "87"},
            "areas",
            "Together these describe one person",
        ),
    ],
)
async def test_what_is_wrong_is_told_beside_the_field(
    browser: httpx.AsyncClient, changes: dict[str, str], field: str, said: str
) -> None:
    """Nothing is on file, what was typed stands there still, and the summary leads to the field."""
    sent = await submit(browser, f"{HOME}offers/new", {**TYPED, "external_id": "wrong-1", **changes})

    assert sent.status_code == 422
    assert said in sent.text
    assert f'href="#{field}"' in sent.text
    assert 'value="wrong-1"' in sent.text


async def test_an_offer_is_changed_by_whoever_saw_it_last(browser: httpx.AsyncClient) -> None:
    """The form keeps what the page does not show; a second one from an older page is refused."""
    sent = await submit(browser, f"{HOME}offers/new", {**TYPED, "external_id": "changing"})
    edit = f"{sent.headers['location']}/edit"
    page = (await browser.get(edit)).text
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    changed = {**TYPED, "quantity": "50", "version": version, "areas": ZHYTOMYR}
    first = await submit(browser, edit, changed)
    second = await submit(browser, edit, changed)

    assert first.status_code == 303
    assert "50 left" in (await browser.get(sent.headers["location"])).text
    assert second.status_code == 412


async def test_a_file_is_taken_or_its_rows_are_named(browser: httpx.AsyncClient) -> None:
    """A wrong row says which field and why in words; the corrected file becomes drafts."""
    head = ["external_id", "kind", "category", "title", "quantity", "areas", "valid_from", "valid_until"]
    good = ["f-1", "goods", "food", "Parcels", 4, ZHYTOMYR, "2026-01-01", "2030-01-01"]
    cake = ["f-2", "goods", "cake", "Parcels", 4, ZHYTOMYR, "2026-01-01", "2030-01-01"]
    less = ["f-3", "goods", "food", "Parcels", -4, ZHYTOMYR, "2026-01-01", "2030-01-01"]
    refused = await _upload(browser, write_csv(head, [good, cake, less]))
    told = (await browser.get(refused.headers["location"])).text
    taken = await _upload(browser, write_csv(head, [good]))
    done = (await browser.get(taken.headers["location"])).text

    assert "Nothing was taken: 2 mistakes in the file." in told
    assert "This is too small." in told
    assert "Choose one of the list." in told
    assert "rows are taken" in done or "1 offer was taken as a draft." in done


async def _upload(browser: httpx.AsyncClient, content: bytes) -> httpx.Response:
    token = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(f"{HOME}upload")).text)
    assert token
    files = {"file": ("offers.csv", content, "text/csv")}
    return await browser.post(f"{HOME}upload", data={"csrf": token[1]}, files=files)


async def test_no_file_at_all_is_said_so(browser: httpx.AsyncClient) -> None:
    """A picture is no spreadsheet, and an empty form has no file: both are told on the page."""
    picture = await _upload(browser, b"PK\x03\x04not-a-book")
    nothing = await _upload(browser, b"")

    assert "This is no spreadsheet" in picture.text
    assert "Fill this in." in nothing.text


async def test_a_request_is_answered_and_delivered(common: House, browser: httpx.AsyncClient) -> None:
    """The partner sees criteria alone, accepts, and reports the delivery from the list."""
    hold = await promised(common, external_id="wanted-1")
    seen = (await browser.get(f"{HOME}requests")).text
    accepted = await submit(browser, f"{HOME}requests", {}, f"{HOME}requests/{hold}/accept")
    delivered = await submit(browser, f"{HOME}requests?tab=accepted", {}, f"{HOME}requests/{hold}/deliver")
    after = (await common.get(f"/v1/holds/{hold}")).json()

    assert "; Harm by war, occupation or disaster; Житомир" in " ".join(seen.split())
    assert not [each for each in ("worker-17", "KYIV-2026", "3311845622", "Бондаренко") if each in seen]
    assert (accepted.status_code, delivered.status_code) == (303, 303)
    assert after["state"] == "delivered"


async def test_a_request_turned_down_counts_as_missing(common: House, browser: httpx.AsyncClient) -> None:
    """The reason is one of the list; whatever else is sent as one is none."""
    hold = await promised(common, external_id="wanted-2")
    fields = {"reason": "<b>because</b>", "back": "https://elsewhere.example/"}
    refused = await submit(browser, f"{HOME}requests", fields, f"{HOME}requests/{hold}/reject")
    (event,) = await common.events(kind="allocation", outcome="rejected")

    assert refused.headers["location"] == f"{HOME}requests"
    assert event["reason"] == "not-stated"


async def test_an_offer_to_confirm_is_confirmed_from_the_first_page(
    common: House, browser: httpx.AsyncClient
) -> None:
    """One that nobody confirmed for a month is asked about at the top, and is not when it was."""
    offer = await published(common, external_id="stale-1", title="Stale bread")
    database = Database(common.settings.database.url)
    await database.write(update(offers).where(offers.c.id == offer).values(confirmed_at=0))
    await database.close()
    asked = (await browser.get(HOME)).text
    await submit(browser, HOME, {"back": HOME}, f"{HOME}offers/{offer}/confirm")

    assert "Stale bread" in asked
    assert "1 offer to confirm" in asked
    assert "Stale bread" not in (await browser.get(HOME)).text


async def delivered_to_many(house: House, promise: str, people: int, day: str) -> None:
    """Let one delivery stand for many people's, half of them men, on a day long ago."""
    database = Database(house.settings.database.url)
    (row,) = await database.fetch(select(allocations).where(allocations.c.id == promise))
    for number in range(people):
        changed = {
            "id": f"{day}{number:026}",
            "state": "delivered",
            "counted_on": day,
            "person_key": number * 7919,
            "sex": ("female", "male")[number % 2],
        }
        await database.write(insert(allocations).values({**row._mapping, **changed}))
    await database.close()


async def test_a_report_is_told_drawn_and_downloaded(common: House, browser: httpx.AsyncClient) -> None:
    """A table over a year that is over has bars, a map and three files; one with nobody in it is refused."""
    promise = await promised(common, external_id="reported-1")
    await delivered_to_many(common, promise, 60, "2025-03-15")
    await delivered_to_many(common, promise, 3, "2024-03-15")
    form = {"template": "area-by-sex", "period": "2025-01/12"}
    told = await submit(browser, f"{HOME}reports", form)
    shown = (await browser.get(told.headers["location"])).text
    files = [await browser.get(f"{told.headers['location']}/{each}") for each in ("csv", "xlsx", "json")]
    refused = await submit(browser, f"{HOME}reports", {**form, "period": "2024-01/12"})

    assert told.status_code == 303
    assert shown.count("<svg") == 2
    assert "Women" in shown
    assert [each.status_code for each in files] == [200, 200, 200]
    assert "Help by area and sex" in (await browser.get(f"{HOME}reports")).text
    assert refused.status_code == 422
    assert "error-summary" in refused.text


async def test_a_page_of_another_partner_is_not_there(common: House) -> None:
    """Offers, uploads and reports are their own partner's alone."""
    offer = await published(common, external_id="mine-1")
    async with at_cabinet(common, "partner-2") as other:
        tries = [await other.get(f"{HOME}offers/{offer}"), await other.get(f"{HOME}offers/{offer}/edit")]

    assert [response.status_code for response in tries] == [404, 404]


async def test_what_a_partner_writes_is_text_and_nothing_else(
    common: House, browser: httpx.AsyncClient
) -> None:
    """Quotes, braces and entities in every field of an offer come out as they went in."""
    words = dict.fromkeys(
        ("title", "unit", "description", "conditions", "documents", "contact", "funding"), XSS
    )
    offer = await published(common, external_id="xss-1", **words)
    pages = [
        (await browser.get(f"{HOME}{each}")).text
        for each in (f"offers/{offer}", f"offers/{offer}/edit", "offers", "requests")
    ]

    assert all(" onmouseover=alert(1)" not in page.replace("&#39;onmouseover", "") for page in pages)
    assert all("&lt;script&gt; 49" not in page for page in pages)
    assert "&#34;&#39;onmouseover" in pages[0]


async def test_an_organisation_applies_and_sees_where_that_stands(common: House) -> None:
    """Without an account: what is wrong stands beside the field, what is right is on file."""
    body = await application(common, id="page-hands")
    typed = {
        **{name: body[name] for name in ("id", "scheme", "identifier", "contract")},
        "name_uk": "Теплі руки",
        "name_en": "Warm Hands",
        "role": "programme",
        "address": "programme@example.org",
        "signing": json.dumps(body["signing"][0]),
    }
    english = {"Cookie": "obmin-language=en"}
    wrong = await common.http.post(
        f"{HOME}apply", data={**typed, "identifier": "37508597", "signing": "{"}, headers=english
    )
    applied = await common.http.post(f"{HOME}apply", data=typed, headers=english)
    known = {"id": "page-hands", "identifier": "37508596"}
    asked = await common.http.post(f"{HOME}application", data=known, headers=english)
    stranger = {"id": "page-hands", "identifier": "41374315"}
    guessed = await common.http.post(f"{HOME}application", data=stranger, headers=english)

    assert wrong.status_code == 422
    assert "This is no public key" in wrong.text
    assert "Found in the companies register, active" in applied.text
    assert "waits for two officials" in asked.text
    assert guessed.status_code == 404

"""The person's cabinet over plain HTTP: what she sees is hers, what she does takes effect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import status

from gateway.commands.proofs import check_statement
from tests.cabinets import at_cabinet, submit
from tests.journeys.house import House, query_about
from tests.journeys.oversight import ref_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOME = "/cabinet/personal/"
XSS = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@asynccontextmanager
async def her_cabinet(house: House, key: str, language: str = "en") -> AsyncIterator[httpx.AsyncClient]:
    """Sit down before one of the simulated people's own cabinet."""
    async with at_cabinet(house, await ref_of(house, key), language) as browser:
        yield browser


async def _given(house: House, key: str) -> str:
    response = await house.post("/v1/consents", await house.consent(key))
    given: str = response.json()["id"]
    return given


async def test_she_sees_who_looked_and_nobody_elses(common: House) -> None:
    """Who, why and on what ground stand there in plain words; another person's exchange does not."""
    mine = (await common.ask(query_about("andrii"))).json()["exchange_id"]
    other = (await common.ask(query_about("nina"))).json()["exchange_id"]
    async with her_cabinet(common, "andrii") as browser:
        listed = await browser.get("/cabinet/personal/looks")
        hers = await browser.get(f"/cabinet/personal/looks/{mine}")
        others = await browser.get(f"/cabinet/personal/looks/{other}")

    assert "Case system (demo)" in listed.text
    assert "received data about you." in listed.text
    assert other not in listed.text
    assert "The proof holds" in hers.text
    assert others.status_code == status.HTTP_404_NOT_FOUND


async def test_a_line_is_checked_without_us(common: House, tmp_path: Path) -> None:
    """The file that she keeps proves its line offline."""
    exchange = (await common.ask(query_about("nina"))).json()["exchange_id"]
    async with her_cabinet(common, "nina") as browser:
        kept = await browser.get(f"/cabinet/personal/looks/{exchange}/proof.json")
    file = tmp_path / "statement.json"
    file.write_bytes(kept.content)
    report = check_statement(file, None)

    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert (len(report.proved), report.wrong) == (1, [])


async def test_her_reading_is_on_record(common: House) -> None:
    """Each page of her statement is an entry, as through the interface."""
    ref = await ref_of(common, "viktor")
    async with at_cabinet(common, ref) as browser:
        await browser.get("/cabinet/personal/looks")
    events = await common.events(subject_ref=ref, kind="statement")

    assert [(each["result"], each["agency"]) for each in events] == [("given", "person-portal")]


async def test_a_consent_is_withdrawn_in_two_clicks(common: House) -> None:
    """The first says what it stops and whom it reaches, the second does it."""
    await common.ask(query_about("olena"))
    given = await _given(common, "olena")
    page = f"/cabinet/personal/consents/{given}/withdrawal"
    async with her_cabinet(common, "olena") as browser:
        before = await browser.get(page)
        done = await submit(browser, page, {})
        after = await browser.get(done.headers["Location"])
        again = await browser.get(page)
    state = (await common.get(f"/v1/consents/{given}")).json()["state"]

    assert "What it stops" in before.text
    assert "Your consent is withdrawn" in after.text
    assert "there is nothing to withdraw" in again.text
    assert state == "withdrawn"


async def test_who_has_not_answered_a_recall_is_named(common: House) -> None:
    """Whoever had received something is listed with the last day for its answer."""
    given = await _given(common, "amir")
    await common.ask(query_about("amir", sources=["health"]))
    async with her_cabinet(common, "amir") as browser:
        before = await browser.get(f"/cabinet/personal/consents/{given}/withdrawal")
        await submit(browser, f"/cabinet/personal/consents/{given}/withdrawal", {})
        recalls = await browser.get("/cabinet/personal/recalls")
        home = await browser.get(HOME)

    assert "received data on its ground 1 time," in before.text
    assert "Case system (demo)" in recalls.text
    assert "No answer yet" in recalls.text
    assert "recall without an answer" in home.text


async def test_a_form_without_its_token_does_nothing(common: House) -> None:
    """A page from elsewhere cannot withdraw in her name."""
    given = await _given(common, "ihor")
    async with her_cabinet(common, "ihor") as browser:
        forged = await browser.post(f"/cabinet/personal/consents/{given}/withdrawal", data={})
    state = (await common.get(f"/v1/consents/{given}")).json()["state"]

    assert forged.status_code == status.HTTP_403_FORBIDDEN
    assert state == "given"


async def test_somebody_elses_consent_is_unknown(common: House) -> None:
    """Neither its copy nor its withdrawal is there for anybody else."""
    given = await _given(common, "bohdan")
    async with her_cabinet(common, "olena") as browser:
        pages = [
            (await browser.get(f"/cabinet/personal/consents/{given}/{part}")).status_code
            for part in ("withdrawal", "copy", "copy.json")
        ]

    assert pages == [404, 404, 404]


async def test_her_copy_is_a_page_and_a_signed_file(common: House) -> None:
    """It is in the language in which she agreed, with the text that she was shown."""
    given = await _given(common, "stepan")
    async with her_cabinet(common, "stepan", "en") as browser:
        copy = await browser.get(f"/cabinet/personal/consents/{given}/copy")
        file = await browser.get(f"/cabinet/personal/consents/{given}/copy.json")

    assert "Ваша згода" in copy.text
    assert "Я погоджуюся" in copy.text
    assert json.loads(file.content)["signature"]["value"]


async def test_she_objects_and_reads_the_answer(common: House) -> None:
    """Her words come back to her as text, whatever they look like, and so does the answer."""
    exchange = (await common.ask(query_about("nina"))).json()["exchange_id"]
    async with her_cabinet(common, "nina") as browser:
        fields = {"matter": "objection", "words": f"I object {XSS}"}
        sent = await submit(browser, f"/cabinet/personal/appeals/new?about={exchange}", fields)
        listed = await browser.get(sent.headers["Location"])
        appeal = (await common.get("/v1/appeals")).json()["appeals"][0]["id"]
        answer = {"official": {"id": "worker-18"}, "outcome": "upheld", "statement": f"You are right {XSS}"}
        await common.post(f"/v1/appeals/{appeal}/answer", answer)
        page = await browser.get(f"/cabinet/personal/appeals/{appeal}")

    assert "Your appeal is recorded" in listed.text
    assert "I object &#34;&gt;&lt;script&gt;" in page.text
    assert "You are right" in page.text
    assert "<script>alert" not in page.text
    assert "<img" not in page.text


async def test_what_is_missing_is_said_beside_the_field(common: House) -> None:
    """What she typed is still there, and nothing is taken."""
    async with her_cabinet(common, "nina") as browser:
        page = await submit(browser, "/cabinet/personal/appeals/new", {"matter": "praise", "words": XSS[:9]})

    assert page.status_code == status.HTTP_422_UNPROCESSABLE_CONTENT
    assert "Choose what you want." in page.text
    assert "in 10 to 2000 characters" in page.text
    assert "&#34;&gt;&lt;script" in page.text


async def test_a_safe_contact_is_kept_and_never_shown(common: House) -> None:
    """It takes a choice and an address; the page does not give it back."""
    async with her_cabinet(common, "nina") as browser:
        wrong = await submit(browser, "/cabinet/personal/contact", {"channel": "sms", "address": ""})
        kept = await submit(browser, "/cabinet/personal/contact", {"channel": "sms", "address": "0671234567"})
        page = await browser.get("/cabinet/personal/contact")
    events = await common.events(subject_ref=await ref_of(common, "nina"), kind="config")

    assert "Write the number" in wrong.text
    assert kept.status_code == status.HTTP_303_SEE_OTHER
    assert "0671234567" not in page.text
    assert events[-1]["result"] == "safe-contact"


async def test_a_question_is_answered_in_the_cabinet(common: House) -> None:
    """The text is in the language in which she is asked; her answer becomes the consent."""
    query = query_about("viktor")
    body = {
        "subject": query["subject"],
        "purpose": "needs-assessment",
        "sources": ["health"],
        "case": query["case"],
        "official": "worker-17",
        "until": "2027-06-01",
    }
    asked = (await common.post("/v1/consent-requests", body)).json()["id"]
    page = f"/cabinet/personal/questions/{asked}"
    async with her_cabinet(common, "viktor") as browser:
        home = await browser.get(HOME)
        shown = await browser.get(page)
        await submit(browser, page, {"answer": "given"})
    async with her_cabinet(common, "olena") as browser:
        others = await browser.get(page)
    closed = (await common.get(f"/v1/consent-requests/{asked}")).json()

    assert "question waits for your answer" in home.text
    assert "Я погоджуюся" in shown.text
    assert closed["state"] == "given"
    assert others.status_code == status.HTTP_404_NOT_FOUND


async def test_nothing_is_there_to_see_before_anything_happened(common: House) -> None:
    """Every list says what would stand in it."""
    async with her_cabinet(common, "taras") as browser:
        pages = [
            (await browser.get(f"/cabinet/personal/{part}")).text
            for part in ("", "looks", "recalls", "appeals", "help")
        ]

    assert all("obmin-empty" in page for page in pages)


async def test_nobody_gets_in_without_signing_in(common: House) -> None:
    """An official's session does not open it, and no session leads to the way in."""
    async with at_cabinet(common, "worker-17") as browser:
        forbidden = await browser.get(HOME)
    anonymous = await common.http.get(HOME)

    assert forbidden.status_code == status.HTTP_403_FORBIDDEN
    assert anonymous.headers["Location"].startswith("/sign-in?next=")

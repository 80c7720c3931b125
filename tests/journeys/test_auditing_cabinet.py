"""The auditor's cabinet over plain HTTP: every reading on record, four eyes, proofs, safe texts."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import httpx
import pytest
from fastapi import status

from audit.event import Event
from gateway.commands.proofs import check_statement
from tests.cabinets import at_cabinet, submit
from tests.journeys.house import House, query_about
from tests.journeys.oversight import NOTE, acquainted

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = "/cabinet/auditing"
XSS = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


async def _exchange(house: House, key: str) -> str:
    exchange: str = (await house.ask(query_about(key))).json()["exchange_id"]
    return exchange


async def _confirmed(house: House, browser: httpx.AsyncClient) -> str:
    """Let one auditor confirm a finding with a note; give the entry that holds it."""
    finding = await acquainted(house)
    fields = {"verdict": "confirmed", "code": "own-family", "note": NOTE}
    await submit(browser, f"{HERE}/findings/{finding['id']}", fields)
    listed = await house.get("/v1/audit/findings", "auditor", state="confirmed")
    entry: str = listed.json()["findings"][-1]["verdict"]["event"]
    return entry


async def test_a_search_is_narrowed_paged_and_on_record(common: House) -> None:
    """The newest come first; the reading is an entry with the official's name."""
    exchange = await _exchange(common, "andrii")
    async with at_cabinet(common, "auditor-1", "en") as browser:
        found = await browser.get(f"{HERE}/search", params={"kind": "release", "since": "2020-01-01"})
        none = await browser.get(f"{HERE}/search", params={"official": "nobody-here"})
        before = await browser.get(f"{HERE}/search", params={"before": "3"})
        wrong = await browser.get(f"{HERE}/search", params={"official": XSS, "text": XSS})
    read = await common.events(kind="read", official="auditor-1")

    assert f"{HERE}/exchanges/{exchange}" in found.text
    assert "Nothing fits." in none.text
    assert ">2</a>" in before.text
    assert ">3</a>" not in before.text
    assert wrong.status_code == status.HTTP_422_UNPROCESSABLE_CONTENT
    assert "<script>alert" not in wrong.text
    assert [each["result"] for each in read][:3] == ["search", "search", "search"]


async def test_an_exchange_is_shown_with_its_proof_and_its_way(common: House, tmp_path: Path) -> None:
    """Every entry, the picture and the proofs; the file that is kept proves its entry offline."""
    exchange = await _exchange(common, "nina")
    released = next(each for each in await common.story(exchange) if each["kind"] == "release")
    async with at_cabinet(common, "auditor-1", "en") as browser:
        shown = await browser.get(f"{HERE}/exchanges/{exchange}")
        one = await browser.get(f"{HERE}/entries/{released['id']}")
        kept = await browser.get(f"{HERE}/entries/{released['id']}/proof.json")
        unknown = await browser.get(f"{HERE}/exchanges/01a20fbb-2d3e-754f-8eb9-9735c5aa3d54")
    file = tmp_path / "entry.json"
    file.write_bytes(kept.content)
    report = check_statement(file, None)

    assert shown.text.count("The proof holds") >= 2
    assert "<svg" in shown.text
    assert "does not hold" not in shown.text
    assert released["contract"] in one.text
    assert (len(report.proved), report.wrong) == (1, [])
    assert Event.parse(b64decode(kept.json()["lines"][0]["proof"]["entry"])).id == released["id"]
    assert unknown.status_code == status.HTTP_404_NOT_FOUND


async def test_a_case_is_told_in_time(common: House) -> None:
    """Each exchange of a case is one line, and leads to it."""
    exchange = await _exchange(common, "viktor")
    async with at_cabinet(common, "auditor-1", "en") as browser:
        told = await browser.get(f"{HERE}/timeline", params={"case": query_about("viktor")["case"]})
        silent = await browser.get(f"{HERE}/timeline", params={"case": "KYIV-1999-000001"})
        empty = await browser.get(f"{HERE}/timeline")

    assert f"{HERE}/exchanges/{exchange}" in told.text
    assert "The record tells nothing of it." in silent.text
    assert "obmin-empty" in empty.text


async def test_a_finding_is_judged_once(common: House) -> None:
    """What is missing is said beside its field; the second verdict is refused, and the note stays text."""
    finding = await acquainted(common)
    page = f"{HERE}/findings/{finding['id']}"
    async with at_cabinet(common, "auditor-1", "en") as browser:
        queue = await browser.get(f"{HERE}/findings")
        wrong = await submit(browser, page, {"verdict": "", "code": XSS, "note": XSS})
        token = {"verdict": "dismissed", "code": "in-order", "note": ""}
        done = await submit(browser, page, token)
        judged = await browser.get(page)

    assert page in queue.text
    assert "Choose one of the two." in wrong.text
    assert "<script>alert" not in wrong.text
    assert done.status_code == status.HTTP_303_SEE_OTHER
    assert "in-order" in judged.text
    assert "auditor/auditor-1" in judged.text


async def test_a_sealed_part_takes_four_eyes(common: House) -> None:
    """Whoever asks cannot agree; the second auditor does; the first reads it, once."""
    async with (
        at_cabinet(common, "auditor-1", "en") as first,
        at_cabinet(common, "auditor-2", "en") as second,
    ):
        entry = await _confirmed(common, first)
        asked = await submit(
            first, f"{HERE}/unsealings?event={entry}", {"event": entry, "reason": "complaint-17"}
        )
        request = (await common.get("/v1/audit/unsealings", "auditor")).json()["unsealings"][-1]["id"]
        decision, opening = (f"{HERE}/unsealings/{request}/{part}" for part in ("decision", "opening"))
        early = await submit(first, f"{HERE}/unsealings", {}, opening)
        own = await submit(first, f"{HERE}/unsealings", {"decision": "approve"}, decision)
        agreed = await submit(second, f"{HERE}/unsealings", {"decision": "approve"}, decision)
        others = await submit(second, f"{HERE}/unsealings", {}, opening)
        read = await submit(first, f"{HERE}/unsealings", {}, opening)
        again = await submit(first, f"{HERE}/unsealings", {}, opening)
    steps = [each["official"] for each in await common.events(kind="unsealing")]

    assert (asked.status_code, agreed.status_code) == (303, 303)
    assert "Nobody has agreed yet." in early.text
    assert "another person has to decide" in own.text
    assert others.status_code == status.HTTP_404_NOT_FOUND
    assert NOTE in read.text
    assert "a sealed part is read once" in again.text
    assert steps == ["auditor-1", "auditor-2", "auditor-1"]


async def test_a_sample_is_drawn_again_by_its_seed(common: House) -> None:
    """The same seed and size give the same entries, and both drawings are on record."""
    await _exchange(common, "olena")
    async with at_cabinet(common, "auditor-1", "en") as browser:
        await submit(browser, f"{HERE}/samples", {"each": "2"})
        plan = (await common.events(kind="sample"))[-1]["details"]
        again = {"each": "2", "seed": plan["seed"], "size": str(plan["size"])}
        drawn = [await submit(browser, f"{HERE}/samples", again) for _ in range(2)]
        wrong = await submit(browser, f"{HERE}/samples", {"each": "0", "size": "5"})

    assert plan["seed"] in drawn[0].text
    assert drawn[0].text.count(f"{HERE}/exchanges/") == drawn[1].text.count(f"{HERE}/exchanges/") > 0
    assert "Write a number from 1 to 1000." in wrong.text


async def test_files_leave_on_record(common: House) -> None:
    """A pack needs to be about something; an export is a file; both are listed with who took them."""
    exchange = await _exchange(common, "amir")
    async with at_cabinet(common, "auditor-1", "en") as browser:
        page, to = f"{HERE}/exports", f"{HERE}/evidence"
        pack = await submit(browser, page, {"exchange_id": exchange}, to)
        nothing = await submit(browser, page, {}, to)
        absent = await submit(browser, page, {"case": "KYIV-1999-000001"}, to)
        table = await submit(browser, page, {"format": "csv", "exchange_id": exchange})
        unformed = await submit(browser, page, {"format": XSS})
        listed = await browser.get(page)

    assert pack.headers["content-type"] == "application/gzip"
    assert "Say what it is about" in nothing.text
    assert "Nothing fits." in absent.text
    assert exchange in table.text
    assert table.headers["content-disposition"].endswith('.csv"')
    assert "Choose a format." in unformed.text
    assert "auditor-1" in listed.text


async def test_the_record_and_what_waits_stand_on_the_first_pages(common: House) -> None:
    """The signed head, its key, and the figures of what waits."""
    async with at_cabinet(common, "auditor-1", "en") as browser:
        first = await browser.get(f"{HERE}/")
        log = await browser.get(f"{HERE}/log")
        emergencies = await browser.get(f"{HERE}/emergencies")
    key = (await common.http.get("/log/key")).text.strip()

    assert "Releases per day" in first.text
    assert key.replace("+", "&#43;") in log.text or key in log.text
    assert "No witness is asked in this deployment." in log.text
    assert "No emergency waits" in emergencies.text


async def test_a_complaint_is_answered_here(common: House) -> None:
    """Its words and the answer are text; an objection to an agency stays sealed for the auditor."""
    exchange = await _exchange(common, "ihor")
    subject = query_about("ihor")["subject"]
    made = [
        (
            await common.post(
                "/v1/appeals",
                {
                    "subject": subject,
                    "matter": matter,
                    "exchange_id": exchange,
                    "statement": f"{matter} {XSS}",
                },
                "person-portal",
            )
        ).json()["id"]
        for matter in ("complaint", "objection")
    ]
    page = f"{HERE}/appeals/{made[0]}"
    async with at_cabinet(common, "auditor-1", "en") as browser:
        listed = await browser.get(f"{HERE}/appeals")
        shown = await browser.get(page)
        sealed = await browser.get(f"{HERE}/appeals/{made[1]}")
        wrong = await submit(browser, page, {"words": "short"})
        done = await submit(browser, page, {"outcome": "upheld", "words": "You are right, it will stop"})
        answered = await browser.get(page)

    assert page in listed.text
    assert "complaint &#34;&gt;&lt;script&gt;" in shown.text
    assert sealed.status_code == status.HTTP_404_NOT_FOUND
    assert "Choose an answer." in wrong.text
    assert done.status_code == status.HTTP_303_SEE_OTHER
    assert "You are right" in answered.text


async def test_the_case_of_somebody_at_risk_is_hidden(common: House) -> None:
    """An auditor without the right sees that it is hidden, and why, and gets no file that names it."""
    query = query_about("nadiia")
    exchange = await _exchange(common, "nadiia")
    protection = {
        "subject": query["subject"],
        "danger": "violence",
        "from_any_representative": True,
        "evidence": "order-1",
        "official": "worker-17",
    }
    await common.post("/v1/protections", protection)
    asked = (await common.story(exchange))[0]["id"]
    async with at_cabinet(common, "auditor-1", "en") as browser:
        shown = await browser.get(f"{HERE}/exchanges/{exchange}")
        one = await browser.get(f"{HERE}/entries/{asked}")
        file = await browser.get(f"{HERE}/entries/{asked}/proof.json")

    assert "hidden for the person's safety" in shown.text
    assert query["case"] not in shown.text + one.text
    assert file.status_code == status.HTTP_404_NOT_FOUND


async def test_nobody_else_gets_in(common: House) -> None:
    """A case worker's session does not open it, and no session leads to the way in."""
    async with at_cabinet(common, "worker-17") as browser:
        forbidden = await browser.get(f"{HERE}/")
    anonymous = await common.http.get(f"{HERE}/search")

    assert forbidden.status_code == status.HTTP_403_FORBIDDEN
    assert anonymous.headers["Location"].startswith("/sign-in?next=")

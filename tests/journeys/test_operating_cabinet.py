"""The operator's cabinet: what needs somebody, and what she may do about it."""

from __future__ import annotations

import pytest

from gateway.signin.sessions import Level
from tests.cabinets import at_cabinet, submit
from tests.journeys.house import House
from tests.operating import apply, lose_messages, propose

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = ("", "sources", "sources/health", "queues", "queues/preview", "contracts", "keys", "agencies")


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("name", PAGES)
async def test_every_page_opens_before_there_is_anything_on_it(
    common: House, name: str, language: str
) -> None:
    """An empty house has every page, in both languages, and says what would be there."""
    async with at_cabinet(common, "operator-1", language) as browser:
        page = await browser.get(f"/cabinet/operating/{name}")

    assert page.status_code == 200
    assert f'lang="{language}"' in page.text


@pytest.mark.parametrize("who", ["worker-17", "partner-1", "auditor-1"])
async def test_it_is_the_operators_alone(common: House, who: str) -> None:
    """Officials of other agencies are refused with a page, and told how to sign in as somebody else."""
    async with at_cabinet(common, who, "en") as browser:
        page = await browser.get("/cabinet/operating/keys")

    assert page.status_code == 403
    assert "Sign in as somebody else" in page.text


async def test_dead_letters_go_again_after_somebody_has_looked(common: House) -> None:
    """The preview counts, the button starts the replay on the record, by the name of who pressed it."""
    await lose_messages(common, 3)
    async with at_cabinet(common, "operator-1", "en") as browser:
        queues = await browser.get("/cabinet/operating/queues")
        preview = await browser.get("/cabinet/operating/queues/preview?agency=clinic")
        token = preview.text.partition('name="token" value="')[2].partition('"')[0]
        started = await submit(
            browser,
            "/cabinet/operating/queues/preview?agency=clinic",
            {"token": token, "agency": "clinic", "code": "", "type": ""},
            "/cabinet/operating/queues/replays",
        )
    events = await common.events(kind="replay")

    assert "http-422" in queues.text
    assert "Send 3 messages again" in preview.text
    assert started.status_code == 303
    assert [event["official"] for event in events if event["result"] == "started"] == ["operator-1"]


async def test_a_replay_that_nobody_has_seen_is_refused(common: House) -> None:
    """A made-up token starts nothing; the page says that things have changed."""
    async with at_cabinet(common, "operator-1", "en") as browser:
        refused = await submit(
            browser, "/cabinet/operating/queues", {"token": "0" * 64}, "/cabinet/operating/queues/replays"
        )

    assert refused.status_code == 409


async def test_two_officials_let_a_partner_in(common: House) -> None:
    """What the applicant calls itself is text and nothing else; the second approval is another's."""
    await apply(common)
    async with at_cabinet(common, "operator-1", "en") as first, at_cabinet(common, "operator-2") as second:
        page = await first.get("/cabinet/operating/agencies")
        approval = "/cabinet/operating/agencies/warm-hands/approval"
        one = await submit(first, "/cabinet/operating/agencies", {}, approval)
        other = await submit(second, "/cabinet/operating/agencies", {}, approval)
        ended = await first.get("/cabinet/operating/agencies")

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert [one.status_code, other.status_code] == [303, 303]
    assert "Suspend warm-hands" in ended.text


async def test_approving_asks_for_a_second_factor(common: House) -> None:
    """A session by password alone is sent to sign in more surely, and nothing is approved."""
    async with at_cabinet(common, "operator-1", "en", Level.LOW) as browser:
        sent = await browser.post("/cabinet/operating/agencies/warm-hands/approval", data={})

    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/sign-in?")
    assert "level=high" in sent.headers["location"]


async def test_a_draft_says_what_it_would_change(common: House) -> None:
    """Who gains which field stands there in words, and whose signature is lacking."""
    propose(common)
    async with at_cabinet(common, "operator-1", "en") as browser:
        page = await browser.get("/cabinet/operating/contracts")

    assert "case-system gains" in page.text
    assert "0 of 2" in page.text

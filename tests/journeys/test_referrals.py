"""A referral travels from a case worker to another agency and back, and every wrong step is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.house import House, query_about
from tests.journeys.referring import (
    NEED,
    OUTCOME,
    PHONE,
    PLACE,
    WORKER,
    referred,
    results,
    seen,
    stepped,
    wish,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_referral_is_sent_accepted_and_completed(house_of: House) -> None:
    """Each step is an entry; the sender reads the receiver's words, which lie nowhere in the open."""
    made = await referred(house_of)
    accepted = await stepped(house_of, made["id"], "acceptance")
    begun = await stepped(house_of, made["id"], "commencement")
    done = await stepped(house_of, made["id"], "completion", words=OUTCOME)
    told = await seen(house_of, made["id"], "case-system")
    kept = await house_of.stored("select * from referrals") + await house_of.stored("select * from outbox")

    assert made["state"] == "sent"
    assert [each.json()["state"] for each in (accepted, begun, done)] == [
        "accepted",
        "in-progress",
        "completed",
    ]
    assert told["outcome"] == OUTCOME
    assert told["content"]["referral.need"] == NEED
    assert await results(house_of, made["id"]) == ["sent", "received", "accepted", "in-progress", "completed"]
    assert "Канарейка" not in kept + done.text + house_of.logs.getvalue()


async def test_the_receiver_sees_more_once_it_has_accepted(house_of: House) -> None:
    """Before, an age band and an area; after, who she is and how she is reached: as the contract says."""
    made = await referred(house_of)
    before = await seen(house_of, made["id"])
    await stepped(house_of, made["id"], "acceptance")
    after = await seen(house_of, made["id"])
    reading = (await house_of.events(kind="referral"))[-1]

    assert before["fields"].keys() == {
        "referral.service",
        "referral.need",
        "referral.area",
        "person.birth_date",
    }
    assert before["fields"]["person.birth_date"] == "35-59"
    assert before["fields"]["referral.area"] == "UA8000000"
    assert after["fields"]["person.birth_date"] == "1990-09-03"
    assert after["fields"]["referral.phone"] == PHONE
    assert after["fields"]["person.family_name"] == "Бондаренко"
    assert not after.keys() & {"case", "subject_ref", "content", "official"}
    assert [each["source"] for each in reading["details"]["sources"]] == ["referral", "referral-accepted"]


async def test_what_rests_on_consent_is_told_with_it_alone(house_of: House) -> None:
    """The career centre learns who she is only if she agreed; without that it can still accept."""
    content = {"referral.service": "retraining", "referral.phone": PHONE}
    made = await referred(house_of, receiver="career-centre", content=content)
    accepted = await stepped(house_of, made["id"], "acceptance", "career-centre")
    shown = await seen(house_of, made["id"], "career-centre")

    assert accepted.json()["state"] == "accepted"
    assert "referral.phone" not in shown["fields"]
    assert shown["withheld"] == {"referral-accepted": "consent-missing"}


@pytest.mark.parametrize(
    ("steps", "wrong", "agency"),
    [
        ([], "commencement", "clinic"),
        ([], "completion", "clinic"),
        ([], "acceptance", "case-system"),
        ([], "rejection", "case-system"),
        ([], "revocation", "clinic"),
        ([], "sending", "case-system"),
        (["acceptance"], "acceptance", "clinic"),
        (["acceptance"], "rejection", "clinic"),
        (["acceptance", "commencement"], "commencement", "clinic"),
        (["acceptance", "commencement"], "acceptance", "clinic"),
        (["acceptance", "completion"], "completion", "clinic"),
        (["acceptance", "completion"], "revocation", "case-system"),
        (["acceptance", "completion"], "acceptance", "clinic"),
        (["rejection"], "acceptance", "clinic"),
        (["rejection"], "rejection", "clinic"),
        (["rejection"], "completion", "clinic"),
        (["rejection"], "revocation", "case-system"),
        (["revocation"], "acceptance", "clinic"),
        (["revocation"], "rejection", "clinic"),
        (["revocation"], "revocation", "case-system"),
    ],
)
async def test_a_step_that_may_not_follow_is_refused(
    common: House, steps: list[str], wrong: str, agency: str
) -> None:
    """A wrong step, or one of the wrong side, is a conflict and changes nothing."""
    made = await referred(common)
    sides = ["case-system" if step == "revocation" else "clinic" for step in steps]
    taken = [
        await stepped(common, made["id"], step, side, **_reason(step))
        for step, side in zip(steps, sides, strict=True)
    ]
    stood = (await seen(common, made["id"], "case-system"))["state"]
    refused = await stepped(common, made["id"], wrong, agency, **_reason(wrong))
    stands = (await seen(common, made["id"], "case-system"))["state"]

    assert all(each.is_success for each in taken)
    assert (refused.status_code, stands) == (
        409,
        "received" if stood == "sent" and agency == "clinic" else stood,
    )


def _reason(step: str) -> dict[str, Any]:
    return {"reason": "no-capacity"} if step in {"rejection", "revocation"} else {}


async def test_a_draft_is_changed_and_then_sent(common: House) -> None:
    """The receiver knows nothing of a draft; a change of another's version is refused."""
    made = await referred(common, draft=True)
    unseen = await common.get(f"{PLACE}/{made['id']}", "clinic")
    content = {"content": {"referral.service": "dentist"}}
    changed = await common.put(f"{PLACE}/{made['id']}", content, If_Match='"1"')
    lost = await common.put(f"{PLACE}/{made['id']}", content, If_Match='"1"')
    sent = await stepped(common, made["id"], "sending", "case-system")
    late = await common.put(f"{PLACE}/{made['id']}", content)

    assert (made["state"], unseen.status_code) == ("draft", 404)
    assert (changed.headers["etag"], lost.status_code, late.status_code) == ('"2"', 412, 409)
    assert sent.json()["state"] == "sent"
    assert (await seen(common, made["id"]))["fields"]["referral.service"] == "dentist"
    assert await results(common, made["id"]) == ["drafted", "changed", "sent"]


@pytest.mark.parametrize(("step", "agency"), [("rejection", "clinic"), ("revocation", "case-system")])
async def test_whoever_does_not_help_sees_nothing_any_more(common: House, step: str, agency: str) -> None:
    """A rejected or revoked referral tells its receiver that it ended, and nothing of the person."""
    made = await referred(common)
    before = await seen(common, made["id"])
    await stepped(common, made["id"], step, agency, reason="no-capacity")
    after = await seen(common, made["id"])

    assert before["fields"]
    assert (after["reason"], after["fields"]) == ("no-capacity", {})


async def test_the_same_step_twice_is_one(common: House) -> None:
    """An idempotency key repeats the answer; another version in `If-Match` is a precondition that failed."""
    made = await referred(common)
    old = await stepped(common, made["id"], "acceptance", headers={"If_Match": '"7"'})
    one = await stepped(common, made["id"], "acceptance", headers={"Idempotency_Key": f"a-{made['id']}"})
    two = await stepped(common, made["id"], "acceptance", headers={"Idempotency_Key": f"a-{made['id']}"})

    assert old.status_code == 412
    assert one.json() == two.json()
    assert await results(common, made["id"]) == ["sent", "received", "accepted"]


async def test_whoever_moves_is_referred_to_another_agency_in_one_step(common: House) -> None:
    """The first receiver's referral ends, the second's begins with the same words; the worker may change."""
    made = await referred(common)
    content = {"referral.service": "retraining"}
    narrow = await referred(common, content=content)
    refused = await common.post(
        f"{PLACE}/{made['id']}/transfer", {"official": WORKER, "receiver": "career-centre"}
    )
    moved = await common.post(
        f"{PLACE}/{narrow['id']}/transfer", {"official": WORKER, "receiver": "career-centre"}
    )
    handed = await common.post(
        f"{PLACE}/{moved.json()['id']}/transfer", {"official": WORKER, "to": "worker-18"}
    )
    ended = await seen(common, narrow["id"], "case-system")

    assert refused.json()["type"] == "/problems/not-permitted"
    assert (moved.status_code, moved.json()["predecessor"]) == (201, narrow["id"])
    assert (ended["state"], ended["reason"]) == ("revoked", "transferred")
    assert handed.json()["official"] == "worker-18"
    assert (await seen(common, moved.json()["id"], "career-centre"))["fields"][
        "referral.service"
    ] == "retraining"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"receiver": "partner"}, 403),
        ({"receiver": "nobody"}, 403),
        ({"purpose": "crisis-intervention"}, 403),
        ({"case": "KYIV-1999-000001"}, 403),
        ({"official": {"id": "worker-99"}}, 403),
        ({"subject": query_about("andrii")["subject"]}, 403),
        ({"content": {"health.needs_care": True}}, 403),
        ({"content": {"referral.unheard": "x"}}, 403),
        ({"content": {"referral.service": True}}, 422),
        ({"content": {"referral.service": ["a"]}}, 422),
        ({"priority": "whenever"}, 422),
        ({"kind": "contribution"}, 422),
        ({"sections": ["health"]}, 422),
        ({"official": None}, 422),
    ],
)
async def test_what_may_not_be_told_is_not_sent(
    common: House, changes: dict[str, object], status: int
) -> None:
    """No contract, no open case, a field that the contract does not name or a value of another type."""
    before = len((await common.get(PLACE, limit="200")).json()["referrals"])
    refused = await common.post(PLACE, wish(**changes))
    after = len((await common.get(PLACE, limit="200")).json()["referrals"])

    assert (refused.status_code, before) == (status, after)


async def test_safety_hides_where_somebody_at_risk_is(common: House) -> None:
    """Whatever the contract says, a receiver is not told where a person is whom somebody threatens."""
    at_risk = query_about("olena")
    changes = {"subject": at_risk["subject"], "case": at_risk["case"]}
    made = await referred(common, **changes)
    await stepped(common, made["id"], "acceptance")
    shown = await seen(common, made["id"])

    assert "referral.service" in shown["fields"]
    assert not shown["fields"].keys() & {"referral.area", "referral.phone"}


async def test_who_is_no_side_of_a_referral_knows_nothing_of_it(common: House) -> None:
    """Another receiver, another agency's step and an unknown id look alike; an auditor has the record."""
    made = await referred(common)
    foreign = await common.get(f"{PLACE}/{made['id']}", "career-centre")
    step = await stepped(common, made["id"], "acceptance", "career-centre")
    unknown = await common.get(f"{PLACE}/0197f0a0-0000-7000-8000-000000000000", "career-centre")
    auditor = await common.get(PLACE, "auditor")
    listed = (await common.get(PLACE, "career-centre", limit="200")).json()["referrals"]

    assert (foreign.status_code, step.status_code, unknown.status_code) == (404, 404, 404)
    assert auditor.status_code == 403
    assert made["id"] not in [each["id"] for each in listed]


async def test_referrals_are_listed_in_pages_by_state(common: House) -> None:
    """Both sides list what is theirs; a page ends where the next begins."""
    first, second = await referred(common), await referred(common)
    await stepped(common, second["id"], "rejection", reason="out-of-area")
    rejected = (await common.get(PLACE, "clinic", state="rejected", limit="200")).json()["referrals"]
    page = (await common.get(PLACE, after=first["id"], limit="1")).json()
    wrong = await common.get(PLACE, state="lost")

    assert rejected[-1]["id"] == second["id"]
    assert rejected[-1]["reason"] == "out-of-area"
    assert [each["id"] for each in page["referrals"]] == [second["id"]]
    assert wrong.status_code == 422


async def test_a_rejection_says_why_by_a_code_of_the_list(common: House) -> None:
    """An unknown reason is refused with its place; the list has words in both languages."""
    made = await referred(common)
    refused = await stepped(common, made["id"], "rejection", reason="tired")
    silent = await stepped(common, made["id"], "rejection")
    reasons = (await common.get(f"{PLACE}/reasons", "clinic")).json()["reasons"]

    assert (refused.status_code, silent.status_code) == (422, 422)
    assert {"code": "no-capacity", "uk": "Немає місць", "en": "No capacity"} in reasons

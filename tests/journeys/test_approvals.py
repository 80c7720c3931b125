"""The registry's own approval by one-time code: from the person's telephone to a consent on file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from adapters.people import load_people
from adapters.simulation import Kind
from contracts.vocabulary import Source
from gateway.storage.engine import Database
from tests.journeys.house import House, query_about

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _wanted(key: str, **changes: Any) -> dict[str, Any]:
    query = query_about(key)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    return {
        "subject": query["subject"],
        "case": query["case"],
        "official": "worker-17",
        "source": "health",
        "purpose": "needs-assessment",
        "until": until,
        **changes,
    }


async def _asked(house: House, key: str) -> dict[str, Any]:
    response = await house.post("/v1/approvals", _wanted(key))
    assert response.status_code == 201, response.text
    asked: dict[str, Any] = response.json()
    return asked


async def _phone(house: House, key: str) -> list[dict[str, str]]:
    """Read what the simulated registry has sent to a person's telephone."""
    address = f"{house.settings.sources['health'].url}/phone"
    response = await house.http.post(address, json={"tax_id": load_people()[key].rnokpp})
    messages: list[dict[str, str]] = response.json()["data"]
    return messages


async def _code(house: House, key: str) -> str:
    return (await _phone(house, key))[-1]["code"]


async def _other_code(house: House, key: str) -> str:
    return f"{(int(await _code(house, key)) + 1) % 10_000:04}"


async def _hand_in(house: House, asked: dict[str, Any], code: str) -> httpx.Response:
    return await house.post(f"/v1/approvals/{asked['id']}/verification", {"code": code})


async def _set(house: House, asked: dict[str, Any], change: str) -> None:
    """Change what is on file beside the gateway: time passes, or it is another agency's."""
    database = Database(house.settings.database.url)
    try:
        await database.write(text(f"update approvals set {change} where id = :id"), id=asked["id"])  # noqa: S608
    finally:
        await database.close()


async def _steps(house: House, asked: dict[str, Any]) -> list[str]:
    """Give what the record tells of an approval, the oldest first."""
    events = await house.events(subject_ref=asked["subject_ref"])
    mine = [event for event in events if event["details"].get("approval") == asked["id"]]
    return [event["result"] for event in sorted(mine, key=lambda event: str(event["at"]))]


async def test_the_right_code_puts_a_consent_on_file(house_of: House) -> None:
    """What was withheld is told on the ground of what the person said, and each step is on record."""
    before = (await house_of.ask(query_about("amir"))).json()
    asked = await _asked(house_of, "amir")
    message = (await _phone(house_of, "amir"))[-1]
    verified = await _hand_in(house_of, asked, message["code"])
    consent = (await house_of.get(f"/v1/consents/{verified.json()['consent']}")).json()
    after = (await house_of.ask(query_about("amir"))).json()
    preview = await house_of.post("/v1/social-history/preview", query_about("amir"))

    assert (asked["state"], asked["sent"], asked["wrong_codes"]) == ("asked", 1, 0)
    assert (verified.status_code, verified.json()["state"]) == (201, "given")
    assert message["text"] == preview.json()["consent_text"]["uk"]["text"]
    assert consent["notice_digest"] == preview.json()["consent_text"]["uk"]["digest"]
    assert before["sources"]["health"]["status"] == "withheld"
    assert after["sources"]["health"]["status"] == "answered"
    assert after["ground"]["id"] == consent["id"]
    assert await _steps(house_of, asked) == ["approval-asked", "approval-sent", "approval-verified"]


async def test_the_third_wrong_code_ends_it(house_of: House) -> None:
    """Wrong codes are counted; after three even the right one gives nothing."""
    asked = await _asked(house_of, "nadiia")
    wrong = await _other_code(house_of, "nadiia")
    answers = [await _hand_in(house_of, asked, wrong) for _ in range(3)]
    late = await _hand_in(house_of, asked, await _code(house_of, "nadiia"))
    shown = (await house_of.get(f"/v1/approvals/{asked['id']}")).json()
    answer = (await house_of.ask(query_about("nadiia"))).json()

    assert [each.status_code for each in answers] == [422, 422, 422]
    assert {each.json()["type"] for each in answers} == {"/problems/code-wrong"}
    assert (late.status_code, shown["state"], shown["wrong_codes"]) == (409, "ended", 3)
    assert answer["sources"]["health"]["status"] == "withheld"
    assert await _steps(house_of, asked) == [
        "approval-asked",
        "approval-sent",
        *["approval-code-wrong"] * 3,
        "approval-ended",
    ]


async def test_a_code_that_has_expired_gives_nothing(house_of: House) -> None:
    """After its end the right code is too late, which is told and on record."""
    asked = await _asked(house_of, "stepan")
    await _set(house_of, asked, "expires_at = 1")
    late = await _hand_in(house_of, asked, await _code(house_of, "stepan"))
    shown = (await house_of.get(f"/v1/approvals/{asked['id']}")).json()

    assert (late.status_code, shown["state"]) == (409, "expired")
    assert (await _steps(house_of, asked))[-1] == "approval-expired"


async def test_a_new_code_is_sent_after_a_while_and_alone_counts(house_of: House) -> None:
    """At once it is refused; later a new code comes, and the old one has become a wrong one."""
    asked = await _asked(house_of, "nina")
    first = await _code(house_of, "nina")
    soon = await house_of.post(f"/v1/approvals/{asked['id']}/resending", {})
    await _set(house_of, asked, "sent_at = 1")
    again = await house_of.post(f"/v1/approvals/{asked['id']}/resending", {})
    codes = [message["code"] for message in await _phone(house_of, "nina")]
    verified = await _hand_in(house_of, asked, codes[-1])

    assert (soon.status_code, soon.json()["type"]) == (429, "/problems/code-just-sent")
    assert (again.status_code, again.json()["sent"]) == (200, 2)
    assert (len(codes), codes[0]) == (2, first)
    assert verified.status_code == 201
    assert "approval-resent" in await _steps(house_of, asked)


async def test_a_person_is_not_asked_twice_at_once(house_of: House) -> None:
    """While one code is out no second goes to the same telephone."""
    await _asked(house_of, "viktor")
    second = await house_of.post("/v1/approvals", _wanted("viktor"))

    assert (second.status_code, second.json()["type"]) == (429, "/problems/asked-too-often")
    assert len(await _phone(house_of, "viktor")) == 1


async def test_somebody_elses_approval_looks_like_none(house_of: House) -> None:
    """What another agency asked for is not there: not to be read, answered or sent again."""
    asked = await _asked(house_of, "lukian")
    place = f"/v1/approvals/{asked['id']}"
    code = await _code(house_of, "lukian")
    await _set(house_of, asked, "agency = 'another'")
    read = await house_of.get(place)
    tried = await _hand_in(house_of, asked, code)
    resent = await house_of.post(f"{place}/resending", {})
    none = await house_of.get("/v1/approvals/0b3f3f2e-0000-4000-8000-000000000000")
    partner = await house_of.get(place, "partner")

    assert [each.status_code for each in (read, tried, resent, none)] == [404] * 4
    assert partner.status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"source": "education"}, 422, "invalid-body"),
        ({"source": "donors-of-nowhere"}, 403, "not-permitted"),
        ({"purpose": "crisis-intervention", "source": "veterans"}, 403, "not-permitted"),
        ({"case": "KYIV-2026-000120"}, 403, "case-not-open"),
        ({"official": "worker-99"}, 403, "case-not-open"),
        ({"until": "2020-01-01T00:00:00Z"}, 422, "invalid-body"),
        ({"until": "2027-01-01T00:00:00"}, 422, "invalid-body"),
        ({"code": "1234"}, 422, "invalid-body"),
    ],
)
async def test_nobody_is_asked_without_contract_and_case(
    house_of: House, changes: dict[str, Any], status: int, slug: str
) -> None:
    """What no contract, case or registry stands behind sends no code to anybody."""
    refused = await house_of.post("/v1/approvals", _wanted("ihor", **changes))

    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{slug}")
    assert await _phone(house_of, "ihor") == []


async def test_a_silent_registry_ends_what_was_asked(house_of: House) -> None:
    """Where no code could be sent the caller hears why, and she may be asked again at once."""
    house_of.faults.set(Source("health"), Kind.DOWN)
    failed = await house_of.post("/v1/approvals", _wanted("taras"))
    house_of.faults.clear(Source("health"))
    asked = await _asked(house_of, "taras")

    assert failed.status_code == 502
    assert asked["state"] == "asked"


async def test_a_try_that_the_registry_could_not_check_does_not_count(house_of: House) -> None:
    """The person loses nothing by a registry that is down."""
    asked = await _asked(house_of, "hanna")
    code = await _code(house_of, "hanna")
    house_of.faults.set(Source("health"), Kind.DOWN)
    failed = await _hand_in(house_of, asked, code)
    house_of.faults.clear(Source("health"))
    shown = (await house_of.get(f"/v1/approvals/{asked['id']}")).json()
    verified = await _hand_in(house_of, asked, code)

    assert (failed.status_code, shown["wrong_codes"]) == (502, 0)
    assert verified.status_code == 201

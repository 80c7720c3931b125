"""People at risk: who hides them, who uncovers them, from whom they are protected; who can consent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.house import House, query_about

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACE = "education.institution"


def _protection(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "subject": query_about(key)["subject"],
        "danger": "violence",
        "evidence": "restraining order 12/26",
        "official": "worker-17",
        **changes,
    }


async def _protected(house: House, key: str, **changes: Any) -> dict[str, Any]:
    response = await house.post("/v1/protections", _protection(key, **changes))
    assert response.status_code == 201, response.text
    protection: dict[str, Any] = response.json()
    return protection


async def _reason(house: House, query: dict[str, Any]) -> tuple[str, str]:
    """Ask for health alone; give the problem told and the exact reason on record."""
    told = (await house.ask(query)).json()
    return told["type"], (await house.story(told["instance"]))[-1]["reason"]


def _health(key: str) -> dict[str, Any]:
    return query_about(key, sources=["health"])


async def test_protection_hides_a_place_until_two_people_lift_it(house_of: House) -> None:
    """Set, no source tells the place; lifted by two, it is told again. Both are on record."""
    before = (await house_of.ask(query_about("nazar"))).json()
    protection = await _protected(house_of, "nazar")
    hidden = (await house_of.ask(query_about("nazar"))).json()
    lifting = f"/v1/protections/{protection['id']}/lifting"
    decision = {"official": "worker-17", "evidence": "court decision 7"}
    alone = await house_of.post(lifting, {**decision, "second": "worker-17"})
    lifted = await house_of.post(lifting, {**decision, "second": "worker-18"})
    after = (await house_of.ask(query_about("nazar"))).json()
    told = [
        (event["kind"], event["result"])
        for event in await house_of.events(subject_ref=protection["subject_ref"])
    ]

    assert PLACE in before["fields"]
    assert {"field": PLACE, "reason": "safety"} in hidden["withheld"]
    assert PLACE not in hidden["fields"]
    assert (alone.status_code, lifted.status_code) == (409, 200)
    assert PLACE in after["fields"]
    assert {("protection", "set"), ("protection", "lifted")} <= set(told)


async def test_what_another_protection_hides_stays_hidden(house_of: House) -> None:
    """Two reasons to hide a person: lifting one leaves the other's masks."""
    first = await _protected(house_of, "andrii", danger="witness")
    await _protected(house_of, "andrii", categories=["whereabouts"])
    decision = {"official": "worker-17", "second": "worker-18", "evidence": "court decision 8"}
    await house_of.post(f"/v1/protections/{first['id']}/lifting", decision)
    answer = (await house_of.ask(query_about("andrii", fields=[PLACE, "education.status"]))).json()

    assert answer["withheld"] == [{"field": PLACE, "reason": "safety"}]


@pytest.mark.parametrize("agency", ["partner", "auditor", "person-portal"])
async def test_protection_takes_a_named_right(house_of: House, agency: str) -> None:
    """Whoever lacks the right can neither set nor list nor lift it."""
    refused = await house_of.post("/v1/protections", _protection("ihor"), agency)
    listed = await house_of.get("/v1/protections", agency, subject_ref="0" * 32)

    assert (refused.status_code, listed.status_code) == (403, 403)


async def test_whoever_a_child_is_protected_from_cannot_consent_for_her(house_of: House) -> None:
    """The father's consent opens nothing; the mother's does."""
    father, mother = query_about("andrii")["subject"], query_about("maria")["subject"]
    await _protected(house_of, "solomiia", shielded_from=[father], categories=["whereabouts"])
    for_her = {"given_by": "parent", "evidence": "birth record 12-400"}
    await house_of.post("/v1/consents", await house_of.consent("solomiia", **for_her, giver=father))
    refused = await _reason(house_of, _health("solomiia"))
    given = await house_of.post("/v1/consents", await house_of.consent("solomiia", **for_her, giver=mother))
    answer = (await house_of.ask(_health("solomiia"))).json()

    assert refused == ("/problems/consent-missing", "consent-giver-is-risk")
    assert answer["ground"]["id"] == given.json()["id"]


async def test_nobody_unknown_consents_where_any_representative_may_be_the_danger(house_of: House) -> None:
    """Unknown is deny: a parent's consent does not serve while it is not known who the danger is."""
    await _protected(house_of, "danylo", from_any_representative=True, categories=["whereabouts"])
    for_him = {"given_by": "parent", "evidence": "birth record 12-401"}
    await house_of.post("/v1/consents", await house_of.consent("danylo", **for_him))

    assert await _reason(house_of, _health("danylo")) == (
        "/problems/consent-missing",
        "consent-giver-is-risk",
    )


@pytest.mark.parametrize(
    ("key", "capacity", "problem", "exact"),
    [
        ("nina", "incapable", "consent-missing", "consent-incapable"),
        ("viktor", "dead", "not-permitted", "subject-dead"),
        ("stepan", "unknown", "consent-missing", "consent-capacity-unknown"),
    ],
)
async def test_who_cannot_act_in_law_does_not_consent(
    house_of: House, key: str, capacity: str, problem: str, exact: str
) -> None:
    """Her own consent opens nothing once it is filed that she cannot give one."""
    await house_of.post("/v1/consents", await house_of.consent(key))
    body = {"subject": query_about(key)["subject"], "capacity": capacity}
    filed = await house_of.post("/v1/capacity", {**body, "evidence": "decision 3", "official": "worker-17"})

    assert filed.status_code == 201
    assert await _reason(house_of, _health(key)) == (f"/problems/{problem}", exact)


async def test_authority_ends_on_its_day(house_of: House) -> None:
    """A guardian whose authority has ended consents to nothing more, by the second."""
    over = {"authority_until": "2026-01-01T00:00:00Z"}
    consent = await house_of.consent("hanna", given_by="guardian", evidence="court decision 9", **over)
    given = await house_of.post("/v1/consents", consent)

    assert given.json()["state"] == "guardian-authority-ended"
    assert (await _reason(house_of, _health("hanna")))[1] == "consent-authority-ended"


async def test_a_consent_that_is_anothers_proves_nothing(house_of: House) -> None:
    """A query that names somebody else's consent is refused; only the record says why."""
    other = (await house_of.post("/v1/consents", await house_of.consent("amir"))).json()
    named = query_about("nadiia", sources=["health"], consent=other["id"])

    assert await _reason(house_of, named) == ("/problems/consent-missing", "consent-other-person")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"sources": ["astrology"]}, "/sources"),
        ({"until": "2026-01-01T00:00:00Z"}, "/until"),
        ({"until": "2027-01-01T00:00:00"}, "/until"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_at_its_place(
    house_of: House, changes: dict[str, Any], pointer: str
) -> None:
    """An order names sources that there are, and ends after it begins."""
    order = {
        "subject": query_about("lukian")["subject"],
        "citation": "Shevchenkivskyi court, case 761/1/26",
        "sources": ["health"],
        "since": "2026-06-01T00:00:00Z",
        "until": "2027-06-01T00:00:00Z",
        "official": "worker-17",
    }
    refused = await house_of.post("/v1/court-orders", {**order, **changes})
    filed = await house_of.post("/v1/court-orders", order)

    assert [place["pointer"] for place in refused.json()["errors"]] == [pointer]
    assert filed.status_code == 201

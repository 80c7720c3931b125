"""Several agencies write their parts of a needs assessment; the case worker and the person read them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from gateway.signed import sign
from tests.journeys.house import CASE, MARIA, House, query_about
from tests.journeys.referring import PLACE, WORKER, results, stepped

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKS = "/v1/contribution-requests"
ME = {"subject": {"scheme": "rnokpp", "value": MARIA}}
HEALTH = "Канарейка-Внесок: потребує супроводу"


async def asked(house: House, sections: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Ask the clinic for its part of the main person's assessment."""
    made = await house.post(ASKS, wish(sections, **changes))
    assert made.status_code == 201, made.text
    shown: dict[str, Any] = made.json()["referrals"][0]
    return shown


def wish(sections: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """Give the body that asks the clinic."""
    asks = [{"agency": "clinic", "sections": sections or ["health", "self_care"]}]
    return {
        **ME,
        "case": CASE,
        "official": WORKER,
        "purpose": "assessment-contribution",
        "asks": asks,
        **changes,
    }


def signed(house: House, agency: str, content: dict[str, Any], kid: str = "") -> str:
    """Sign a contribution with an agency's own key."""
    jwk = json.loads(house.demo.private_key(agency).read_text("utf-8"))
    return sign(content, ECKey.import_key(jwk), kid or jwk["kid"])


async def said(
    house: House,
    referral: str,
    sections: dict[str, str],
    *,
    whole: bool = False,
    agency: str = "clinic",
    **changes: Any,
) -> httpx.Response:
    """Add to an assessment."""
    content = {"referral": referral, "official": "dr-1", "sections": sections, "whole": whole, **changes}
    body = {"signed": signed(house, agency, content)}
    return await house.post(f"{PLACE}/{referral}/contributions", body, agency)


async def test_parts_are_added_until_nothing_is_left(house_of: House) -> None:
    """The first part begins it, the last completes it; the case worker reads who said what, signed."""
    made = await asked(house_of)
    first = await said(house_of, made["id"], {"health": HEALTH})
    last = await said(house_of, made["id"], {"self_care": "сама", "health": f"{HEALTH} щодня"}, whole=True)
    read = (await house_of.get(f"{PLACE}/{made['id']}/contributions")).json()
    kept = await house_of.stored("select * from contributions") + house_of.logs.getvalue() + last.text

    assert [made["kind"], made["state"]] == ["contribution", "sent"]
    assert [first.json()["state"], last.json()["state"]] == ["in-progress", "completed"]
    assert read["sections"] == {"health": f"{HEALTH} щодня", "self_care": "сама"}
    assert [each["key_id"] for each in read["contributions"]] == ["clinic-1", "clinic-1"]
    assert await results(house_of, made["id"]) == ["sent", "received", "in-progress", "completed"]
    assert "Канарейка" not in kept


async def test_the_person_reads_what_was_said_of_her(house_of: House) -> None:
    """Her portal gives it with section titles and who asked; of somebody else it gives nothing."""
    made = await asked(house_of)
    await said(house_of, made["id"], {"health": HEALTH}, whole=True)
    heard = await house_of.post("/v1/statements/contributions", ME, "person-portal")
    other = {"subject": ME["subject"], "person": query_about("andrii")["subject"]}
    foreign = await house_of.post("/v1/statements/contributions", other, "person-portal")
    mine = next(each for each in heard.json()["contributions"] if each["referral"] == made["id"])

    assert mine["sections"] == [{"section": "health", "uk": "Стан здоров'я", "en": "Health", "text": HEALTH}]
    assert mine["asked_by"]["agency"] == "case-system"
    assert foreign.status_code == 404


async def test_what_a_law_forbids_to_tell_is_left_out(common: House) -> None:
    """What is said of her safety reaches the case worker; her, the contract's article forbids to tell."""
    made = await asked(common, ["safety"])
    await said(common, made["id"], {"safety": HEALTH}, whole=True)
    read = (await common.get(f"{PLACE}/{made['id']}/contributions")).json()
    heard = (await common.post("/v1/statements/contributions", ME, "person-portal")).json()

    assert read["sections"] == {"safety": HEALTH}
    assert made["id"] not in [each["referral"] for each in heard["contributions"]]


async def test_her_statement_names_who_was_asked_for_what(common: House) -> None:
    """A referral and a request for a part are told in plain words, with how far they have come."""
    made = await asked(common)
    await said(common, made["id"], {"health": HEALTH})
    statement = (await common.post("/v1/statements", ME, "person-portal")).json()
    told = next(each for each in statement["referrals"] if each["referral"] == made["id"])

    assert told["state"] == "in-progress"
    assert told["to"]["en"] == "Clinic (demo)"
    assert "Health, Self-care" in told["text"]["en"]
    assert HEALTH not in json.dumps(statement, ensure_ascii=False)


async def test_nobody_is_asked_where_one_may_not_be(common: House) -> None:
    """An agency without a contract, or a section that the contract does not give, refuses all of it."""
    before = len((await common.get(PLACE, kind="contribution", limit="200")).json()["referrals"])
    asks = [*wish()["asks"], {"agency": "partner", "sections": ["health"]}]
    foreign = await common.post(ASKS, wish(asks=asks))
    unheard = await common.post(ASKS, wish(["horoscope"]))
    none = await common.post(ASKS, wish(asks=[]))
    after = len((await common.get(PLACE, kind="contribution", limit="200")).json()["referrals"])

    assert [each.status_code for each in (foreign, unheard, none)] == [403, 403, 422]
    assert before == after


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"sections": {"housing": "x"}}, 422),
        ({"sections": {"health": ""}}, 422),
        ({"sections": {"health": 7}}, 422),
        ({"sections": {}}, 422),
        ({"official": "не код"}, 422),
        ({"whole": "yes"}, 422),
        ({"more": True}, 422),
        ({"referral": "0197f0a0-0000-7000-8000-000000000000"}, 422),
    ],
)
async def test_what_was_not_asked_for_is_not_taken(
    common: House, changes: dict[str, Any], status: int
) -> None:
    """Another section, another referral, or what is no contribution at all."""
    made = await asked(common)
    content = {"referral": made["id"], "official": "dr-1", "sections": {"health": "x"}, "whole": False}
    body = {"signed": signed(common, "clinic", {**content, **changes})}
    refused = await common.post(f"{PLACE}/{made['id']}/contributions", body, "clinic")

    assert refused.status_code == status


async def test_a_signature_is_the_agencys_own_over_canonical_bytes(common: House) -> None:
    """Another agency's key, an unknown key, altered bytes, another algorithm or no signature are refused."""
    made = await asked(common)
    place = f"{PLACE}/{made['id']}/contributions"
    content = {"referral": made["id"], "official": "dr-1", "sections": {"health": "x"}, "whole": False}
    good = signed(common, "clinic", content)
    head, body, signature = good.split(".")
    answers = [
        await common.post(place, {"signed": each}, "clinic")
        for each in (
            signed(common, "career-centre", content, "clinic-1"),
            signed(common, "clinic", content, "clinic-9"),
            f"{head}.{body[:-4]}AAAA.{signature}",
            f"eyJhbGciOiJub25lIiwia2lkIjoiY2xpbmljLTEifQ.{body}.",
            f"{good}=",
            "x.y",
        )
    ]

    assert {each.json()["type"] for each in answers} == {"/problems/signature-wrong"}
    assert (await common.post(place, {"signed": good}, "clinic")).status_code == 201


async def test_a_contribution_is_asked_for_and_added_once_at_a_time(common: House) -> None:
    """What was completed takes no more, a referral takes none, and neither side plays the other's part."""
    made = await asked(common)
    await said(common, made["id"], {"health": "x"}, whole=True)
    late = await said(common, made["id"], {"health": "y"})
    completed = await stepped(common, (await asked(common))["id"], "completion")
    foreign = await said(common, made["id"], {"health": "x"}, agency="career-centre")
    sender = await said(common, made["id"], {"health": "x"}, agency="case-system")
    receiver = await common.get(f"{PLACE}/{made['id']}/contributions", "clinic")
    refused = [late, completed, foreign, sender, receiver]

    assert [each.status_code for each in refused] == [409, 409, 404, 404, 403]


async def test_an_agency_with_nothing_to_say_can_say_so(common: House) -> None:
    """An empty last part completes it; it can be rejected with a reason, too."""
    made, other = await asked(common), await asked(common)
    nothing = await said(common, made["id"], {}, whole=True)
    rejected = await stepped(common, other["id"], "rejection", reason="nothing-known")

    assert nothing.json()["state"] == "completed"
    assert rejected.json()["state"] == "rejected"

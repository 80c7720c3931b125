"""People as they are: at risk, of one name, known here and not there, and told of differently."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.journeys.history import HISTORY
from tests.journeys.house import House, open_house, query_about
from tests.journeys.streaming import stream_events

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHEREABOUTS = {
    "border.checkpoint",
    "child.service",
    "displaced.area",
    "education.institution",
    "employment.centre",
    "identity.address",
    "identity.area",
    "insured.insurer",
    "pupil.school",
}


class Mistaken:
    """The registries, of which education has somebody's sex wrong."""

    def __init__(self, registries: ASGIApp) -> None:
        self._registries = registries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as the registry does, with one member changed."""

        async def change(message: Message) -> None:
            body = message.get("body", b"")
            # One length for both, so that the length that was announced stays true.
            await send({**message, "body": body.replace(b'"gender":"female"', b'"gender":"male"  ')})

        await self._registries(scope, receive, change if scope["path"].startswith("/education") else send)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mistaken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Give a house in which two registries differ about a fact."""
    async with open_house(tmp_path_factory.mktemp("mistaken") / "deployment", front=Mistaken) as opened:
        yield opened


async def test_whoever_is_at_risk_is_not_placed(common: House) -> None:
    """No source tells where she is; each such field is withheld for safety, the rest is given."""
    answer = (await common.ask(query_about("olena"))).json()
    withheld = {each["field"]: each["reason"] for each in answer["withheld"]}

    assert withheld == dict.fromkeys(WHEREABOUTS, "safety")
    assert not WHEREABOUTS & set(answer["fields"])
    assert answer["fields"]["employment.status"]["value"] == "job-seeker"


@pytest.mark.parametrize("place", ["Житомирська", "Житомирський", "Ягодин"])
async def test_no_place_leaves_in_any_other_way(common: House, place: str) -> None:
    """Neither the streamed answer, nor the one read again, nor the sealed part holds a place."""
    await common.post("/v1/consents", await common.consent("olena"))
    streamed = await common.ask(query_about("olena"), Accept="text/event-stream")
    answer = stream_events(streamed.text)[-1][1]
    again = await common.get(f"/v1/social-history/{answer['exchange_id']}")
    opened = common.opened(answer)

    assert answer["sources"]["health"]["status"] == "answered"
    assert place not in streamed.text
    assert place not in again.text
    assert place not in str(opened)


async def test_what_is_withheld_for_safety_is_not_recorded_as_told(common: House) -> None:
    """The record names exactly the fields that left."""
    answer = (await common.ask(query_about("olena"))).json()
    release = (await common.story(answer["exchange_id"]))[-1]
    told = {field for source in release["details"]["sources"] for field in source.get("fields", ())}

    assert not told & WHEREABOUTS
    assert told == set(answer["fields"])


async def test_her_son_is_protected_with_her(common: House) -> None:
    """A child at risk is not placed either."""
    answer = (await common.ask(query_about("danylo"))).json()

    assert {"field": "education.institution", "reason": "safety"} in answer["withheld"]


async def test_asking_for_a_masked_field_alone_tells_nothing(common: House) -> None:
    """A query narrowed to the place asks nobody and says honestly why; no consent is asked for in vain."""
    refused = await common.ask(query_about("olena", fields=["employment.centre"]))

    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/withheld-for-safety"


async def test_namesakes_are_counted_and_nothing_is_told(common: House) -> None:
    """The border, which knows names only, finds two: a count, a next step, and no field of either."""
    answer = (await common.ask(query_about("oleksandr-kyiv"))).json()
    border = answer["sources"]["border"]

    assert (border["status"], border["candidates"], border["reason"]) == ("ambiguous", 2, "ambiguous")
    assert border["next"]
    assert not any(field.startswith("border.") for field in answer["fields"])
    assert all(fact["source"] != "border" for fact in answer["fields"].values())


async def test_whoever_is_unknown_somewhere_is_so_there(common: House) -> None:
    """Unknown is an answer: no fault, no alarm, the other sources stand."""
    answer = (await common.ask(query_about("ihor"))).json()
    unknown = {source for source, line in answer["sources"].items() if line["status"] == "unknown"}

    assert unknown == HISTORY - {"health", "border", "identity", "disability"}
    assert {answer["sources"][source]["status"] for source in ("border", "identity")} == {"answered"}
    assert "reason" not in answer["sources"]["education"]


async def test_a_registry_that_never_finishes_is_pending(common: House) -> None:
    """Employment takes the question and does not answer: the history says so and stands without it."""
    answer = (await common.ask(query_about("viktor"))).json()
    employment = answer["sources"]["employment"]

    assert (employment["status"], employment["reason"]) == ("pending", "pending")
    assert employment["next"]
    assert answer["sources"]["education"]["status"] == "answered"


async def test_a_child_under_fourteen_is_asked_about_by_her_number(common: House) -> None:
    """Without РНОКПП she is found by УНЗР, where the registry knows it."""
    answer = (await common.ask(query_about("solomiia"))).json()

    assert answer["sources"]["border"]["status"] == "answered"
    assert {answer["sources"][source]["status"] for source in ("education", "donors")} == {"unknown"}


@pytest.mark.parametrize("key", ["maria", "lukian", "nina", "canary"])
async def test_spellings_of_a_name_are_no_conflict(common: House, key: str) -> None:
    """Apostrophes of four kinds, capitals and look-alike letters: one name."""
    case = {} if key != "maria" else {"case": "KYIV-2026-000120"}
    answer = (await common.ask(query_about(key, **case))).json()

    assert answer["conflicts"] == []
    assert "person.family_name" in answer["fields"]


async def test_what_registries_disagree_about_stands_side_by_side(mistaken: House) -> None:
    """Every source's word is shown with its name and date; nothing is chosen, nothing merged."""
    answer = (await mistaken.ask()).json()
    (conflict,) = answer["conflicts"]
    said = {fact["source"]: fact["value"] for fact in conflict["values"]}

    assert conflict["field"] == "person.sex"
    assert said == {"health": "female", "education": "male", "border": "female", "identity": "female"}
    assert all(fact["as_of"] for fact in conflict["values"])
    assert "person.sex" not in answer["fields"]


async def test_a_conflict_is_on_record_as_told(mistaken: House, tmp_path: Path) -> None:
    """All of its sources are recorded as having told the field, and the log verifies."""
    answer = (await mistaken.ask()).json()
    release = (await mistaken.story(answer["exchange_id"]))[-1]
    tellers = {
        source["source"]
        for source in release["details"]["sources"]
        if "person.sex" in source.get("fields", ())
    }
    report = await mistaken.verified(tmp_path, answer)

    assert tellers == {"health", "education", "border", "identity"}
    assert report.ok, report.as_json()

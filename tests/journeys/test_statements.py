"""A person asks who asked about her, and can check the answer line by line without us."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import httpx
import pytest

from audit.event import Event, Kind
from audit.note import NoteError, Verifier
from audit.proof import Proof
from gateway.app import lay_foundation
from gateway.storage.engine import now
from tests.journeys.house import CASE, MARIA, House, query_about

ME = {"scheme": "rnokpp", "value": MARIA}
ANDRII = query_about("andrii")["subject"]


async def stated(house: House, **body: Any) -> httpx.Response:
    """Ask for a statement as the person's portal."""
    return await house.post("/v1/statements", {"subject": ME, **body}, "person-portal")


def opened(statement: dict[str, Any], line: int = 0, entry: int = 0) -> Event:
    """Check a line's proof with nothing but the statement itself; give the entry that it proves."""
    proof, content = (statement["lines"][n]["proof"] for n in (line, entry))
    verifier, bytes_ = Verifier.parse(statement["log"]["key"]), b64decode(content["entry"])
    Proof.parse(proof["tlog_proof"]).opened(verifier, bytes_)
    return Event.parse(bytes_)


async def test_a_statement_has_a_line_for_each_exchange(house: House) -> None:
    """Who, when, why, which categories, from where, on what ground, in both languages."""
    answer = (await house.ask()).json()
    statement = (await stated(house)).json()
    line = statement["lines"][0]

    assert len(statement["lines"]) == 1
    assert line["exchange_id"] == answer["exchange_id"]
    assert line["who"] == {
        "agency": "case-system",
        "uk": "Система ведення випадків (демо)",
        "en": "Case system (demo)",
        "official": "worker-17",
    }
    assert line["why"]["en"].startswith("Assessing")
    assert {each["source"] for each in line["sources"]} >= {"health", "education", "border"}
    assert {each["category"] for each in line["categories"]} >= {"identity", "health"}
    assert "ваша згода" in line["text"]["uk"]
    assert "Case system (demo) received data" in line["text"]["en"]


async def test_a_line_is_checked_offline(house: House) -> None:
    """The proof of a line needs the statement and the log's key, and shows the very release."""
    answer = (await house.ask()).json()
    statement = (await stated(house)).json()
    event = opened(statement)

    assert event.exchange_id == answer["exchange_id"]
    assert event.kind == "release"


async def test_a_proof_fits_its_own_line_alone(house: House) -> None:
    """The proof of one line does not prove another."""
    await house.ask()
    await house.ask()
    statement = (await stated(house)).json()

    with pytest.raises(NoteError, match="not-included"):
        opened(statement, line=0, entry=1)


async def test_a_statement_shows_nobody_else(house: House) -> None:
    """What others were asked is in no line and in no proof."""
    mine = (await house.ask()).json()
    other = (await house.ask(query_about("andrii"))).json()
    statement = await stated(house)

    assert [line["exchange_id"] for line in statement.json()["lines"]] == [mine["exchange_id"]]
    assert other["exchange_id"] not in statement.text
    assert query_about("andrii")["case"] not in statement.text


async def test_reading_an_answer_again_is_told(lite: House) -> None:
    """Each reading is a disclosure, and the line says when."""
    answer = (await lite.ask()).json()
    await lite.get(f"/v1/social-history/{answer['exchange_id']}")
    line = (await stated(lite)).json()["lines"][0]

    assert len(line["read_again"]) == 1
    assert "Read again 1 time(s)." in line["text"]["en"]


async def test_a_statement_can_be_read_as_plain_text(lite: House) -> None:
    """One sentence after another, in the language asked for."""
    await lite.ask()
    accept = {"Accept": "text/plain", "Accept-Language": "en"}
    bearer = await lite.bearer("person-portal")
    read = await lite.http.post("/v1/statements", json={"subject": ME}, headers=bearer | accept)

    assert read.headers["content-type"].startswith("text/plain")
    assert "Case system (demo) received data. Why: Assessing" in read.text


async def test_a_person_nobody_asked_about_gets_a_statement_without_lines(lite: House) -> None:
    """There is nothing to tell, and that is told."""
    statement = (await stated(lite, subject={"scheme": "rnokpp", "value": "2222222225"})).json()

    assert statement["lines"] == []
    assert statement["text"]["en"] == "Nobody has asked about you."


async def test_somebody_elses_statement_is_refused_and_recorded(lite: House) -> None:
    """The portal says who asks; whoever is not the subject gets what a stranger to us gets."""
    await lite.ask()
    refused = await stated(lite, person=ANDRII)
    unknown = await stated(lite, person={"scheme": "rnokpp", "value": "2222222225"})
    recorded = await lite.events(kind="statement", outcome="refused")

    assert refused.status_code == 404
    assert refused.json()["type"] == unknown.json()["type"] == "/problems/not-found"
    assert [event["reason"] for event in recorded] == ["somebody-else", "somebody-else"]
    assert recorded[0]["subject_ref"]


async def test_the_person_herself_by_another_number_is_herself(lite: House) -> None:
    """Who asks is compared by person, not by the number she was named with."""
    await lite.ask()
    statement = await stated(lite, person=ME)

    assert statement.status_code == 200
    assert len(statement.json()["lines"]) == 1


async def test_a_name_alone_is_nobodys_statement(lite: House) -> None:
    """Namesakes share a name and a birth date."""
    named = {"scheme": "name", "name": "Бондаренко Марія", "birth_date": "1990-09-01"}
    refused = await stated(lite, subject=named)
    recorded = await lite.events(kind="statement")

    assert refused.status_code == 404
    assert [event["reason"] for event in recorded] == ["not-one-person"]


async def test_only_the_persons_portal_gets_statements(lite: House) -> None:
    """No other role may ask, whoever it is about."""
    refused = await lite.post("/v1/statements", {"subject": ME}, "case-system")

    assert refused.status_code == 403


async def test_a_statement_is_recorded_before_it_is_given(lite: House) -> None:
    """The record says how many lines were given, and to whom."""
    await lite.ask()
    await stated(lite)
    event = (await lite.events(kind="statement"))[0]

    assert event["agency"] == "person-portal"
    assert event["details"] == {"count": 1, "delayed": 0}


async def test_a_long_statement_comes_in_pages(lite: House) -> None:
    """`next` leads to the lines behind."""
    first, second = (await lite.ask()).json(), (await lite.ask()).json()
    page = (await stated(lite, limit=1)).json()
    rest = (await stated(lite, limit=1, after=page["next"])).json()

    assert [line["exchange_id"] for line in page["lines"]] == [first["exchange_id"]]
    assert [line["exchange_id"] for line in rest["lines"]] == [second["exchange_id"]]
    assert rest["next"] is None


async def test_a_repeated_request_gets_the_statement_again(lite: House) -> None:
    """With an Idempotency-Key too nothing of it is kept in the clear."""
    await lite.ask()
    keyed = {"Idempotency_Key": "once"}
    first = await lite.post("/v1/statements", {"subject": ME}, "person-portal", **keyed)
    again = await lite.post("/v1/statements", {"subject": ME}, "person-portal", **keyed)
    kept = await lite.stored("SELECT reply FROM replies")

    assert first.json()["lines"] == again.json()["lines"]
    assert "received data" not in kept


async def test_what_was_held_or_given_for_the_person_is_told(lite: House) -> None:
    """By whom, in which case, and how far it has come."""
    ref = (await lite.get(f"/v1/cases/{CASE}")).json()["subject_ref"]
    async with lay_foundation(lite.settings) as foundation:
        await foundation.log.note(
            Event(
                Kind.ALLOCATION,
                now(),
                agency="partner",
                case=CASE,
                subject_ref=ref,
                result="given",
                details={"offer": "offer-1", "allocation": "allocation-1", "quantity": 2},
            )
        )
    (offer,) = (await stated(lite)).json()["offers"]

    assert offer["who"]["en"] == "Partner (demo)"
    assert (offer["case"], offer["offer"], offer["stage"], offer["quantity"]) == (CASE, "offer-1", "given", 2)

"""Forgetting a person: the key and all that leads to her are gone, and the record is whole."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

from sqlalchemy import insert, select

from audit.note import Verifier, open_note
from gateway.storage.engine import Database
from gateway.storage.tables import subjects
from tests.journeys.house import House, case_of, query_about
from tests.journeys.oversight import ANDRII, ANNA, BORYS, ME, erased, ref_of, sealed_event, step, unsealing

HOLD = {"subject": ANDRII, "citation": "Ухвала слідчого судді № 17", "official": {"id": "olha"}}

EVERYBODY = """SELECT ref FROM subjects UNION ALL SELECT subject_ref FROM subject_identifiers
    UNION ALL SELECT subject_ref FROM cases UNION ALL SELECT subject_ref FROM consents
    UNION ALL SELECT subject_ref FROM exchanges"""


async def test_an_erased_person_leads_nowhere(house: House) -> None:
    """No row of any table names her any more; her case is gone, the record is not."""
    await house.ask(query_about("andrii"))
    ref = await ref_of(house, "andrii")
    answer = await erased(house)
    left = await house.stored(EVERYBODY)

    assert answer.status_code == 201
    assert ref not in left
    assert await ref_of(house, "nazar") in left
    assert (await house.get(f"/v1/cases/{query_about('andrii')['case']}")).status_code == 404
    assert (await house.events(kind="erasure"))[0]["subject_ref"] == ref


async def test_the_record_verifies_after_an_erasure(house: House, tmp_path: Path) -> None:
    """Every leaf commits to pseudonyms and ciphertext, which stay."""
    await house.ask(query_about("andrii"))
    await erased(house)
    report = await house.verified(tmp_path)

    assert report.ok, report.as_json()
    assert report.kinds["erasure"] == 1


async def test_a_sealed_part_cannot_be_read_after_an_erasure(house: House) -> None:
    """Whoever had it approved before finds nothing, whatever copy of the record is read."""
    request = await unsealing(house, await sealed_event(house))
    await step(house, request, "approval", BORYS)
    await erased(house, subject=ME)

    assert (await step(house, request, "opening", ANNA)).status_code == 404


async def test_a_row_from_an_old_copy_is_refused(house: House) -> None:
    """The key does not come back with a backup's row."""
    ref = await ref_of(house, "andrii")
    database = Database(house.settings.database.url)
    (row,) = await database.fetch(select(subjects).where(subjects.c.ref == ref))
    await erased(house)
    refused = await outcome(database.write(insert(subjects).values(**row._mapping)))
    await database.close()

    assert refused == "IntegrityError"


async def outcome(write: Awaitable[object]) -> str:
    """Say how a write ended: by the name of its error, or `written`."""
    try:
        await write
    except Exception as error:  # noqa: BLE001  the test compares it
        return type(error).__name__
    return "written"


async def test_a_person_who_comes_back_is_somebody_new(lite: House) -> None:
    """A new case gives her a new pseudonym: nothing of what was ties to her."""
    before = await ref_of(lite, "andrii")
    await erased(lite)
    await lite.put(f"/v1/cases/{query_about('andrii')['case']}", case_of("andrii"))

    assert await ref_of(lite, "andrii") != before


async def test_the_certificate_is_signed_by_the_log(lite: House) -> None:
    """Anybody with the log's key can check it; it names the entry and the ground."""
    answer = (await erased(lite)).json()
    key = (await lite.http.get("/log/key")).text
    said = open_note(answer["certificate"], Verifier.parse(key))

    assert said.startswith("obmin deletion certificate v1\n")
    assert f"entry: {answer['index']}\n" in said
    assert "ground: court-order\n" in said


async def test_a_legal_hold_keeps_a_person_from_erasure(house: House) -> None:
    """Not even a court's order to delete goes past it; when it is lifted, it does."""
    hold = (await house.post("/v1/holds", HOLD, "operator")).json()
    held = await erased(house)
    lifting = {"official": {"id": "olha"}}
    lifted = await house.post(f"/v1/holds/{hold['id']}/lifting", lifting, "operator")
    twice = await house.post(f"/v1/holds/{hold['id']}/lifting", lifting, "operator")
    free = await erased(house)

    assert hold["stands"] is True
    assert held.status_code == 409
    assert lifted.json()["stands"] is False
    assert twice.status_code == 409
    assert free.status_code == 201


async def test_a_hold_that_has_run_out_holds_no_more(lite: House) -> None:
    """Its end was named when it was placed."""
    await lite.post("/v1/holds", {**HOLD, "until": "2026-01-01T00:00:00Z"}, "operator")

    assert (await erased(lite)).status_code == 201


async def test_an_erasure_that_is_no_order_waits_for_the_records_time(lite: House) -> None:
    """The record of an operation is kept for a year from the end of its year."""
    closed = case_of("andrii", closed="2026-02-01")
    await lite.put(f"/v1/cases/{query_about('andrii')['case']}", closed)
    refused = await erased(lite, ground="relations-ended")

    assert refused.status_code == 409
    assert await lite.events(kind="erasure") == []


async def test_an_open_case_keeps_a_person_on_file(lite: House) -> None:
    """Relations have not ended while a case is open."""
    assert (await erased(lite, ground="relations-ended")).status_code == 409


async def test_a_person_is_erased_once(lite: House) -> None:
    """The second time there is nobody."""
    ref = await ref_of(lite, "andrii")
    await erased(lite)
    again = await erased(lite, subject=None, subject_ref=ref)

    assert again.status_code == 404


async def test_only_an_operator_erases(lite: House) -> None:
    """Neither the case system nor an auditor may."""
    body = {"subject": ANDRII, "ground": "court-order", "official": {"id": "olha"}}
    refused = [await lite.post("/v1/erasures", body, agency) for agency in ("case-system", "auditor")]

    assert [each.status_code for each in refused] == [403, 403]

"""Open cases: one person each, changed by those who know the version, seen by their own agency alone."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from adapters.people import load_people
from contracts.vocabulary import AgencyId, CaseId, OfficialId
from gateway.app import Foundation, lay_foundation
from gateway.cases import Case, Cases
from gateway.faults import ConflictError
from gateway.subjects import Subjects
from tests.journeys.house import CASE, MARIA, House, case_of, query_about, query_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNZR = {"scheme": "unzr", "value": "19900903-13025"}
PLACE = "/v1/cases/KYIV-2026-0005"


def cases_of(foundation: Foundation) -> Cases:
    """Give the cases as another process of the same deployment has them."""
    vocabulary = foundation.contracts.vocabulary
    subjects = Subjects(foundation.database, foundation.ring, foundation.settings.tenant, vocabulary)
    return Cases(foundation.database, foundation.log, subjects)


async def test_a_case_is_opened_read_and_changed(house_of: House) -> None:
    """PUT makes it (201), then changes it (200); GET shows it with the ETag of its version."""
    opened = await house_of.put(f"{PLACE}01", case_of("amir"))
    changed = await house_of.put(f"{PLACE}01", case_of("amir", officials=[{"id": "worker-9"}]))
    shown = await house_of.get(f"{PLACE}01")

    assert (opened.status_code, changed.status_code) == (201, 200)
    assert (opened.headers["etag"], changed.headers["etag"], shown.headers["etag"]) == ('"1"', '"2"', '"2"')
    assert shown.json() == changed.json()
    assert shown.json()["officials"] == ["worker-9"]


async def test_a_case_says_nothing_of_its_person(house_of: House) -> None:
    """The answer has a pseudonym; the number that was sent stays out of it and of the record."""
    body = case_of("amir")
    opened = await house_of.put(f"{PLACE}02", body)
    events = await house_of.events(case="KYIV-2026-000502")

    assert body["subject"]["value"] not in opened.text
    assert [event["kind"] for event in events] == ["case"]
    assert body["subject"]["value"] not in str(events)


async def test_a_change_names_the_version_it_changes(house_of: House) -> None:
    """`If-Match` of another version is 412, of the current one is taken; `*` means any that exists."""
    await house_of.put(f"{PLACE}03", case_of("amir"))
    stale = await house_of.put(f"{PLACE}03", case_of("amir"), If_Match='"7"')
    strange = await house_of.put(f"{PLACE}03", case_of("amir"), If_Match="abc")
    fresh = await house_of.put(f"{PLACE}03", case_of("amir"), If_Match='"1"')
    any_of_them = await house_of.put(f"{PLACE}03", case_of("amir"), If_Match="*")
    none_of_them = await house_of.put(f"{PLACE}04", case_of("amir"), If_Match="*")

    assert [stale.status_code, strange.status_code, none_of_them.status_code] == [412, 412, 412]
    assert stale.json()["type"] == "/problems/precondition-failed"
    assert [fresh.headers["etag"], any_of_them.headers["etag"]] == ['"2"', '"3"']


async def test_of_changes_at_once_none_is_lost(house_of: House) -> None:
    """Each change builds on the one before: those that did not are told so, and none just vanishes."""
    opened = await house_of.put(f"{PLACE}05", case_of("amir"))
    async with lay_foundation(house_of.settings) as foundation:
        cases = cases_of(foundation)
        changes = [
            cases.put(
                AgencyId("case-system"),
                CaseId("KYIV-2026-000505"),
                load_people()["amir"].subject(),
                [OfficialId(f"worker-{number}")],
                date(2026, 1, 12),
                None,
            )
            for number in range(5)
        ]
        outcomes = await asyncio.gather(*changes, return_exceptions=True)
    recorded = await house_of.events(case="KYIV-2026-000505", outcome="changed")
    kept = await house_of.get(f"{PLACE}05")
    made = [outcome for outcome in outcomes if isinstance(outcome, Case)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, ConflictError)]

    assert opened.status_code == 201
    assert (len(made), len(refused), len(recorded)) == (1, 4, 1)
    assert kept.json()["officials"] == list(made[0].officials)


async def test_another_agencys_case_is_not_found(house_of: House) -> None:
    """An unknown case and one of an agency without the role tell nothing of each other."""
    unknown = await house_of.get("/v1/cases/KYIV-2026-777777")
    foreign = await house_of.get(f"/v1/cases/{CASE}", "partner")

    assert (unknown.status_code, foreign.status_code) == (404, 403)


async def test_a_case_never_changes_its_person(house_of: House) -> None:
    """409, and the case is as it was."""
    before = (await house_of.get(f"/v1/cases/{CASE}")).json()
    changed = await house_of.put(f"/v1/cases/{CASE}", case_of("andrii"))
    after = (await house_of.get(f"/v1/cases/{CASE}")).json()

    assert changed.status_code == 409
    assert changed.json()["type"] == "/problems/conflict"
    assert after == before


async def test_two_peoples_numbers_are_never_merged(house_of: House) -> None:
    """Identifiers that belong to different people on file are a conflict, whoever is named first."""
    mixed = case_of("maria", identifiers={"unzr": "19850312-00416"})
    refused = await house_of.put(f"{PLACE}06", mixed)

    assert refused.status_code == 409
    assert (await house_of.get(f"{PLACE}06")).status_code == 404


async def test_more_numbers_of_the_same_person_are_taken(house_of: House) -> None:
    """A person is found by each of her numbers, also by one that came later."""
    await house_of.put(f"{PLACE}07", case_of("stepan", identifiers={"passport": "СК903318"}))
    by_passport = query_of(subject={"scheme": "passport", "value": "СК903318"}, case="KYIV-2026-000507")
    response = await house_of.ask({**by_passport, "purpose": "crisis-intervention"})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "subject",
    [
        {"scheme": "rnokpp", "value": MARIA},
        UNZR,
        {
            "scheme": "name",
            "name": {"family": "БОНДАРЕНКО", "given": "марія", "patronymic": "Олександрівна"},
            "birth_date": "1990-09-03",
        },
    ],
)
async def test_a_person_is_one_by_whatever_she_is_named(house_of: House, subject: dict[str, str]) -> None:
    """Number, record number or name with birth date: the same person, the same history."""
    answer = (await house_of.ask(query_of(subject=subject))).json()

    assert answer["fields"]["person.given_name"]["value"] == "Марія"
    assert answer["sources"]["health"]["status"] == "answered"


async def test_a_namesake_in_a_case_is_not_the_other_one(house_of: House) -> None:
    """A name that two people share finds the one whose case it is."""
    name = {
        "scheme": "name",
        "name": {"family": "Шевченко", "given": "Олександр", "patronymic": "Миколайович"},
        "birth_date": "1978-05-20",
    }
    kyiv = (await house_of.ask(query_about("oleksandr-kyiv", subject=name))).json()
    lviv = (await house_of.ask(query_about("oleksandr-lviv", subject=name))).json()

    assert (
        kyiv["fields"]["education.institution"]["value"] != lviv["fields"]["education.institution"]["value"]
    )


async def test_a_closed_day_before_the_first_is_refused(house_of: House) -> None:
    """A case cannot close before it opens."""
    response = await house_of.put(f"{PLACE}08", case_of("amir", closed="2026-01-11"))

    assert response.status_code == 422
    assert response.json()["errors"] == [{"pointer": "/closed", "code": "before-opened"}]


async def test_two_numbers_added_at_once_are_both_kept_or_one_is_told(house_of: House) -> None:
    """Additions to one person do not undo each other: each is on file, or its caller hears 409."""
    first = {**case_of("maria"), "identifiers": {"id-card": "000123456"}}
    second = {**case_of("maria"), "identifiers": {"passport": "СН123456"}}
    added = await asyncio.gather(
        house_of.put("/v1/cases/KYIV-2026-000700", first), house_of.put("/v1/cases/KYIV-2026-000701", second)
    )
    by_card = await house_of.ask(
        query_of(subject={"scheme": "id-card", "value": "000123456"}, case="KYIV-2026-000700")
    )
    by_passport = await house_of.ask(
        query_of(subject={"scheme": "passport", "value": "СН123456"}, case="KYIV-2026-000701")
    )
    expected = {201: 200, 409: 403}

    assert by_card.status_code == expected[added[0].status_code]
    assert by_passport.status_code == expected[added[1].status_code]
    assert 201 in {response.status_code for response in added}

"""The needs-assessment act: filled from an answer, written in, printed, forgotten with the person."""

from __future__ import annotations

import pytest

from tests.journeys.house import CASE, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORKER = {"id": "worker-17", "name": "Олена Коваль"}


async def test_an_act_is_filled_from_an_answer(common: House) -> None:
    """Each cell says whose it is; what was sealed to the agency is opened with the key that it entrusted."""
    exchange, place = await begun(common)
    act = (await common.get(place, official="worker-17")).json()

    cells = act["cells"]

    assert act["exchange_id"] == exchange
    assert cells["employment.centre"]["text"] == "Київський міський центр зайнятості"
    assert cells["employment.centre"]["told"][0]["origins"][0]["source"] == "employment"
    assert cells["disability.cause"]["told"][0]["origins"][0]["sealed"] is True
    assert cells["family.1.kinship"]["text"] == "чоловік"
    assert cells["heading.specialist"] == {
        "text": "Олена Коваль",
        "edited_by": "worker-17",
        "edited_at": cells["heading.specialist"]["edited_at"],
    }
    assert "reason" in cells["status.veteran"]


async def test_nobody_writes_over_another(common: House) -> None:
    """A version that is not the current one is refused, and the record names cells and no text."""
    _, place = await begun(common)
    body = {"official": WORKER, "cells": {"health.needs": "Канарейка у клітці"}}
    first = await common.http.patch(place, json=body, headers=await common.bearer() | {"If-Match": '"1"'})
    second = await common.http.patch(place, json=body, headers=await common.bearer() | {"If-Match": '"1"'})
    events = [each for each in await common.events() if each["kind"] == "assessment"]

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert second.status_code == 412
    assert events[-1]["details"]["cells"] == ["health.needs"]
    assert "Канарейка" not in str(events)
    assert "Канарейка" not in common.logs.getvalue()
    assert "Канарейка" not in await common.stored("SELECT cells FROM assessments")


async def test_a_completed_act_is_closed(common: House) -> None:
    """Completing ends the draft: nothing more is written in it, and it prints as completed."""
    _, place = await begun(common)
    headers = await common.bearer()
    done = await common.http.patch(place, json={"official": WORKER, "complete": True}, headers=headers)
    late = await common.http.patch(
        place, json={"official": WORKER, "cells": {"health.needs": "x"}}, headers=headers
    )
    printed = await common.http.get(
        place, params={"official": "worker-17"}, headers=headers | {"Accept": "application/pdf"}
    )

    assert done.json()["state"] == "completed"
    assert late.status_code == 409
    assert printed.content.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("cells", "pointer"),
    [({"health.nothing": "x"}, "/cells"), ({"person.birth_date": "gestern"}, "/cells/person.birth_date")],
)
async def test_what_the_form_does_not_take_is_refused(
    common: House, cells: dict[str, str], pointer: str
) -> None:
    """A wrong cell or text is named by its place, and nothing is written."""
    _, place = await begun(common)
    refused = await common.http.patch(
        place, json={"official": WORKER, "cells": cells}, headers=await common.bearer()
    )

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_an_act_is_its_agencys_own(common: House) -> None:
    """No act is begun from another case's answer, and an unknown one is not there."""
    exchange = (await common.ask()).json()["exchange_id"]
    other = await common.post(
        "/v1/assessments", {"exchange_id": exchange, "case": "KYIV-2026-000121", "official": WORKER}
    )
    unknown = await common.get("/v1/assessments/0c0c0c", official="worker-17")
    partner = await common.get("/v1/assessments/form", agency="partner")

    assert (other.status_code, unknown.status_code, partner.status_code) == (404, 404, 403)


async def test_a_withdrawn_consent_empties_what_rested_on_it(common: House) -> None:
    """What health told on her consent is gone from the act, which says why."""
    _, place = await begun(common, "KYIV-2026-000122")
    before = (await common.get(place, official="worker-17")).json()["cells"]
    await withdrawn(common, "KYIV-2026-000122")
    after = (await common.get(place, official="worker-17")).json()["cells"]

    assert before["health.declaration"]["text"] == "так"
    assert after["health.declaration"] == {"text": "", "reason": "consent-withdrawn"}
    assert after["employment.centre"] == before["employment.centre"]


async def withdrawn(house: House, case: str) -> None:
    """Withdraw every consent that the person of a case has on file."""
    ref = (await house.events(case=case))[-1]["subject_ref"]
    on_file = (await house.get("/v1/consents", subject_ref=ref)).json()["consents"]
    for consent in on_file:
        await house.post(f"/v1/consents/{consent['id']}/withdrawal", {})


async def begun(house: House, case: str = CASE) -> tuple[str, str]:
    """Ask for a history and begin an act; give the exchange and the act's place."""
    answered = await house.ask({**QUERY, "case": case})
    exchange = answered.json()["exchange_id"]
    made = await house.post("/v1/assessments", {"exchange_id": exchange, "case": case, "official": WORKER})
    assert made.status_code == 201, made.text
    return exchange, made.headers["location"]


QUERY = {
    "subject": {"scheme": "rnokpp", "value": "3311845622"},
    "purpose": "needs-assessment",
    "official": {"id": "worker-17"},
}

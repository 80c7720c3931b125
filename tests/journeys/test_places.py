"""What there is near a place: about nobody, so without a case, a contract or an entry in the record."""

from __future__ import annotations

import pytest

from adapters.simulation import Kind
from contracts.vocabulary import Source
from tests.journeys.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUCHA = "/v1/places/UA32080070000050759"


async def test_services_near_a_place_are_told_with_room_and_licence(common: House) -> None:
    """The nearest come first; each says who provides it, how many places are free, until when it may."""
    answer = (await common.get(BUCHA)).json()
    services = answer["fields"]["providers.services"]["value"]

    assert [each["near"] for each in services] == ["here", "district", "district"]
    assert (services[0]["service"], services[0]["capacity"], services[0]["free"]) == (
        "social-support",
        120,
        44,
    )
    assert services[1]["licensed_until"] == "2027-12-31"
    assert answer["sources"]["institutions"]["status"] == "answered"


async def test_asking_about_a_place_leaves_no_entry(common: House) -> None:
    """Nothing there is anybody's: the record knows nothing of the exchange."""
    partner = await common.get(BUCHA, "partner")

    assert partner.status_code == 200
    assert await common.story(partner.headers["exchange-id"]) == []


async def test_a_silent_registry_is_told_and_the_other_stands(common: House) -> None:
    """One fails: its line has the reason, the other's services are given."""
    common.faults.set(Source("institutions"), Kind.DOWN)
    answer = (await common.get(BUCHA)).json()
    common.faults.clear(Source("institutions"))

    assert answer["sources"]["institutions"]["reason"] == "source-failed"
    assert answer["fields"].keys() == {"providers.services"}


@pytest.mark.parametrize("code", ["UA3208007000005075", "ua32080070000050759", "UA32080070000050759%20"])
async def test_what_is_no_code_is_refused(common: House, code: str) -> None:
    """A place is asked for by its whole code and by nothing else."""
    assert (await common.get(f"/v1/places/{code}")).status_code in {400, 404, 422}


async def test_a_place_nobody_knows_is_an_answer(common: House) -> None:
    """A code of the right shape without a provider: unknown, no field."""
    answer = (await common.get("/v1/places/UA99999999999999999")).json()

    assert answer["fields"] == {}
    assert {line["status"] for line in answer["sources"].values()} == {"unknown"}


async def test_a_role_without_cases_or_offers_is_refused(common: House) -> None:
    """An auditor has the record; places are for those who help."""
    assert (await common.get(BUCHA, "auditor")).status_code == 403

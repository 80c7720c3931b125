"""Partners come aboard: who applies is checked, two officials approve, a suspension works at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from adapters.simulation import Kind
from config.settings import LimitSettings
from contracts.vocabulary import Source
from gateway.commands.client import Client
from gateway.sealing.recipient import public_half
from tests.journeys.house import House, open_house
from tests.journeys.offering import form

shared = pytest.mark.asyncio(loop_scope="module")
"""Of a test in the module's common house."""


async def application(house: House, private: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Give the body with which an organisation applies."""
    key = private or _key()
    contracts = (await house.get("/v1/contracts")).json()["contracts"]
    return {
        "id": "warm-hands",
        "scheme": "edrpou",
        "identifier": "37508596",
        "name": {"uk": "Теплі руки", "en": "Warm Hands"},
        "contacts": [{"role": "programme", "address": "programme@example.org"}],
        "signing": [public_half(key)],
        "contract": contracts[0]["digest"],
        **changes,
    }


def _key() -> dict[str, Any]:
    return {**ECKey.generate_key("P-256").as_dict(private=True), "kid": "warm-hands-1"}


async def test_two_officials_let_a_partner_in_and_one_keeps_it_out(house: House) -> None:
    """Applied, approved by two, at work with its own key; suspended, its very next request is refused."""
    private = _key()
    applied = await house.http.post("/v1/partners", json=await application(house, private))
    path = "/v1/partners/warm-hands"
    first = await house.post(f"{path}/approvals", {"official": {"id": "operator-1"}}, "operator")
    same = await house.post(f"{path}/approvals", {"official": {"id": "operator-1"}}, "operator")
    second = await house.post(f"{path}/approvals", {"official": {"id": "operator-2"}}, "operator")
    file = house.demo.folder / "keys" / "warm-hands.jwk"
    file.write_text(json.dumps(private), "utf-8")
    issued = await house.present(Client(house.url, "warm-hands", file)._assertion())
    bearer = {"Authorization": f"Bearer {issued.json()['access_token']}"}
    offered = await house.http.post("/v1/offers", json=form(), headers=bearer)
    await house.post(
        f"{path}/suspension", {"official": {"id": "operator-1"}, "reason": "complaint"}, "operator"
    )
    refused = await house.http.get("/v1/offers", headers=bearer)

    assert (applied.status_code, applied.json()["standing"]) == (201, "applied")
    assert (first.json()["standing"], same.status_code) == ("applied", 409)
    assert second.json()["standing"] == "approved"
    assert offered.status_code == 201
    assert refused.status_code in {401, 403}


@shared
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"identifier": "42038166"}, "/identifier"),
        ({"scheme": "passport"}, "/identifier"),
        ({"contract": f"sha-256:{'0' * 64}"}, "/contract"),
        ({"signing": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]}, "/signing"),
        ({"contacts": []}, "/contacts"),
    ],
)
async def test_an_application_is_refused_with_what_is_wrong(
    common: House, changes: dict[str, Any], pointer: str
) -> None:
    """A wrong check digit, another scheme, an unknown contract, a secret for a key, nobody to reach."""
    refused = await common.http.post("/v1/partners", json=await application(common, **changes))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_an_agency_of_the_deployment_cannot_be_applied_over(lite: House) -> None:
    """The id of a listed agency is taken; so is a number that another partner applied with."""
    listed = await lite.http.post("/v1/partners", json=await application(lite, id="auditor"))
    await lite.http.post("/v1/partners", json=await application(lite))
    again = await lite.http.post("/v1/partners", json=await application(lite, id="other-hands"))

    assert (listed.status_code, again.status_code) == (409, 409)


@shared
@pytest.mark.parametrize(
    ("identifier", "said", "approved"),
    [
        ("37508596", "found-active", 200),
        ("42747625", "found-ending", 200),
        ("41374315", "found-ended", 409),
        ("44120934", "not-found", 409),
    ],
)
async def test_the_companies_register_is_asked_who_applies(
    common: House, identifier: str, said: str, approved: int
) -> None:
    """Its answer stands in the application; an organisation that has ended, or never was, is not approved."""
    body = await application(common, id=f"hands-{identifier}", identifier=identifier)
    applied = await common.http.post("/v1/partners", json=body)
    path = f"/v1/partners/hands-{identifier}/approvals"
    first = await common.post(path, {"official": {"id": "operator-1"}}, "operator")

    assert (applied.status_code, applied.json()["registered"]) == (201, said)
    assert first.status_code == approved


@shared
async def test_people_decide_where_the_companies_register_is_silent(common: House) -> None:
    """An application is taken while the register is down; who approves reads that nobody was asked."""
    common.faults.set(Source("companies"), Kind.DOWN)
    body = await application(common, id="quiet-help", identifier="45494248")
    await common.http.post("/v1/partners", json=body)
    path = "/v1/partners/quiet-help/approvals"
    first = await common.post(path, {"official": {"id": "operator-1"}}, "operator")
    common.faults.clear(Source("companies"))
    second = await common.post(path, {"official": {"id": "operator-2"}}, "operator")

    assert (first.status_code, first.json()["registered"]) == (200, "unavailable")
    assert second.status_code == 409


@shared
async def test_a_number_of_another_country_is_not_looked_up(common: House) -> None:
    """No register here is asked by it, and the application says so."""
    body = await application(common, id="far-hands", scheme="foreign", identifier="DE-HRB-12345")
    applied = await common.http.post("/v1/partners", json=body)

    assert applied.json()["registered"] == "unchecked"


async def test_applying_has_a_pace(tmp_path: Path) -> None:
    """Who tries more often than the deployment allows is told to come back, before anything is looked at."""
    async with open_house(tmp_path / "deployment", limits=LimitSettings(applications=2)) as opened:
        tries = [await opened.http.post("/v1/partners", json={}) for _ in range(3)]

    assert [response.status_code for response in tries] == [422, 422, 429]
    assert tries[2].headers["retry-after"] == "3600"


async def test_partners_are_the_operators_to_see(lite: House) -> None:
    """The list is for operators; a partner sees itself alone."""
    await lite.http.post("/v1/partners", json=await application(lite))
    listed = await lite.get("/v1/partners", "operator")
    others = [await lite.get("/v1/partners", "partner"), await lite.get("/v1/partners/warm-hands", "partner")]

    assert [each["id"] for each in listed.json()["partners"]] == ["warm-hands"]
    assert [response.status_code for response in others] == [403, 404]

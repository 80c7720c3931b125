"""Partners come aboard: who applies is checked, two officials approve, a suspension works at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.commands.client import Client
from gateway.sealing.recipient import public_half
from tests.journeys.house import House
from tests.journeys.offering import form


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
    lite: House, changes: dict[str, Any], pointer: str
) -> None:
    """A wrong check digit, another scheme, an unknown contract, a secret for a key, nobody to reach."""
    refused = await lite.http.post("/v1/partners", json=await application(lite, **changes))

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_an_agency_of_the_deployment_cannot_be_applied_over(lite: House) -> None:
    """The id of a listed agency is taken; so is a number that another partner applied with."""
    listed = await lite.http.post("/v1/partners", json=await application(lite, id="auditor"))
    await lite.http.post("/v1/partners", json=await application(lite))
    again = await lite.http.post("/v1/partners", json=await application(lite, id="other-hands"))

    assert (listed.status_code, again.status_code) == (409, 409)


async def test_partners_are_the_operators_to_see(lite: House) -> None:
    """The list is for operators; a partner sees itself alone."""
    await lite.http.post("/v1/partners", json=await application(lite))
    listed = await lite.get("/v1/partners", "operator")
    others = [await lite.get("/v1/partners", "partner"), await lite.get("/v1/partners/warm-hands", "partner")]

    assert [each["id"] for each in listed.json()["partners"]] == ["warm-hands"]
    assert [response.status_code for response in others] == [403, 404]

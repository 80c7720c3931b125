"""What journeys of partners are told with: an offer's form, and the steps from it to a parcel."""

from __future__ import annotations

from typing import Any

from tests.journeys.house import CASE, MARIA, House

ZHYTOMYR = "UA18040190010057814"


def form(**changes: Any) -> dict[str, Any]:
    """Give the form of an offer: forty food parcels in Zhytomyr for families with a child under six."""
    filled = {
        "external_id": "parcels-1",
        "kind": "goods",
        "category": "food",
        "title": "Food parcels",
        "quantity": 40,
        "unit": "parcel",
        "areas": [ZHYTOMYR],
        "criteria": {"children_under": 6},
        "valid_from": "2026-01-01",
        "valid_until": "2030-03-31",
        "lead_days": 2,
        **changes,
    }
    return {name: value for name, value in filled.items() if value is not None}


def need(**changes: Any) -> dict[str, Any]:
    """Give a search for such a parcel, by a case worker."""
    return {
        "category": "food",
        "area": ZHYTOMYR,
        "person": {"youngest": 3, "household": 3},
        "case": CASE,
        "official": {"id": "worker-17"},
        **changes,
    }


def holding(**changes: Any) -> dict[str, Any]:
    """Give the body that holds one for the main person."""
    return {
        "subject": {"scheme": "rnokpp", "value": MARIA},
        "case": CASE,
        "official": {"id": "worker-17"},
        "age": 36,
        "sex": "female",
        "factor": "war-damage",
        "area": ZHYTOMYR,
        **changes,
    }


async def published(house: House, partner: str = "partner", **changes: Any) -> str:
    """Submit an offer and publish it; give its id."""
    submitted = await house.post("/v1/offers", form(**changes), partner)
    assert submitted.status_code == 201, submitted.text
    offer = str(submitted.json()["id"])
    shown = await house.post(f"/v1/offers/{offer}/publication", {}, partner)
    assert shown.json()["state"] == "published", shown.text
    return offer


async def held(house: House, offer: str, **changes: Any) -> str:
    """Hold one; give the hold's id."""
    response = await house.post(f"/v1/offers/{offer}/holds", holding(**changes))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])

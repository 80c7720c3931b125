"""GovStack's client, as the facade's journeys use it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.journeys.house import House, query_about


async def call(
    house: House, method: str, path: str, agency: str = "case-system", body: object = None, **params: str
) -> httpx.Response:
    """Call one operation as an agency."""
    return await house.http.request(
        method, f"/govstack{path}", params=params, json=body, headers=await house.bearer(agency)
    )


async def did(house: House, method: str, path: str, agency: str = "case-system", **more: Any) -> Any:
    """Call one operation that must succeed; give what it says."""
    response = await call(house, method, path, agency, **more)
    assert response.status_code == 200, response.text
    return response.json()


async def individual(house: House, key: str = "andrii") -> str:
    """File one of the simulated people as GovStack's clients do; give the pseudonym."""
    subject = query_about(key)["subject"]
    said = {"id": "", "externalIdType": subject["scheme"], "externalId": subject["value"]}
    filed = await did(house, "POST", "/service/individual/", body={"individual": said})
    return str(filed["individual"]["id"])

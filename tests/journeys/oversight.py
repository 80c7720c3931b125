"""What auditors and operators do in these stories."""

from __future__ import annotations

from typing import Any

import httpx

from tests.journeys.house import MARIA, House, query_about

ME = {"scheme": "rnokpp", "value": MARIA}
ANDRII = query_about("andrii")["subject"]
NOTE = "Розмова з керівником: сестра фахівця, випадок передано"
ANNA, BORYS = {"id": "anna"}, {"id": "borys"}


async def acquainted(house: House) -> dict[str, Any]:
    """Let an official ask about his own sister, and the auditor find out; give the finding."""
    people = {"people": [{"subject": ME, "relation": "family"}]}
    await house.put("/v1/officials/worker-17/acquaintances", people)
    await house.ask()
    found = await house.post("/v1/audit/findings", {}, "auditor")
    finding: dict[str, Any] = next(each for each in found.json()["findings"] if each["rule"] == "acquainted")
    return finding


async def judged(house: House, finding: dict[str, Any], **changes: Any) -> httpx.Response:
    """Confirm a finding with a note."""
    body = {"verdict": "confirmed", "official": ANNA, "code": "own-family", "note": NOTE, **changes}
    return await house.post(f"/v1/audit/findings/{finding['id']}/verdict", body, "auditor")


async def sealed_event(house: House) -> str:
    """Put an entry with a sealed part on record; give its id."""
    judgement = await judged(house, await acquainted(house))
    event: str = judgement.json()["verdict"]["event"]
    return event


async def unsealing(house: House, event_id: str) -> str:
    """Ask to read a sealed part, as Anna; give the request's id."""
    body = {"event_id": event_id, "official": ANNA, "reason": "complaint-17"}
    asked = await house.post("/v1/audit/unsealings", body, "auditor")
    request: str = asked.json()["id"]
    return request


async def step(
    house: House, request: str, name: str, official: dict[str, str], agency: str = "auditor", **headers: str
) -> httpx.Response:
    """Take the next step of an unsealing."""
    body = {"official": official}
    return await house.post(f"/v1/audit/unsealings/{request}/{name}", body, agency, **headers)


async def ref_of(house: House, key: str) -> str:
    """Give a simulated person's pseudonym."""
    case = query_about(key)["case"]
    ref: str = (await house.get(f"/v1/cases/{case}")).json()["subject_ref"]
    return ref


async def erased(house: House, **changes: Any) -> httpx.Response:
    """Forget Andrii by order of a court."""
    body = {"subject": ANDRII, "ground": "court-order", "official": {"id": "olha"}, **changes}
    return await house.post("/v1/erasures", {k: v for k, v in body.items() if v is not None}, "operator")

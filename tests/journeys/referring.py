"""What case workers and receivers do with referrals in these stories."""

from __future__ import annotations

from typing import Any

import httpx

from tests.journeys.house import CASE, MARIA, House

PLACE = "/v1/referrals"
WORKER, DOCTOR = {"id": "worker-17"}, {"id": "dr-1"}
NEED = "Канарейка-Потреба: не може сама ходити"
PHONE = "+380 50 000 00 17"
OUTCOME = "Канарейка-Підсумок: десять занять"


def wish(**changes: Any) -> dict[str, Any]:
    """Give the body that refers the main person to the clinic."""
    body = {
        "subject": {"scheme": "rnokpp", "value": MARIA},
        "case": CASE,
        "official": WORKER,
        "receiver": "clinic",
        "purpose": "service-referral",
        "content": {
            "referral.service": "rehabilitation",
            "referral.need": NEED,
            "referral.area": "UA80000000000093317",
            "referral.phone": PHONE,
        },
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def referred(house: House, **changes: Any) -> dict[str, Any]:
    """Refer her; give what the case system is shown of it."""
    made = await house.post(PLACE, wish(**changes))
    assert made.status_code == 201, made.text
    shown: dict[str, Any] = made.json()
    return shown


async def stepped(
    house: House,
    referral: str,
    step: str,
    agency: str = "clinic",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    """Take a step of a referral."""
    body = {"official": WORKER if agency == "case-system" else DOCTOR, **more}
    return await house.post(f"{PLACE}/{referral}/{step}", body, agency, **(headers or {}))


async def seen(house: House, referral: str, agency: str = "clinic") -> dict[str, Any]:
    """Read a referral as one of its sides."""
    shown: dict[str, Any] = (await house.get(f"{PLACE}/{referral}", agency)).json()
    return shown


async def results(house: House, referral: str) -> list[str]:
    """Give what the record says became of a referral, but for readings."""
    events = await house.events(kind="referral")
    mine = [each["result"] for each in events if each["details"]["referral"] == referral]
    return [result for result in mine if result != "read"]

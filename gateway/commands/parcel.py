"""The demo's second story: a partner's parcel, from an upload to a delivery and back as a report line."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console

from gateway.commands.client import Client

PLACE: Final = "UA18040190010057814"
SHEET: Final = """\
external_id,kind,category,title,quantity,unit,areas,criteria.children_under,valid_from,valid_until,lead_days
parcels-{day},goods,food,Food parcels,40,parcel,{place},6,{day},2030-12-31,2
"""


def deliver_a_parcel(
    console: Console, partner: Client, case_system: Client, person: Mapping[str, Any], case: str
) -> bool:
    """Do it over HTTP as partner and case system would; say whether the parcel came through."""
    console.print("\n[bold]A partner's parcel[/]")
    offer = _published(partner)
    console.print("uploaded       a sheet with one offer: 40 food parcels, families with a child under six")
    needed = {
        "category": "food",
        "area": PLACE,
        "person": {"household": 4, "youngest": 5},
        "case": case,
        "official": {"id": "worker-17"},
    }
    found = case_system.post("/v1/offers/search", needed)["matches"]
    match = next(each for each in found if each["offer"] == offer)
    console.print(f"found          near {match['near_name']}, because of: {', '.join(match['reasons'])}")
    promise = _held(case_system, offer, person, case)
    case_system.post(f"/v1/holds/{promise}/confirmation", {})
    wanted = json.loads(partner.get(f"/v1/offers/{offer}/requests"))["requests"][-1]
    console.print(
        f"partner sees   {wanted['sex']}, {wanted['age_band']}, {wanted['factor']}: no name, no case"
    )
    partner.post(f"/v1/allocations/{promise}/acceptance", {})
    partner.post(f"/v1/allocations/{promise}/delivery", {})
    line = json.loads(partner.get(f"/v1/offers/{offer}/report"))
    console.print(
        f"report line    {line['title']}: {line['total']} offered, {line['promised']} promised, "
        f"[green]{line['delivered']} delivered[/], {line['available']} left"
    )
    return bool(line["delivered"])


def _published(partner: Client) -> str:
    """Upload today's offer and publish it; on a later run of the same day it is there already."""
    day = time.strftime("%Y-%m-%d")
    sheet = SHEET.format(day=day, place=PLACE).encode()
    taken = partner.post("/v1/offers/imports", sheet, "text/csv")
    while taken["state"] == "running":
        time.sleep(0.05)
        taken = json.loads(partner.get(f"/v1/offers/imports/{taken['id']}"))
    offers = json.loads(partner.get("/v1/offers?limit=200"))["offers"]
    offer = next(each for each in offers if each["external_id"] == f"parcels-{day}")
    if offer["state"] == "draft":
        partner.post(f"/v1/offers/{offer['id']}/publication", {})
    return str(offer["id"])


def _held(case_system: Client, offer: str, person: Mapping[str, Any], case: str) -> str:
    held = {
        "subject": person,
        "case": case,
        "official": {"id": "worker-17"},
        "age": 36,
        "sex": "female",
        "factor": "war-damage",
        "area": PLACE,
    }
    return str(case_system.post(f"/v1/offers/{offer}/holds", held)["id"])

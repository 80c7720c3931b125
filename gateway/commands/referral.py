"""The demo's third story: a referral to a clinic that is down arrives and is answered; she can read of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console

from gateway.commands.client import Client
from gateway.commands.clinic import CLINIC, Clinic

WORKER, DOCTOR = {"id": "worker-17"}, {"id": "dr-1"}
SENT: Final = "obmin.referral.sent"
OPENED: Final = "obmin.referral.opened"


def refer_to_a_clinic(
    console: Console,
    case_system: Client,
    clinic: Client,
    portal: Client,
    person: Mapping[str, Any],
    case: str,
) -> bool:
    """Do it over HTTP as the three would; say whether it came through."""
    console.print("\n[bold]A referral to a clinic that is down[/]")
    receiver = Clinic(json.loads(clinic.key.read_text("utf-8")))
    receiver.go_up()
    try:
        endpoint = _registered(clinic, receiver)
        receiver.go_down()
        referral = _referred(case_system, person, case)
        tried = _tried(case_system, referral)
        due = tried["due_at"][:10]
        console.print(f"sent           rehabilitation, to be answered by {due}; the clinic is down")
        console.print(f"waiting        {tried['delivery']['attempts']} attempt, then it is tried again")
        receiver.go_up()
        done = _answered(console, clinic, receiver, referral)
        _forgotten(clinic, endpoint)
    finally:
        receiver.go_down()
    return done and _told(console, portal, person, referral)


def _registered(clinic: Client, receiver: Clinic) -> str:
    """Register the webhook anew, and prove that it is the clinic's."""
    for known in json.loads(clinic.get("/v1/endpoints"))["endpoints"]:
        _forgotten(clinic, known["id"])
    body = {"kind": "webhook", "address": receiver.address, "official": DOCTOR}
    made = clinic.post("/v1/endpoints", body)
    receiver.secret = made["secret"]
    clinic.post(f"/v1/endpoints/{made['id']}/verification", {"official": DOCTOR})
    return str(made["id"])


def _forgotten(clinic: Client, endpoint: str) -> None:
    clinic.post(f"/v1/endpoints/{endpoint}/deletion", {"official": DOCTOR})


def _referred(case_system: Client, person: Mapping[str, Any], case: str) -> str:
    wanted = {
        "subject": person,
        "case": case,
        "official": WORKER,
        "receiver": CLINIC,
        "purpose": "service-referral",
        "content": {
            "referral.service": "rehabilitation",
            "referral.need": "Потребує реабілітації після поранення",
            "referral.phone": "+380 44 000 00 17",
        },
    }
    return str(case_system.post("/v1/referrals", wanted)["id"])


def _tried(case_system: Client, referral: str) -> Mapping[str, Any]:
    """Wait until the first attempt has failed."""
    for _ in range(200):
        shown: Mapping[str, Any] = json.loads(case_system.get(f"/v1/referrals/{referral}"))
        if shown["delivery"]["attempts"] and shown["delivery"]["code"]:
            return shown
        time.sleep(0.05)
    return shown


def _answered(console: Console, clinic: Client, receiver: Clinic, referral: str) -> bool:
    """Let it arrive, be accepted, and completed."""
    came = receiver.message(SENT, referral)
    if came is None:
        console.print("[red]it did not arrive[/]")
        return False
    console.print(f"arrived        signed and sealed; the clinic sees: {_names(came)}")
    clinic.post(f"/v1/referrals/{referral}/acceptance", {"official": DOCTOR})
    more = receiver.message(OPENED, referral)
    console.print(f"accepted       and now it also sees: {_names(more or {})}")
    done = clinic.post(
        f"/v1/referrals/{referral}/completion",
        {"official": DOCTOR, "words": "Курс із десяти занять пройдено"},
    )
    console.print(f"answered       [green]{done['state']}[/]")
    return bool(more) and done["state"] == "completed"


def _told(console: Console, portal: Client, person: Mapping[str, Any], referral: str) -> bool:
    """Let the person read of it in her statement."""
    statement = portal.post("/v1/statements", {"subject": person})
    mine = [each for each in statement["referrals"] if each["referral"] == referral]
    for each in mine:
        console.print(f"her statement  {each['text']['uk']}", soft_wrap=True)
    return bool(mine)


def _names(content: Mapping[str, Any]) -> str:
    return ", ".join(sorted(content.get("fields", {})))

"""How to read a file of the social register: statuses, the journal of applications, payments in hryvnias."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, kopiikas, person, required_text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the person whose file it is."""
    said = answer["person"]
    return person(
        {name: said.get(name) for name in ("rnokpp", "unzr", "passport")},
        said["surname"],
        said["ownName"],
        said.get("patronymic"),
        read_date(said["birthDate"]),
    )


def read_status(item: Any) -> Value:
    """Give one social status."""
    return {"status": known(CODES["status"], item["name"]), "since": read_date(item["since"])}


def read_application(item: Any) -> Value:
    """Give one application: what for, when, what came of it."""
    told: dict[str, Value] = {
        "service": required_text(item["service"]),
        "submitted_on": read_date(item["submittedAt"]),
        "state": known(CODES["state"], item["state"]),
    }
    if item.get("decidedAt"):
        told["decided_on"] = read_date(item["decidedAt"])
    return told


def read_payment(item: Any) -> Value:
    """Give one payment, in the smallest unit."""
    return {
        "kind": known(CODES["payment"], item["kind"]),
        "month": required_text(item["month"]),
        "kopiika": kopiikas(item["amount"]),
    }


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("social.statuses"): lambda answer: tuple(map(read_status, answer["statuses"])),
    Field("social.applications"): lambda answer: tuple(map(read_application, answer["applications"])),
    Field("social.payments"): lambda answer: tuple(map(read_payment, answer["payments"])),
}

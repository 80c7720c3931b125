"""How to read the register of damaged property: what is lost, and what came of the claim; no address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, person
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the owner answered about."""
    said = answer["owner"]
    return person(
        {"rnokpp": said.get("rnokpp"), "unzr": said.get("unzr")},
        said["lastName"],
        said["firstName"],
        said.get("middleName"),
        read_date(said["birthDate"]),
    )


def read_object(item: Any) -> Value:
    """Give one dwelling and the claim for it."""
    return {
        "kind": known(CODES["kind"], item["kind"]),
        "damage": known(CODES["damage"], item["damage"]),
        "claim": known(CODES["claim"], item["claim"]["state"]),
        "submitted_on": read_date(item["claim"]["submitted"]),
    }


def home_lost(answer: Any) -> bool:
    """Say whether any dwelling is destroyed: all that a decision in a crisis needs."""
    return any(known(CODES["damage"], item["damage"]) == "destroyed" for item in answer["objects"])


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("restoration.objects"): lambda answer: tuple(map(read_object, answer["objects"])),
    Field("restoration.home_lost"): home_lost,
}

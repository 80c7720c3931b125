"""How to read the public list of schools: everything is text or null, так and ні are words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, person, required_text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


WORKS: Final = "працює"


def whose(answer: Any) -> Identity:
    """Give the region that all schools of the list lie in. Raises ValueError for a list of several."""
    (region,) = {required_text(school["koatuu_id"])[:2] for school in answer}
    return person({"region": region})


def read_school(school: Any) -> Value:
    """Give one school; a register that says nothing of boarding says no."""
    return {
        "name": required_text(school["institution_name"]),
        "kind": known(CODES["kind"], school["institution_type_name"]),
        "settlement": required_text(school["koatuu_name"]),
        "open": school["state_name"] == WORKS,
        "boarding": known(CODES["answer"], school["is_internat"] or "ні"),
    }


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("institutions.schools"): lambda answer: tuple(map(read_school, answer)),
}

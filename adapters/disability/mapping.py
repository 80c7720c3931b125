"""How to read the bank on disability: FHIR observations by their code, old groups beside new assessments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import coded, known, load_codes
from adapters.protocols.reading import Reader, optional, person
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the patient answered about."""
    patient = answer["person"]
    numbers = {held["system"].rpartition(":")[2]: held["value"] for held in patient["identifier"]}
    name = patient["name"][0]
    given, *rest = name["given"]
    return person(numbers, name["family"], given, " ".join(rest), read_date(patient["birthDate"]))


def code_of(concept: Any) -> str:
    """Give the first code of a concept."""
    return str(concept["coding"][0]["code"])


def conclusion(answer: Any, code: str) -> Any:
    """Give the latest conclusion of one kind; None where there is none."""
    found = [one for one in answer["related"]["conclusions"] if code_of(one["code"]) == code]
    return max(found, key=lambda one: read_date(one["effectivePeriod"]["start"]), default=None)


def value(answer: Any, code: str) -> str | None:
    """Give the code that a conclusion of one kind comes to."""
    found = conclusion(answer, code)
    return code_of(found["valueCodeableConcept"]) if found else None


def period(answer: Any, code: str, end: str) -> str | None:
    """Give one end of the time for which a conclusion of one kind stands; None for one that has no end."""
    found = conclusion(answer, code)
    return found["effectivePeriod"].get(end) if found else None


def read_device(item: Any) -> Value:
    """Give one assistive device and what became of the order."""
    device = known(CODES["device"], code_of(item["codeCodeableConcept"]))
    return {"device": device, "state": known(CODES["order"], item["status"])}


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("disability.group"): lambda answer: coded(CODES["group"], value(answer, "disability-group")),
    Field("disability.cause"): lambda answer: coded(CODES["cause"], value(answer, "disability-cause")),
    Field("disability.established_on"): lambda answer: optional(
        period(answer, "disability-group", "start"), read_date
    ),
    Field("disability.until"): lambda answer: optional(period(answer, "disability-group", "end"), read_date),
    Field("disability.functional_assessment"): lambda answer: coded(
        CODES["assessment"], value(answer, "functional-assessment")
    ),
    Field("disability.assessed_on"): lambda answer: optional(
        period(answer, "functional-assessment", "start"), read_date
    ),
    Field("disability.devices"): lambda answer: tuple(map(read_device, answer["related"]["devices"])),
}

"""How to read the victim's part of a case of violence; who did it, who reported it and where, is not read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, boolean, person
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the identity of the victim answered about."""
    said = answer["victim"]
    return person(
        {"rnokpp": said.get("rnokpp"), "unzr": said.get("unzr")},
        said["lastName"],
        said["firstName"],
        said.get("middleName"),
        read_date(said["birthDate"]),
    )


def all_of(answer: Any, member: str, codes: Mapping[str, Value]) -> Value:
    """Give the codes that stand under one member of any case, each once, in alphabetical order."""
    return tuple(sorted({str(known(codes, word)) for case in answer["cases"] for word in case[member]}))


def read_measures(answer: Any) -> Iterable[Value]:
    """Give each order that protects the victim and its last day."""
    for case in answer["cases"]:
        for order in case["measures"]:
            yield {"measure": known(CODES["measure"], order["kind"]), "until": read_date(order["until"])}


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {
    Field("violence.open_case"): lambda answer: any(boolean(case["open"]) for case in answer["cases"]),
    Field("violence.last_recorded_on"): lambda answer: max(
        (read_date(case["recordedOn"]) for case in answer["cases"]), default=None
    ),
    Field("violence.forms"): lambda answer: all_of(answer, "forms", CODES["form"]),
    Field("violence.measures"): lambda answer: tuple(read_measures(answer)),
    Field("violence.needs"): lambda answer: all_of(answer, "needs", CODES["need"]),
}

"""A registry's manifest: what it is, how it is asked, what it can say. Read from `manifest.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from adapters.protocols.switches import (
    CAP,
    Codes,
    Drop,
    EHealth,
    Fhir,
    Part,
    Rest,
    Trembita,
    XRoad,
    XRoadRest,
)
from contracts.vocabulary import ObminError


class ManifestError(ObminError):
    """A manifest that cannot be used: names the file, the line where it can be found, and the key."""


class Wording(Part):
    """The same text for a person to read, in Ukrainian and English."""

    uk: str
    en: str


class Notice(Part):
    """Whether the person is told that her data were asked for here (Law 4607-IX art. 11: of each request).

    `later` waits so many days; `never` names the article that forbids telling.
    """

    tell: Literal["now", "later", "never"] = "now"
    days: Annotated[int, Field(ge=1)] | None = None
    citation: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.tell == "never" and not self.citation:
            raise ValueError("never names the article that forbids telling")
        if (self.tell == "later") != (self.days is not None):
            raise ValueError("days belong to later, and later has days")
        return self


class Manifest(Part):
    """What one registry is. Exactly one of the protocol tables is present: the one `protocol` names.

    `ground` cites the article of law, `basis` says of what kind it is. `protected` data are never asked for
    unless a contract names them. `needs` are sets of identifiers, best first, any one of which suffices.
    `question` maps the registry's elements to our words; `date_formats` are of single elements, where
    `birth_date_format` is not that of all. `about` says whether it tells of people, places or organisations.
    `approximated` lists the names that no public document confirms. `largest` is the most bytes that an
    answer may have. `compared` is false where the samples are not the record itself but more or less of it:
    what has drifted cannot be told there. `idempotent` says that asking twice is as asking once over there:
    then a question that failed on the way may be repeated.
    """

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    protocol: Literal[
        "xroad-soap", "xroad-rest", "trembita-rest", "ehealth-rest", "fhir-r4", "plain-rest", "file-drop"
    ]
    title: Wording
    owner: Wording
    ground: str
    basis: Literal["law", "consent", "court-order", "vital-interest", "emergency"] = "law"
    sensitivity: Literal["plain", "personal", "special", "protected"]
    notice: Notice = Notice()
    needs: Annotated[tuple[frozenset[str], ...], Field(min_length=1)]
    fields: Annotated[tuple[str, ...], Field(min_length=1)]
    about: Literal["person", "place", "organisation"] = "person"
    approximated: tuple[str, ...] = ()
    birth_date_format: str = "%Y-%m-%d"
    idempotent: bool = False
    compared: bool = True
    date_formats: Mapping[str, str] = Field(default_factory=dict)
    largest: Annotated[int, Field(ge=1_024, le=16_777_216)] = CAP
    question: dict[str, str]
    codes: Codes | None = None
    xroad: XRoad | None = None
    xroad_rest: XRoadRest | None = None
    trembita: Trembita | None = None
    ehealth: EHealth | None = None
    fhir: Fhir | None = None
    rest: Rest | None = None
    drop: Drop | None = None

    @model_validator(mode="after")
    def _asks_for_somebody(self) -> Self:
        """A GET has no body: an element without a place would not be sent, and everybody be asked for."""
        for request in (self.xroad_rest, self.trembita, self.rest):
            if (
                request is not None
                and request.method == "GET"
                and self.question.keys() - request.place.keys()
            ):
                raise ValueError("every element of a GET's question needs a place")
        return self


TABLES: Final[Mapping[str, str]] = {
    "xroad-soap": "xroad",
    "xroad-rest": "xroad_rest",
    "trembita-rest": "trembita",
    "ehealth-rest": "ehealth",
    "fhir-r4": "fhir",
    "plain-rest": "rest",
    "file-drop": "drop",
}


def read_manifest(path: Path) -> Manifest:
    """Read and check one manifest. Raises `ManifestError` naming file, line and key."""
    text = path.read_text(encoding="utf-8")
    try:
        manifest = Manifest.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ManifestError(f"{path}:{_line_of(text, first['loc'])}: {where}: {first['msg']}") from None
    present = [table for table in TABLES.values() if getattr(manifest, table) is not None]
    if present != [TABLES[manifest.protocol]]:
        raise ManifestError(f"{path}: the table of {manifest.protocol} and no other belongs here")
    return manifest


def _line_of(text: str, location: tuple[int | str, ...]) -> int:
    """Give the line of the last named key of `location`, the line of its table, or 1."""
    names = [step for step in location if isinstance(step, str)]
    lines = text.splitlines()
    for name in reversed(names):
        for number, line in enumerate(lines, 1):
            key = line.partition("=")[0].strip()
            if key in {name, f"[{name}]"} or key.endswith(f".{name}]"):
                return number
    return 1

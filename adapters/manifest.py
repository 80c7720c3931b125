"""A registry's manifest: what it is, how it is asked, what it can say. Read from `manifest.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.vocabulary import ObminError


class ManifestError(ObminError):
    """A manifest that cannot be used: names the file, the line where it can be found, and the key."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Part):
    """The same text for a person to read, in Ukrainian and English."""

    uk: str
    en: str


class Polling(_Part):
    """Ask-then-poll: which operation takes a ticket, and what its answers say.

    `state` names the element; `ready` and `waiting` its values. Pauses are in milliseconds: `first_ms`
    before the first poll, `interval_ms` between the others.
    """

    operation: str
    ticket: str
    state: str
    ready: str
    waiting: frozenset[str]
    first_ms: Annotated[int, Field(ge=1)]
    interval_ms: Annotated[int, Field(ge=1)]


class XRoad(_Part):
    """An X-Road (UXP, Trembita) SOAP service and its peer's habits.

    `service` is class/member/subsystem: the instance is the deployment's. `echo` says whether the provider
    must copy our headers back (protocol v4.0 §1.3) or may leave them out, as Trembita's examples do.
    `wrapper` is the answer's body element, `*` for any: real registries do not begin it with the
    operation. `record` names the repeated element that holds one person.
    """

    service: Annotated[str, Field(pattern=r"^[^/]+/[^/]+/[^/]+$")]
    version: str = ""
    operation: str
    record: str
    wrapper: str = ""
    echo: Literal["strict", "lenient"] = "strict"
    polling: Polling | None = None


class Trembita(_Part):
    """A Trembita REST service. `monitored`: the citizen is told of each access, with its purpose."""

    service: Annotated[str, Field(pattern=r"^[^/]+/[^/]+/[^/]+/[^/]+(/[^/]+)?$")]
    path: str
    monitored: bool = True


class EHealth(_Part):
    """An ЕСОЗ-style service: a search for the person, then a summary resource under `{id}`."""

    search: str
    summary: str
    pages: Annotated[int, Field(ge=1, le=20)] = 5


class Rest(_Part):
    """A plain REST service: one POST, one JSON object; `key_header` carries our credential."""

    path: str
    key_header: str


class Manifest(_Part):
    """What one registry is. Exactly one of the protocol tables is present: the one `protocol` names.

    `needs` are sets of identifiers, best first, any one of which suffices. `question` maps the registry's
    elements to our words. `approximated` lists the names that no public document confirms. `idempotent` says
    that asking twice is as asking once over there: then a question that failed on the way may be repeated.
    """

    source: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    protocol: Literal["xroad-soap", "trembita-rest", "ehealth-rest", "plain-rest"]
    title: Wording
    owner: Wording
    ground: str
    sensitivity: Literal["personal", "special"]
    needs: Annotated[tuple[frozenset[str], ...], Field(min_length=1)]
    fields: Annotated[tuple[str, ...], Field(min_length=1)]
    approximated: tuple[str, ...] = ()
    birth_date_format: str = "%Y-%m-%d"
    idempotent: bool = False
    question: dict[str, str]
    xroad: XRoad | None = None
    trembita: Trembita | None = None
    ehealth: EHealth | None = None
    rest: Rest | None = None


TABLES: Final[Mapping[str, str]] = {
    "xroad-soap": "xroad",
    "trembita-rest": "trembita",
    "ehealth-rest": "ehealth",
    "plain-rest": "rest",
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

"""A border database that answers over X-Road SOAP by name and birth date, with everyone who fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.normal import name_key, read_date
from adapters.protocols.serving import Application, Register, Scope
from adapters.protocols.xroad_serving import XRoadProvider, to_xml

SAMPLES: Final = Path(__file__).parent / "samples" / "records.json"
NAMESPACE: Final = "http://dpsu.example/xroad/border-crossings"


def found_by(said: Mapping[str, Any]) -> Iterator[str]:
    """Give the key of one traveller: spelling does not count, a patronymic need not be given."""
    key = f"{name_key(said['lastName'])}|{name_key(said['firstName'])}|{read_date(said['birthDate'])}"
    yield f"{key}|{name_key(said['patronymic'])}" if said.get("patronymic") else key
    if said.get("patronymic"):
        yield key


def render(found: Sequence[Any]) -> bytes:
    """Give the candidates."""
    return to_xml("person", list(found))


def application() -> Application:
    """Give the simulated registry."""
    register = Register(SAMPLES, found_by, render)

    def crossings(asked: Mapping[str, str], scope: Scope) -> bytes:
        # Only the first key: a patronymic that was given must fit.
        return register.find([next(found_by(asked))], scope) or b""

    return XRoadProvider(NAMESPACE, {"GetBorderCrossings": crossings})

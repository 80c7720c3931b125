"""How to read the providers near a place: each service with its capacity, free places and nearness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from adapters.normal import read_date
from adapters.places import NEAREST_FIRST, nearness
from adapters.protocols.crosswalk import known, load_codes
from adapters.protocols.reading import Reader, person, required_text
from contracts.vocabulary import Field, Identity, Value

CODES: Final = load_codes(Path(__file__).parent / "codes.toml")


def whose(answer: Any) -> Identity:
    """Give the place that was asked about."""
    return person({"place": answer["katottg"]})


def read_service(answer: Any, provider: Any, item: Any) -> dict[str, Value]:
    """Give one service of one provider."""
    told: dict[str, Value] = {
        "service": known(CODES["service"], item["code"]),
        "provider": required_text(provider["name"]),
        "edrpou": required_text(provider["edrpou"]),
        "area": required_text(provider["katottg"]),
        "near": nearness(answer["katottg"], provider["katottg"]),
        "capacity": int(item["capacity"]),
        "free": int(item["free"]),
        "phone": required_text(provider["phone"]),
    }
    if provider.get("licence"):
        told["licensed_until"] = read_date(provider["licence"]["validUntil"])
    return told


def read_services(answer: Any) -> tuple[Value, ...]:
    """Give all services, the nearest first."""
    return tuple(sorted(each_service(answer), key=lambda told: NEAREST_FIRST.index(str(told["near"]))))


def each_service(answer: Any) -> Iterator[dict[str, Value]]:
    """Give all services in the register's order."""
    for provider in answer["providers"]:
        for item in provider["services"]:
            yield read_service(answer, provider, item)


IDENTITY: Final = whose

READERS: Final[Mapping[Field, Reader]] = {Field("providers.services"): read_services}

"""What we provide on the bus: a service is a row here and a schema beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.agencies import Role

SCHEMAS: Final = Path(__file__).parent / "schemas"
SCHEMA: Final = SCHEMAS / "obmin.xsd"
NAMESPACE: Final = "urn:obmin:bus:v1"
SEARCH_OFFERS: Final = "SearchOffers"


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `schema` describes the elements `code` and `codeResponse` in `NAMESPACE`, which has one.

    `role` is what an agency must be to call it, as for our own interface.
    """

    code: str
    version: str
    role: Role
    schema: Path
    title: Mapping[str, str]


_ALL = (
    Service(
        code="GetSocialHistory",
        version="v1",
        role=Role.CASE_SYSTEM,
        schema=SCHEMA,
        title=MappingProxyType({"uk": "Соціальна історія однієї особи", "en": "One person's social history"}),
    ),
    Service(
        code=SEARCH_OFFERS,
        version="v1",
        role=Role.CASE_SYSTEM,
        schema=SCHEMA,
        title=MappingProxyType({"uk": "Пошук пропозицій допомоги", "en": "Offers of help for a need"}),
    ),
)

SERVICES: Mapping[str, Service] = MappingProxyType({service.code: service for service in _ALL})

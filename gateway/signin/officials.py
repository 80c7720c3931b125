"""The officials of a deployment, from `officials.toml`: who each is, for which agency, in which cabinets.

What somebody may do comes from here and from the agency's roles, never from what a sign-in token claims:
taking a cabinet away from an official works with her next page.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.vocabulary import AgencyId, ObminError, OfficialId
from gateway.agencies import Role


class Cabinet(StrEnum):
    """The five cabinets; the value is what stands in their addresses."""

    CASEWORK = "casework"
    PARTNERING = "partnering"
    AUDITING = "auditing"
    OPERATING = "operating"
    PERSONAL = "personal"


ROLES: Mapping[Cabinet, Role] = MappingProxyType(
    {
        Cabinet.CASEWORK: Role.CASE_SYSTEM,
        Cabinet.PARTNERING: Role.PARTNER,
        Cabinet.AUDITING: Role.AUDITOR,
        Cabinet.OPERATING: Role.OPERATOR,
        Cabinet.PERSONAL: Role.PERSON_PORTAL,
    }
)
"""The role that an agency needs for its officials to use a cabinet."""


class OfficialsError(ObminError):
    """The list of officials cannot be used. The message names file, entry and what is wrong."""


@dataclass(frozen=True, slots=True)
class Official:
    """One official. `subject` is how the identity provider names her; `role` is what emergencies ask for."""

    subject: str
    agency: AgencyId
    id: OfficialId
    name: str
    role: str
    cabinets: frozenset[Cabinet]


class Officials:
    """The list, by how the provider names them and by how the record does."""

    def __init__(self, officials: Iterable[Official] = ()) -> None:
        listed = tuple(officials)
        self._by_subject = {each.subject: each for each in listed}
        self._by_id = {(each.agency, each.id): each for each in listed}

    def signing_in(self, subject: str) -> Official | None:
        """Find whom the identity provider has authenticated."""
        return self._by_subject.get(subject)

    def find(self, agency: AgencyId, official: OfficialId) -> Official | None:
        """Find an official by agency and id; None where she is no longer listed."""
        return self._by_id.get((agency, official))


_Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: _Text
    agency: _Code
    id: _Code
    name: _Text
    role: _Code | None = None
    cabinets: list[Cabinet] = Field(min_length=1)


def load_officials(path: Path) -> Officials:
    """Read the list; one mistake anywhere refuses the whole."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OfficialsError(f"{path}: {type(error).__name__}") from None
    if data.keys() - {"official"}:
        raise OfficialsError(f"{path}: every entry begins with [[official]]")
    officials = [
        _official(path, number, entry) for number, entry in enumerate(data.get("official", []), start=1)
    ]
    for what, names in (
        ("subject", [each.subject for each in officials]),
        ("official", [f"{each.agency}/{each.id}" for each in officials]),
    ):
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise OfficialsError(f"{path}: {what} more than once: {', '.join(twice)}")
    return Officials(officials)


def _official(path: Path, number: int, raw: Any) -> Official:
    try:
        entry = _Entry.model_validate(raw)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors())
        raise OfficialsError(f"{path}: official {number}: {wrong}") from None
    if Cabinet.PERSONAL in entry.cabinets:
        raise OfficialsError(f"{path}: official {number}: the personal cabinet is nobody's but the person's")
    return Official(
        entry.subject,
        AgencyId(entry.agency),
        OfficialId(entry.id),
        entry.name,
        entry.role or "",
        frozenset(entry.cabinets),
    )

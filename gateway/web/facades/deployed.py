"""What a deployment has set for its facades, and their routers in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from contracts.vocabulary import AgencyId
from gateway.agencies import AgenciesError, Agency
from gateway.bus import Bus
from gateway.revisions import Revisions


@dataclass(frozen=True, slots=True)
class Facades:
    """The settings that facades need. `bus` is None for who is on none, `govstack` where it is off.

    `spdci_identifiers` says which scheme each of SPDCI's identifier types is here.
    """

    bus: Bus | None
    spdci_identifiers: Mapping[str, str]
    govstack: GovStack | None


@dataclass(frozen=True, slots=True)
class GovStack:
    """What the GovStack facade has of its own.

    `open_as` names the agency as which requests without a token are served: the official suite's
    mode, empty in any other deployment.
    """

    revisions: Revisions
    open_as: AgencyId

    @classmethod
    def of(cls, revisions: Revisions, open_as: str, agencies: Mapping[AgencyId, Agency]) -> Self:
        """Give it. Raises `AgenciesError` where the open mode names an agency that is not on the list."""
        if open_as and open_as not in agencies:
            raise AgenciesError(f"govstack.open_as: {open_as}: no such agency")
        return cls(revisions, AgencyId(open_as))

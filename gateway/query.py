"""What is asked: about whom, for what, in which case, on whose initiative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from audit.event import Event, Json, Kind
from contracts.vocabulary import (
    AgencyId,
    CaseId,
    ExchangeId,
    Field,
    OfficialId,
    Purpose,
    Scheme,
    Source,
    Subject,
)


@dataclass(frozen=True, slots=True)
class Query:
    """One question about one person, already checked for form. `scheme` is how she was named.

    `sources` and `fields` only narrow the contract; None asks for all it gives.
    `emergency` is the stated reason, None where none is claimed; `role` and `second_factor` are what
    the agency vouches for about its official; `consent` is one on file that it relies on,
    `consent_request` one that it waits for. `via` says by which other protocol the query came, and under
    which ids it can be found there.
    """

    exchange_id: ExchangeId
    subject: Subject
    scheme: Scheme
    purpose: Purpose
    case: CaseId | None
    official: OfficialId
    sources: frozenset[Source] | None
    fields: frozenset[Field] | None
    emergency: str | None
    language: str
    role: str = ""
    second_factor: bool = False
    consent: str = ""
    consent_request: str = ""
    via: Mapping[str, Json] = field(default_factory=dict)

    def refusal(
        self,
        agency: AgencyId,
        reason: str,
        at: datetime,
        contract: str = "",
        weighed: Mapping[str, Json] = MappingProxyType({}),
    ) -> Event:
        """Write the entry of a query that was refused before it had a mandate.

        `contract` is the digest of the one that was looked into, `weighed` what the decision was made from.
        """
        details: dict[str, Json] = {"weighed": dict(weighed)} if weighed else {}
        return self.event(Kind.REFUSAL, agency, at, "refused", reason, details, contract)

    def event(
        self,
        kind: Kind,
        agency: AgencyId,
        at: datetime,
        result: str = "",
        reason: str = "",
        details: Mapping[str, Json] | None = None,
        contract: str = "",
    ) -> Event:
        """Write an entry about this query: codes and references, nothing of the person."""
        return Event(
            kind=kind,
            at=at,
            exchange_id=self.exchange_id,
            agency=agency,
            official=self.official,
            case=self.case or "",
            purpose=self.purpose,
            contract=contract,
            result=result,
            reason=reason,
            details={**(details or {}), **({"via": self.via} if self.via else {})},
        )

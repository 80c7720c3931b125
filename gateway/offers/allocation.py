"""A promise to one person, from the hold to the delivery: its stages, and how its row and entry read.

`held → confirmed → accepted → delivered`, or `released`, `expired`, `rejected`, `returned` on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row

from audit.event import Event, Json, Kind
from contracts.vocabulary import AgencyId, CaseId, OfficialId, SubjectRef
from gateway.offers.areas import Area
from gateway.offers.offer import Offer
from gateway.storage.engine import instant, micros, now


class Stage(StrEnum):
    """Where one promise stands."""

    HELD = "held"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    RELEASED = "released"
    EXPIRED = "expired"
    REJECTED = "rejected"
    RETURNED = "returned"


NEXT: Mapping[Stage, frozenset[Stage]] = MappingProxyType(
    {
        Stage.HELD: frozenset({Stage.CONFIRMED, Stage.RELEASED, Stage.EXPIRED}),
        Stage.CONFIRMED: frozenset({Stage.ACCEPTED, Stage.REJECTED, Stage.DELIVERED, Stage.RELEASED}),
        Stage.ACCEPTED: frozenset({Stage.DELIVERED, Stage.REJECTED, Stage.RETURNED}),
        Stage.DELIVERED: frozenset({Stage.RETURNED}),
    }
)
TAKES: Mapping[Stage, tuple[int, int]] = MappingProxyType(
    {
        **dict.fromkeys((Stage.HELD, Stage.CONFIRMED, Stage.ACCEPTED), (1, 0)),
        Stage.DELIVERED: (0, 1),
        **dict.fromkeys((Stage.RELEASED, Stage.EXPIRED, Stage.REJECTED, Stage.RETURNED), (0, 0)),
    }
)
"""How often the quantity counts as reserved and as delivered."""

COUNTED = frozenset({Stage.CONFIRMED, Stage.DELIVERED})
"""The stages that a report counts by the day they began."""


@dataclass(frozen=True, slots=True)
class Need:
    """Whom a promise is for, as far as criteria and counts go: no name, no identifier."""

    age_band: str
    sex: str
    factor: str
    area: Area


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """For whom and by whom something is held: a person, in a case, on an official's initiative."""

    agency: AgencyId
    official: OfficialId
    case: CaseId
    subject_ref: SubjectRef


@dataclass(frozen=True, slots=True)
class Allocation:
    """One promise to one person, from hold to delivery. A partner is shown `need`, never the subject.

    `counted_on` is the day it counts for in reports: when it was promised, then when it was delivered.
    """

    id: str
    offer_id: str
    agency: AgencyId
    official: OfficialId
    case: CaseId
    subject_ref: SubjectRef
    stage: Stage
    quantity: int
    expires_at: datetime
    promised_at: datetime | None
    due_at: datetime | None
    counted_on: date
    need: Need


def allocation_of(row: Row[Any]) -> Allocation:
    """Read a promise back from its row."""
    return Allocation(
        id=row.id,
        offer_id=row.offer_id,
        agency=AgencyId(row.agency),
        official=OfficialId(row.official),
        case=CaseId(row.case_id),
        subject_ref=SubjectRef(row.subject_ref),
        stage=Stage(row.state),
        quantity=row.quantity,
        expires_at=instant(row.expires_at),
        promised_at=instant(row.promised_at) if row.promised_at else None,
        due_at=instant(row.due_at) if row.due_at else None,
        counted_on=date.fromisoformat(row.counted_on),
        need=Need(row.age_band, row.sex, row.factor, Area(row.area)),
    )


def columns_of(allocation: Allocation, offer: Offer, key: int) -> Mapping[str, object]:
    """Give a promise's row; `key` is the person's, for counting."""
    return {
        "id": allocation.id,
        "offer_id": allocation.offer_id,
        "agency": allocation.agency,
        "official": allocation.official,
        "case_id": allocation.case,
        "subject_ref": allocation.subject_ref,
        "state": allocation.stage.value,
        "quantity": allocation.quantity,
        "expires_at": micros(allocation.expires_at),
        "promised_at": None,
        "due_at": None,
        "accepted": False,
        "counted_on": allocation.counted_on.isoformat(),
        "partner": offer.partner,
        "kind": offer.kind,
        "category": offer.category,
        "person_key": key,
        "age_band": allocation.need.age_band,
        "sex": allocation.need.sex,
        "factor": allocation.need.factor,
        "area": allocation.need.area,
    }


def event_of(allocation: Allocation, by: AgencyId, reason: str = "") -> Event:
    """Write the entry of a promise in its stage."""
    details: dict[str, Json] = {
        "offer": allocation.offer_id,
        "allocation": allocation.id,
        "quantity": allocation.quantity,
    }
    return Event(
        kind=Kind.ALLOCATION,
        at=now(),
        agency=by,
        official=allocation.official if by == allocation.agency else "",
        case=allocation.case,
        subject_ref=allocation.subject_ref,
        result=allocation.stage.value,
        reason=reason,
        details=details,
    )

"""What people do with referrals: what a case worker asks for, and the steps that somebody takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.event import Json
from contracts.vocabulary import AgencyId, CaseId, ExchangeId, Field, OfficialId, Purpose, SubjectRef
from gateway.faults import ConflictError, PreconditionError
from gateway.referrals.referral import Asks, Referral
from gateway.referrals.stages import Side, Step, follows


@dataclass(frozen=True, slots=True)
class Wish:
    """What a case worker asks of another agency."""

    sender: AgencyId
    official: OfficialId
    case: CaseId
    subject_ref: SubjectRef
    receiver: AgencyId
    purpose: Purpose
    priority: str
    exchange_id: ExchangeId
    kind: Asks = Asks.REFERRAL
    sections: tuple[str, ...] = ()
    content: Mapping[Field, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A step that somebody takes, with a code or words where it needs them. `if_match` is a version."""

    step: Step
    by: AgencyId
    official: OfficialId
    reason: str = ""
    words: str = field(default="", repr=False)
    if_match: int | str | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


def require_step(referral: Referral, step: Step, side: Side) -> None:
    """Raise `ConflictError` where this side may not take the step from where the referral stands."""
    if not follows(referral.stage, step, side):
        raise ConflictError(f"referral-is-{referral.stage}")


def require_version(referral: Referral, if_match: int | str | None) -> None:
    """Raise `PreconditionError` where somebody has seen another version than stands by now."""
    if if_match is not None and if_match not in {"*", referral.version}:
        raise PreconditionError

"""How a message reaches a receiver: the seam between the outbox and the protocols (`gateway.channels`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from contracts.vocabulary import AgencyId


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an agency takes messages: `kind` names the channel, `details` what that channel needs.

    `active` is false while the endpoint is paused: its messages wait.
    """

    agency: AgencyId
    kind: str
    address: str
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as it leaves. `sealed` is a compact JWE that the recipient's key alone opens.

    `receipt` is the record's promise that this attempt is on record (`audit.log.Receipt`). `attempt`
    counts from 1; `id` is the same in all of them.
    """

    id: str
    type: str
    agency: AgencyId
    sender: AgencyId
    at: datetime
    sealed: str = field(repr=False)
    exchange_id: str
    attempt: int
    expires_at: datetime
    receipt: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver has it, durably as far as it says. `reference` is its own name for it."""

    reference: str = ""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """It did not arrive; it may in a moment. `after` is how long the receiver asked to wait (seconds)."""

    code: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class WaitLong:
    """It did not arrive, and will not soon: maintenance, an expired certificate."""

    code: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It will never be taken as it is: somebody must look."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived: the connection broke after it was sent. It is sent again under its id."""

    code: str
    after: float = 0.0


Outcome = Accepted | RetryLater | WaitLong | GiveUp | Unknown


class Channel(Protocol):
    """One protocol. Called under a deadline; a cancelled call counts as unknown.

    Raises nothing of its own: what goes wrong is an outcome. What escapes all the same counts as a fault
    of the message, which ends as a dead letter when it happens again and again.
    """

    async def send(self, endpoint: Endpoint, parcel: Parcel) -> Outcome:
        """Hand one parcel over and say how it went."""


class Endpoints(Protocol):
    """Who can be reached how."""

    async def active(self) -> Mapping[AgencyId, Endpoint]:
        """Give the endpoints that may be called now. An agency without one fetches its messages itself."""

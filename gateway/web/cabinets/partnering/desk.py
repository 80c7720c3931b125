"""Who sits before a partner's page, and how its lists are turned over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from starlette.requests import Request

from gateway.offers.search import UNCONFIRMED_AFTER
from gateway.signin.officials import Cabinet
from gateway.web.cabinets.shell import SignedIn, signed_in
from gateway.web.gate import Gate, gate_of

T = TypeVar("T")
PAGE: Final = 25
REMINDED_BEFORE: Final = timedelta(days=5)
"""How long before an offer sinks its partner is asked whether it still holds."""
ASKED_AFTER: Final = UNCONFIRMED_AFTER - REMINDED_BEFORE


async def at_desk(request: Request) -> tuple[Gate, SignedIn]:
    """Give the services and the partner's official; a suspension works from this very request on.

    Raises:
        NotSignedInError, ForbiddenError: nobody, somebody else, or a partner that is suspended.
    """
    gate, who = gate_of(request), await signed_in(request, Cabinet.PARTNERING)
    await gate.offering.partners.require_active(who.caller.id)
    return gate, who


@dataclass(frozen=True, slots=True)
class Sheet(Generic[T]):
    """One page of a list; `next` is where the following one begins, empty where there is none."""

    rows: Sequence[T]
    next: str


def sheet_of(found: Sequence[T], ids: Sequence[str]) -> Sheet[T]:
    """Make a page of up to `PAGE + 1` found: the one too many says that there is another page."""
    more = len(found) > PAGE
    return Sheet(found[:PAGE], ids[PAGE - 1] if more else "")

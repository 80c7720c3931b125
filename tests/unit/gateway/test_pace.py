"""How often something may be tried without a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.faults import TooManyError
from gateway.pace import Allowance, Pace, network_of

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ALLOWANCE = Allowance(each=2, all=3, within=timedelta(hours=1))


def test_one_address_has_its_share_and_others_theirs() -> None:
    """The third try from one address is refused; another address may still try."""
    pace = Pace(ALLOWANCE)
    pace.admit("192.0.2.1", NOON)
    pace.admit("192.0.2.1", NOON)

    with pytest.raises(TooManyError):
        pace.admit("192.0.2.1", NOON)
    pace.admit("192.0.2.2", NOON)


def test_all_together_have_a_share() -> None:
    """Who comes from many addresses is stopped by what all of them may."""
    pace = Pace(ALLOWANCE)
    pace.admit("192.0.2.1", NOON)
    pace.admit("192.0.2.2", NOON)
    pace.admit("192.0.2.3", NOON)

    with pytest.raises(TooManyError):
        pace.admit("192.0.2.4", NOON)


def test_a_refused_try_does_not_count() -> None:
    """An hour after the tries that counted, the next is let in, however often one knocked meanwhile."""
    pace = Pace(ALLOWANCE)
    pace.admit("192.0.2.1", NOON)
    pace.admit("192.0.2.1", NOON)
    with pytest.raises(TooManyError):
        pace.admit("192.0.2.1", NOON + timedelta(minutes=59))

    pace.admit("192.0.2.1", NOON + timedelta(minutes=60))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "2001:0db8:0001:0002"),
        ("unix", "unix"),
    ],
)
def test_a_subscriber_is_one_address(address: str, network: str) -> None:
    """An IPv6 subscriber has a /64 and counts once; an IPv4 address is one however it is written."""
    assert network_of(address) == network

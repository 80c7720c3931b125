"""How often something may be tried by whom nobody has authenticated: so many times, then no more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from gateway.faults import TooManyError

EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many tries `within` a time of `each` address, and of all together."""

    each: int
    all: int
    within: timedelta


class Pace:
    """Counts tries in this process. A refused one does not count: going on keeps nobody out longer."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._tries: dict[str, deque[datetime]] = {}

    def admit(self, address: str, at: datetime) -> None:
        """Count one try from an address.

        Raises:
            TooManyError: the address, or everybody together, has used up the window.
        """
        self._forget(at - self._allowance.within)
        key = network_of(address)
        for who, most in ((key, self._allowance.each), (EVERYBODY, self._allowance.all)):
            if len(self._tries.get(who, ())) >= most:
                raise TooManyError
        for who in (key, EVERYBODY):
            self._tries.setdefault(who, deque()).append(at)

    def _forget(self, before: datetime) -> None:
        for who, tries in list(self._tries.items()):
            while tries and tries[0] <= before:
                tries.popleft()
            if not tries:
                del self._tries[who]


def network_of(address: str) -> str:
    """Give what one subscriber has: an IPv4 address, or the /64 of an IPv6 one; else the text as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else parsed.exploded[:19]
    return str(parsed)

"""Where a registry's name may lead: checked on the very addresses that are then connected to.

A name is only as good as who answers for it. One that changes its answer between a check and the
connection (DNS rebinding) must not lead a question, and our credential, to a machine of our own or to a
cloud's metadata.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

METADATA: Final = frozenset(map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
"""Where clouds tell machines their secrets, besides the link-local addresses."""


class AstrayError(OSError):
    """A name led only to addresses that it may not have. Holds neither."""


class Reach:
    """Which addresses one registry's name may have: those of `networks`, or by default any decent one.

    Loopback is decent only for a registry whose own address spells it (`local`), as in a demo.
    """

    def __init__(self, networks: Sequence[Network] = (), *, local: bool = False) -> None:
        self._networks = networks
        self._local = local

    @classmethod
    def of(cls, url: str, networks: Sequence[Network] = ()) -> Reach:
        """Give the reach of a registry at this address.

        Raises ValueError (`base-url`) where the address is spelt in numbers and lies outside `networks`.
        """
        host = urlsplit(url).hostname or ""
        try:
            spelt = ip_address(host)
        except ValueError:
            return cls(networks, local=host == "localhost")
        if networks and not cls(networks).allows(spelt):
            raise ValueError("base-url")
        return cls(networks, local=spelt.is_loopback)

    def allows(self, address: Address) -> bool:
        """Say whether the name may have this address."""
        plain = getattr(address, "ipv4_mapped", None) or address
        if self._networks:
            return any(plain in network for network in self._networks)
        if plain.is_loopback:
            return self._local
        indecent = plain.is_link_local or plain.is_multicast or plain.is_unspecified
        return not indecent and plain not in METADATA


class ReachResolver(AbstractResolver):
    """Asks `inner` for a name's addresses and lets through those within reach. See aiohttp's own."""

    def __init__(self, reach: Reach, inner: AbstractResolver | None = None) -> None:
        self._reach = reach
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses that may be connected to. Raises `AstrayError` where none may."""
        found = await self._inner.resolve(host, port, family)
        within = [one for one in found if self._reach.allows(ip_address(one["host"].partition("%")[0]))]
        if not within:
            raise AstrayError
        return within

    async def close(self) -> None:
        """Close the resolver beneath."""
        await self._inner.close()

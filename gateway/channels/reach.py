"""Where an agency's own address may lead: looked at when it is registered, and again at each attempt.

Whoever registers an address chooses whom the gateway talks to. It is never this machine, never a cloud's
metadata, and no inner network but those that the operator names.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from adapters.protocols.reach import METADATA, Address, Network, Reach

LONGEST: Final = 500


class AddressRefusedError(ValueError):
    """An address that no message is sent to. `code` says why; the address is not in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PublicReach(Reach):
    """Lets through addresses of the public internet and of the operator's `networks`; loopback for a demo."""

    def __init__(self, networks: Sequence[Network] = (), *, loopback: bool = False) -> None:
        super().__init__(networks, local=loopback)
        self._inner = networks
        self._loopback = loopback

    def allows(self, address: Address) -> bool:
        """See `Reach.allows`."""
        plain = getattr(address, "ipv4_mapped", None) or address
        if plain.is_loopback:
            return self._loopback
        if plain in METADATA or plain.is_multicast or plain.is_link_local:
            return False
        return plain.is_global or any(plain in network for network in self._inner)

    def check(self, url: str) -> str:
        """Give the address back as it will be called.

        Raises:
            AddressRefusedError: not https (but on this machine, where a demo may be), not an address of
                its own alone, or spelt in numbers that may not be reached.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise AddressRefusedError("address-malformed") from None
        if not host or parts.username or parts.password or parts.fragment or len(url) > LONGEST:
            raise AddressRefusedError("address-malformed")
        if not url.isascii() or any(sign.isspace() or not sign.isprintable() for sign in url):
            raise AddressRefusedError("address-malformed")
        here = self._is_here(host)
        if here and not self._loopback:
            raise AddressRefusedError("address-not-reachable")
        if parts.scheme != "https" and not (here and parts.scheme == "http"):
            raise AddressRefusedError("address-not-https")
        return url

    def _is_here(self, host: str) -> bool:
        """Say whether a host is this machine. One spelt in numbers is refused where it leads astray."""
        try:
            spelt = ip_address(host)
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")
        if not self.allows(spelt):
            raise AddressRefusedError("address-not-reachable")
        return spelt.is_loopback

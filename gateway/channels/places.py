"""What an agency may name as its place: each kind of endpoint has its own form of address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.agencies import Agency
from gateway.channels.reach import AddressRefusedError, PublicReach

WEB: Final = frozenset({"webhook", "fhir"})
BUS: Final = frozenset({"xroad-rest", "xroad-soap"})
MAIL: Final = "mail"

_SERVICE: Final = re.compile(r"[^/\s]+(/[^/\s]+){4,5}")
_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"
)


@dataclass(frozen=True, slots=True)
class Places:
    """Checks addresses. `kinds` are those that this deployment can reach."""

    kinds: frozenset[str]
    reach: PublicReach

    def check(self, kind: str, address: str, agency: Agency) -> str:
        """Give the address as it is kept.

        Raises:
            AddressRefusedError: a kind that is not reached from here, or an address that it cannot be.
        """
        if kind not in self.kinds:
            raise AddressRefusedError("kind-not-offered")
        if kind in WEB:
            return self.reach.check(address)
        if kind == MAIL:
            if not _MAILBOX.fullmatch(address):
                raise AddressRefusedError("address-malformed")
            return address
        if not _SERVICE.fullmatch(address):
            raise AddressRefusedError("address-malformed")
        if not any(address.startswith(f"{member}/") for member in agency.members):
            raise AddressRefusedError("address-not-yours")  # nobody's messages go to another's service
        return address

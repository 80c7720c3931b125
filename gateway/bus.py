"""Who asks over the bus: a member, named by the one security server that may speak for members.

X-Road and Trembita authenticate the asking organisation in its own security server; what reaches us
is that organisation's name in a header. It is worth what the connection is worth, so it counts on a
connection of the one peer that the settings name, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.vocabulary import AgencyId, ObminError
from gateway.agencies import Agency
from gateway.identity import Caller, UnauthenticatedError


class BusUnusableError(ObminError):
    """The settings of the bus cannot be used. The message names what is wrong."""


@dataclass(frozen=True, slots=True)
class SecurityServer:
    """The one peer whose word on members counts, known by its certificate.

    `proxy` is the address of the proxy that ends its TLS and passes the certificate on in `header`;
    empty where the gateway's own listener demands that very certificate.
    """

    fingerprints: frozenset[bytes]
    proxy: str
    header: str

    @classmethod
    def known_by(cls, peer: Path | None, proxy: str, header: str) -> Self:
        """Give it by the file of its certificate. Raises `BusUnusableError` where there is none."""
        if peer is None:
            raise BusUnusableError("bus.peer: name the certificate of the security server")
        return cls(fingerprints_of(peer), proxy, header)

    def recognise(self, *, direct: bool, address: str, passed_on: Sequence[str]) -> None:
        """Let nobody else through. `direct` says that our own listener has seen the certificate.

        Raises:
            UnauthenticatedError: another peer, no certificate, or one passed on by whom we do not trust.
        """
        if direct and not passed_on:
            return
        if direct or address != self.proxy:
            raise UnauthenticatedError("certificate-forged" if passed_on else "peer-unknown")
        if len(passed_on) != 1 or _fingerprint(passed_on[0]) not in self.fingerprints:
            raise UnauthenticatedError("peer-unknown")


@dataclass(frozen=True, slots=True)
class Bus:
    """Our place on the bus. `member` is our subsystem there, `address` where its messages reach us.

    `modern` spells fault codes as X-Road does from 7.8.0 on, else as the specification has them.
    """

    member: str
    address: str
    server: SecurityServer
    members: Mapping[str, Agency]
    modern: bool

    @classmethod
    def of(
        cls,
        member: str,
        address: str,
        server: SecurityServer,
        agencies: Mapping[AgencyId, Agency],
        *,
        modern: bool,
    ) -> Self:
        """Find the agencies by their members; `load_agencies` has seen to it that none is named twice."""
        members = {name: agency for agency in agencies.values() for name in agency.members}
        return cls(member, address, server, MappingProxyType(members), modern)

    def caller(self, member: str) -> Caller:
        """Turn a member's name into the agency that we know by it.

        Raises:
            UnauthenticatedError: no agency of ours has that name on the bus.
        """
        agency = self.members.get(member)
        if agency is None:
            raise UnauthenticatedError("member-unknown")
        return Caller(agency)


def fingerprints_of(path: Path) -> frozenset[bytes]:
    """Read the peer's certificate (PEM), and its next one beside it while it is being renewed.

    Raises:
        BusUnusableError: no certificate there.
    """
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BusUnusableError(
            f"{path}: {type(error).__name__}: no certificate of a security server"
        ) from None
    return frozenset(hashlib.sha256(each.public_bytes(Encoding.DER)).digest() for each in found)


def _fingerprint(passed_on: str) -> bytes:
    """Read a certificate as proxies pass it on: RFC 9440 (`:base64:`), or PEM, percent-encoded or not."""
    try:
        if passed_on.startswith(":") and passed_on.endswith(":"):
            der = base64.b64decode(passed_on[1:-1], validate=True)
        else:
            pem = unquote(passed_on).encode("ascii")
            der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except (ValueError, binascii.Error):
        raise UnauthenticatedError("peer-unknown") from None
    return hashlib.sha256(der).digest()

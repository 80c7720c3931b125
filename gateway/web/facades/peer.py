"""Who is connected: the security server, seen by our own listener or by the proxy before us."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.bus import Bus, BusUnusableError
from gateway.faults import NotFoundError
from gateway.web.gate import gate_of

DIRECT: Final = "obmin.bus"
"""Key of the scope that our own listener sets: nothing that a caller sends can."""


class AtBus:
    """The application as the bus's listener serves it: every connection there is the security server's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app({**scope, DIRECT: True}, receive, send)


def tls_for(certificate: Path, peer: Path) -> ssl.SSLContext:
    """Give the TLS that shakes hands with the holder of one certificate and with nobody else.

    Raises:
        BusUnusableError: one of the files cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate)
        context.load_verify_locations(peer)
    except OSError as error:
        raise BusUnusableError(f"{certificate}, {peer}: {type(error).__name__}") from None
    context.verify_mode = ssl.CERT_REQUIRED
    # The certificate itself is the anchor: whoever issued it is trusted with nothing.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def bus_of(request: Request) -> Bus:
    """Give the deployment's bus; one without answers as if there were no such address."""
    bus = gate_of(request).facades.bus
    if bus is None:
        raise NotFoundError
    return bus


def recognise(bus: Bus, request: Request) -> None:
    """Let the security server alone through. Raises `UnauthenticatedError`."""
    bus.server.recognise(
        direct=request.scope.get(DIRECT, False),
        address=request.client.host if request.client else "",
        passed_on=request.headers.getlist(bus.server.header),
    )

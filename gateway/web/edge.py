"""The outermost layer: an id for every request, room for it or a refusal, and no error that says too much."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from gateway.faults import OverloadedError
from gateway.web.gate import language_of
from gateway.web.problems import problem_of, respond

log = structlog.get_logger()
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What may stand in a metric or a log line: a method is text that a caller chose."""
UNLIMITED = ("/healthz", "/readyz", "/metrics")


class Edge:
    """Pure ASGI: wraps the whole application. Errors that come this far become problems, and no text."""

    def __init__(self, app: ASGIApp, most_in_flight: Callable[[], int], registry: CollectorRegistry) -> None:
        self._app = app
        self._most = most_in_flight
        self._in_flight = 0
        self._requests = Counter(
            "obmin_requests", "Answered requests", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram("obmin_request_seconds", "Time to answer", ["route"], registry=registry)
        self._gauge = Gauge("obmin_requests_in_flight", "Requests being answered", registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        # As GET (RFC 9110 §9.3.2); the server leaves the content out.
        scope = {**scope, "exchange_id": str(uuid7()), "method": "GET" if method == "HEAD" else method}
        watched = _Watched(scope, send)
        began = time.perf_counter()
        self._in_flight += 1
        self._gauge.set(self._in_flight)
        try:
            # Decided before a byte of the body is read.
            if self._in_flight > self._most() and scope["path"] not in UNLIMITED:
                await self._refuse(scope, receive, watched, OverloadedError())
            else:
                await self._app(scope, receive, watched)
        except Exception as error:
            log.exception("request.failed", exchange_id=scope["exchange_id"], code=type(error).__name__)
            if not watched.status:
                await self._refuse(scope, receive, watched, error)
        finally:
            self._in_flight -= 1
            self._gauge.set(self._in_flight)
            self._count(scope, watched.status, time.perf_counter() - began)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        response = respond(problem_of(error), scope["exchange_id"], language_of(headers))
        await response(scope, receive, send)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's template, never the path: a path may hold what somebody typed.
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        log.info(
            "request.answered",
            exchange_id=scope["exchange_id"],
            method=method,
            route=route,
            status=status,
            took_ms=round(seconds * 1000),
        )


class _Watched:
    """A `send` that adds the exchange's id and remembers the status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._exchange_id = scope["exchange_id"].encode()
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"exchange-id", self._exchange_id)]
            # Only what is the same for everybody says for itself how long it may be kept.
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": headers}
        await self._send(message)

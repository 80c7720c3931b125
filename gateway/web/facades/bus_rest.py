"""The bus's two REST dialects: X-Road's under `/r1/…`, Trembita's under `/restapi/…`.

They differ in where identifiers stand, and in the names of headers; variants seen in the wild are read, too.
A refusal has our own status and no `X-Road-Error`: that header is the bus's, and says that the bus refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.answer import Answer
from gateway.bus import Bus
from gateway.web.facades.asking import Carried, read_asked
from gateway.web.facades.bus_faults import BusMessageError, Flaw, ServiceUnknownError, fault_code
from gateway.web.facades.peer import bus_of, recognise
from gateway.web.facades.seam import Asked, Offers, serve
from gateway.web.facades.soap_message import PART
from gateway.web.gate import exchange_id_of, gate_of, language_of
from gateway.web.problem import Problem
from gateway.web.problems import problem_of
from gateway.web.replying import reply

router = APIRouter(tags=["bus"])

JSON: Final = "application/json"
XML: Final = ("application/xml", "text/xml", "text/*")
SERVICE_PARTS: Final = (5, 6)
"""A service is instance, class, member, subsystem and code, and on Trembita perhaps a version."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Under which names a dialect's headers travel; the first one is the documented one.

    A name that begins with `?` is a query parameter.
    """

    protocol: str
    client: tuple[str, ...]
    message_id: tuple[str, ...]
    official: tuple[str, ...]
    case: tuple[str, ...]
    represented: tuple[str, ...]
    transaction_id: tuple[str, ...]
    purpose_ids: tuple[str, ...] = ("uxp-purpose-ids", "purpose-id")
    subject_id: tuple[str, ...] = ("uxp-subject-id",)
    returned: tuple[str, ...] = ()


X_ROAD: Final = Dialect(
    protocol="x-road-rest",
    client=("x-road-client",),
    message_id=("x-road-id",),
    official=("x-road-userid",),
    case=("x-road-issue",),
    represented=("x-road-represented-party",),
    transaction_id=("x-road-request-id",),
    returned=("x-road-client", "x-road-id", "x-road-request-id", "x-road-service"),
)
TREMBITA: Final = Dialect(
    protocol="trembita-rest",
    client=("uxp-client",),
    message_id=("uxp-queryid", "uxp-id", "?queryId"),
    official=("uxp-userid", "?userId"),
    case=("uxp-issue",),
    represented=("uxp-represented-party",),
    transaction_id=("uxp-transaction-id",),
    returned=("uxp-client", "uxp-service", "uxp-queryid", "uxp-transaction-id"),
)


class BusRest:
    """One request in one dialect. See `Facade`. `path` names the service, or what comes after it."""

    def __init__(self, request: Request, bus: Bus, dialect: Dialect, service: str) -> None:
        self._request = request
        self._bus = bus
        self._dialect = dialect
        self._service = service

    def admit(self) -> None:
        """See `Facade.admit`."""
        recognise(self._bus, self._request)

    def read(self, body: bytes) -> Asked:
        """See `Facade.read`. A GET asks by headers alone: an address is no place for a person."""
        if body and self._request.headers.get("content-type", "").partition(";")[0].strip() != JSON:
            raise BusMessageError(Flaw.INVALID_CONTENT_TYPE)
        return read_asked(
            self._bus,
            gate_of(self._request).pipeline.contracts.vocabulary,
            self._carried(),
            body,
            exchange_id_of(self._request),
            language_of(self._request.headers),
        )

    def write(self, answer: Answer | Offers) -> Response:
        """See `Facade.write`."""
        names = [name for name in self._dialect.returned if name in self._request.headers]
        returned = {name: self._request.headers[name] for name in names}
        return Response(answer.as_json(), 200, returned, JSON)

    def refuse(self, error: Exception) -> Response:
        """See `Facade.refuse`: `type`, `message` and `detail`, as the bus's own errors have them."""
        code, problem = fault_code(error, modern=self._bus.modern), problem_of(error)
        exchange_id, language = exchange_id_of(self._request), language_of(self._request.headers)
        headers = {**problem.headers, "Content-Language": language}
        accepted = self._request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
        if accepted in XML:
            return Response(
                _error_xml(code, problem, exchange_id, language), problem.status, headers, "application/xml"
            )
        said = {
            "type": code,
            "message": problem.title[language],
            "detail": exchange_id,
            "problem": f"/problems/{problem.slug}",
            "advice": problem.advice[language],
        }
        return reply(said, problem.status, headers)

    def _carried(self) -> Carried:
        dialect = self._dialect
        client = self._said(dialect.client)
        if not client:
            raise BusMessageError(Flaw.MISSING_HEADER_FIELD)
        *provider, code, version = (*_parts(self._service), "")[:6]
        return Carried(
            protocol=dialect.protocol,
            client=client,
            provider="/".join(provider),
            service=code,
            version=version,
            message_id=self._said(dialect.message_id),
            official=self._said(dialect.official),
            case=self._said(dialect.case),
            purpose_ids=frozenset(
                part.strip() for part in self._said(dialect.purpose_ids).split(",") if part.strip()
            ),
            subject_id=self._said(dialect.subject_id),
            represented=bool(self._said(dialect.represented)),
            transaction_id=self._said(dialect.transaction_id)[:128],
        )

    def _said(self, names: tuple[str, ...]) -> str:
        """Give what the request says under any of these names: one thing, and said once in each place."""
        said: set[str] = set()
        for name in names:
            values = (
                self._request.query_params.getlist(name[1:])
                if name.startswith("?")
                else self._request.headers.getlist(name)
            )
            if len(values) > 1:
                raise BusMessageError(Flaw.DUPLICATE_HEADER_FIELD)
            said.update(value.strip() for value in values)
        if len(said) > 1:
            raise BusMessageError(Flaw.INCONSISTENT_HEADERS)
        return next(iter(said), "")


@router.api_route("/r1/{path:path}", methods=["GET", "POST"], include_in_schema=False)
async def x_road(request: Request) -> Response:
    """Serve X-Road's REST protocol, version 1: the path names the service."""
    raw = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    service = raw.partition("/r1/")[2].rstrip("/")
    return await serve(request, BusRest(request, bus_of(request), X_ROAD, service))


@router.api_route("/restapi", methods=["GET", "POST"], include_in_schema=False)
@router.api_route("/restapi/{path:path}", methods=["GET", "POST"], include_in_schema=False)
async def trembita(request: Request, path: str = "") -> Response:
    """Serve Trembita's REST protocol: `Uxp-Service` names the service, the path at most repeats its code."""
    service = request.headers.get("uxp-service", "")
    if path.rstrip("/") not in {"", *service.split("/")[4:5]}:
        service = ""
    return await serve(request, BusRest(request, bus_of(request), TREMBITA, service))


def _parts(service: str) -> list[str]:
    """Read a service's path, part by part: an encoded slash within one parts nothing."""
    parts = [unquote(part) for part in service.split("/")]
    if len(parts) not in SERVICE_PARTS or not all(PART.fullmatch(part) for part in parts):
        raise ServiceUnknownError
    return parts


def _error_xml(code: str, problem: Problem, exchange_id: str, language: str) -> bytes:
    members = {"type": code, "message": problem.title[language], "detail": exchange_id}
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><error>{inside}</error>'.encode()

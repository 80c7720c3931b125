"""X-Road's SOAP (protocol v4.0), which Trembita speaks too: `/xroad/soap`, and the WSDL beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson
from fastapi import APIRouter
from lxml import etree
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from adapters.protocols.markup import as_list, read_tree
from gateway.answer import Answer
from gateway.bus import Bus
from gateway.faults import MethodError
from gateway.web.facades.asking import Carried, read_asked, service_of
from gateway.web.facades.bus_faults import BusMessageError, Flaw, ServiceUnknownError, fault_code
from gateway.web.facades.peer import bus_of, recognise
from gateway.web.facades.seam import Asked, Offers, serve
from gateway.web.facades.search_message import read_search
from gateway.web.facades.services import NAMESPACE, SEARCH_OFFERS, SERVICES, Service
from gateway.web.facades.soap_answer import write_answer, write_fault
from gateway.web.facades.soap_message import Envelope, read_envelope
from gateway.web.facades.wsdl import write_wsdl
from gateway.web.gate import exchange_id_of, gate_of, language_of
from gateway.web.problems import problem_of

router = APIRouter(tags=["bus"])

PATH = "/xroad/soap"
XML = "text/xml; charset=utf-8"
TRANSACTION = ("uxp-transaction-id", "x-road-request-id")
METADATA = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")


class XRoadSoap:
    """One message. See `Facade`."""

    def __init__(self, request: Request, bus: Bus) -> None:
        self._request = request
        self._bus = bus
        self._envelope: Envelope | None = None

    def admit(self) -> None:
        """See `Facade.admit`."""
        recognise(self._bus, self._request)
        if self._request.method != "POST":
            raise MethodError

    def read(self, body: bytes) -> Asked:
        """See `Facade.read`."""
        headers = self._request.headers
        transaction_id = next((headers[name] for name in TRANSACTION if name in headers), "")
        envelope = read_envelope(
            body, headers.get("content-type", ""), headers.get("soapaction", ""), transaction_id[:128]
        )
        self._envelope = envelope
        return read_asked(
            self._bus,
            gate_of(self._request).pipeline.contracts.vocabulary,
            envelope.carried,
            _body(envelope.wrapper, service_of(self._bus, envelope.carried)),
            exchange_id_of(self._request),
            language_of(headers),
        )

    def write(self, answer: Answer | Offers) -> Response:
        """See `Facade.write`."""
        assert self._envelope is not None  # noqa: S101  there is no answer to what was not read
        code = self._envelope.carried.service
        return Response(write_answer(answer, self._envelope.header, code), media_type=XML)

    def refuse(self, error: Exception) -> Response:
        """See `Facade.refuse`. Faults have status 500 (SOAP 1.1 §6.2); the bus's own come with 200."""
        code, problem = fault_code(error, modern=self._bus.modern), problem_of(error)
        language = language_of(self._request.headers)
        content = write_fault(code, problem, exchange_id_of(self._request), language)
        return Response(content, 500, {**problem.headers, "Content-Language": language}, XML)


@router.post(PATH, summary="A message of X-Road's SOAP protocol", include_in_schema=False)
async def message(request: Request) -> Response:
    """Serve one message of the protocol, version 4."""
    return await serve(request, XRoadSoap(request, bus_of(request)))


@router.get(PATH, include_in_schema=False)
async def described(request: Request) -> Response:
    """Give the WSDL of everything that we provide, for `?wsdl`; the protocol knows no other GET."""
    bus = bus_of(request)
    if {name.lower() for name in request.query_params} != {"wsdl"}:
        return XRoadSoap(request, bus).refuse(MethodError())
    return Response(write_wsdl(SERVICES.values(), f"{bus.address}{PATH}"), media_type=XML)


@router.get("/wsdl", include_in_schema=False)
async def metadata(request: Request) -> Response:
    """Give one service's WSDL, named as the protocol's metadata request names it."""
    bus = bus_of(request)
    try:
        service = service_of(bus, _named(request.query_params))
    except ServiceUnknownError as error:
        return XRoadSoap(request, bus).refuse(error)
    return Response(write_wsdl([service], f"{bus.address}{PATH}"), media_type=XML)


def _named(parameters: QueryParams) -> Carried:
    """Read which service is meant. Its version is called `serviceVersion`, and by some clients `version`."""
    return Carried(
        protocol="wsdl",
        client="",
        provider="/".join(parameters.get(name, "") for name in METADATA),
        service=parameters.get("serviceCode", ""),
        version=parameters.get("serviceVersion") or parameters.get("version", ""),
        message_id="",
    )


def _body(wrapper: etree._Element, service: Service) -> bytes:
    """Give the wrapper's inside as `AskingBody` has it, once it is what the service's schema says."""
    if wrapper.tag != f"{{{NAMESPACE}}}{service.code}" or not _schema_at(service.schema).validate(wrapper):
        raise BusMessageError(Flaw.INVALID_BODY)
    said = read_tree(wrapper) or {}
    if service.code == SEARCH_OFFERS:
        return orjson.dumps(read_search(said))
    subject = said.get("subject")
    if subject and "birthDate" in subject:
        subject["birth_date"] = subject.pop("birthDate")
    body = {"purpose_id": said.get("purposeId"), "subject": subject}
    for many, one in (("sources", "source"), ("fields", "field")):
        if one in said:
            body[many] = as_list(said[one])
    return orjson.dumps(body)


@cache
def _schema_at(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(path))

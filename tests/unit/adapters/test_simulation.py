"""The simulators speak their protocols strictly, and misbehave when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import orjson
import pytest
from lxml import etree

from adapters.catalog import find_registries
from adapters.protocols.envelope import load_wsdl
from adapters.protocols.markup import read_tree
from adapters.simulation import Faults, Kind, Simulation, simulate_registries
from contracts.vocabulary import Source

XML = {"content-type": "text/xml"}
IDENTIFIERS = "http://x-road.eu/xsd/identifiers"
BORDER = find_registries()[Source("border")].folder / "samples" / "service.wsdl"
HEADER: dict[str, Any] = {
    "client": {
        "objectType": "SUBSYSTEM",
        "xRoadInstance": "SEVDEIR-TEST",
        "memberClass": "GOV",
        "memberCode": "37508596",
        "subsystemCode": "CASE_GATEWAY",
    },
    "service": {
        "objectType": "SERVICE",
        "xRoadInstance": "SEVDEIR-TEST",
        "memberClass": "GOV",
        "memberCode": "00034039",
        "subsystemCode": "PD_BorderCrossings",
        "serviceCode": "GetBorderCrossings",
        "serviceVersion": "v1",
    },
    "userId": "worker-17",
    "id": "message-1",
    "protocolVersion": "4.0",
}


def message(**header: Any) -> bytes:
    """Give a question to the border as zeep alone would write it, some of its headers changed."""
    client = load_wsdl(BORDER)
    fields = {name: value for name, value in {**HEADER, **header}.items() if value is not None}
    written = client.create_message(  # type: ignore[no-untyped-call]  # zeep is not typed
        client.service,
        "GetBorderCrossings",
        lastName="Бондаренко",
        firstName="Марія",
        birthDate="1990-09-03",
        _soapheaders=fields,
    )
    return bytes(etree.tostring(written))


async def post(
    path: str, content: bytes, headers: dict[str, str], simulation: Simulation | None = None
) -> httpx.Response:
    """Post to the simulation."""
    transport = httpx.ASGITransport(simulation or simulate_registries())
    async with httpx.AsyncClient(transport=transport, base_url="http://simulated") as client:
        return await client.post(path, content=content, headers=headers)


async def test_an_answer_is_what_the_wsdl_promises() -> None:
    """zeep, reading by the WSDL alone, finds the person in the simulator's answer."""
    response = await post("/border", message(), XML)
    client = load_wsdl(BORDER)
    operation = client.service._binding.get("GetBorderCrossings")

    said = operation.process_reply(etree.fromstring(response.content))

    assert said["body"]["person"][0]["abroad"] is False
    assert said["header"]["id"] == "message-1"


async def test_the_provider_copies_the_headers_and_the_bus_adds_its_hash() -> None:
    """What went out comes back, the hash of the request beside it."""
    response = await post("/border", message(), XML)
    header = etree.fromstring(response.content).find("{*}Header")

    assert header is not None
    came = read_tree(header)

    assert came.pop("requestHash")
    assert came["client"]["memberCode"] == "37508596"
    assert came.keys() == HEADER.keys()
    assert response.headers["uxp-transaction-id"]


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (message(userId=None), XML, "client.missing_header_field"),
        (message(id=None), XML, "client.missing_header_field"),
        (message(protocolVersion="3.0"), XML, "client.invalid_protocol_version"),
        (
            message(service={**HEADER["service"], "serviceCode": "Else"}),
            XML,
            "server.serverproxy.unknown_service",
        ),
        (message(), {"content-type": "application/json"}, "client.invalid_content_type"),
        (b"<a>", XML, "client.invalid_xml"),
        (b'<!DOCTYPE a><s:a xmlns:s="urn:s"/>', XML, "client.invalid_xml"),
        (message().replace(b"objectType", b"kind"), XML, "client.invalid_xml"),
    ],
)
async def test_the_simulated_bus_refuses_what_the_real_one_does(
    content: bytes, headers: dict[str, str], code: str
) -> None:
    """A message without its headers, of another version or to nobody gets a fault, with status 200."""
    response = await post("/border", content, headers)

    assert response.status_code == 200
    assert etree.fromstring(response.content).findtext(".//faultcode") == code


async def test_an_older_bus_spells_its_codes_in_the_old_way() -> None:
    """The employment service's fault codes are written as before X-Road 7.8."""
    response = await post("/employment", b"<a>", XML)

    assert etree.fromstring(response.content).findtext(".//faultcode") == "Client.InvalidXml"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/education/restapi/learners", {}, 500),
        ("/health/api/persons/search", {}, 401),
        ("/donors/aid/search", {}, 401),
        ("/donors/aid/search", {"x-api-key": "key"}, 400),
        ("/health/api/persons/search", {"authorization": "Bearer key"}, 422),
        ("/health/api/patients/nobody/summary/social_facts", {"authorization": "Bearer key"}, 404),
        ("/nowhere", {}, 404),
        ("/healthz", {}, 200),
    ],
)
async def test_the_simulated_rest_registries_are_strict(
    path: str, headers: dict[str, str], status: int
) -> None:
    """Without credential, bus headers or a sensible body there is no answer."""
    response = await post(path, b"[]", headers)

    assert response.status_code == status


async def test_a_fault_comes_and_goes_while_it_runs() -> None:
    """A registry misbehaves from when it is told to until it is told not to, the others never."""
    faults = Faults()
    simulation = simulate_registries(faults)
    headers = {"x-api-key": "key", "authorization": "Bearer key"}
    body = orjson.dumps({"rnokpp": "3311845622", "tax_id": "3311845622"})

    faults.set(Source("donors"), Kind.DOWN)
    during = await post("/donors/aid/search", body, headers, simulation)
    beside = await post("/health/api/persons/search", body, headers, simulation)
    faults.clear(Source("donors"))
    after = await post("/donors/aid/search", body, headers, simulation)

    assert [during.status_code, beside.status_code, after.status_code] == [503, 200, 200]


async def test_a_hanging_registry_lets_go_when_the_asker_does() -> None:
    """Nothing is left running once the connection is closed."""
    faults = Faults()
    faults.set(Source("donors"), Kind.HANG)
    asked: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": b""},
        {"type": "http.disconnect"},
    ]
    heard = iter(asked)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(heard)

    async def send(piece: MutableMapping[str, Any]) -> None:
        sent.append(piece)

    scope = {"type": "http", "method": "POST", "path": "/donors/aid/search", "headers": []}
    await asyncio.wait_for(simulate_registries(faults)(scope, receive, send), timeout=5)

    assert not sent


async def test_only_the_chosen_registries_are_simulated() -> None:
    """A simulation of one registry knows no other."""
    simulation = simulate_registries(only=frozenset({Source("donors")}))

    responses = [
        await post(path, b"", {}, simulation) for path in ("/donors/aid/search", "/health/api/persons/search")
    ]

    assert [response.status_code for response in responses] == [401, 404]

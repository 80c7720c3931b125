"""The gateway as a provider of both REST dialects of the bus."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.journeys.bus import (
    CLIENT,
    DECLARED,
    MESSAGE_ID,
    PROVIDER,
    SERVICE,
    at_bus,
    trembita_headers,
    xroad_headers,
)
from tests.journeys.house import CASE, MARIA, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBJECT = {"subject": {"scheme": "rnokpp", "value": MARIA}}
R1 = f"/r1/{PROVIDER}/GetSocialHistory"


async def _post(house: House, path: str, headers: dict[str, str], body: Any) -> httpx.Response:
    async with at_bus(house) as http:
        return await http.post(path, headers=headers, json=body)


async def test_xroad_rest_gives_the_whole_answer(common: House) -> None:
    """The answer is interface §3's, the purpose came in the body, and the bus's headers come back."""
    response = await _post(common, R1, xroad_headers(), {**SUBJECT, "purpose_id": "needs-assessment"})
    answer = response.json()

    assert {line["status"] for line in answer["sources"].values()} <= {"answered", "unknown"}
    assert answer["sources"]["health"]["status"] == "answered"
    assert answer["receipt"]["promise"]
    assert response.headers["x-road-client"] == CLIENT
    assert response.headers["x-road-id"] == MESSAGE_ID
    assert "x-road-error" not in response.headers


async def test_xroad_rest_is_on_record_with_its_request_id(common: House) -> None:
    """The id that the bus gave the exchange is the key of disputes."""
    headers = xroad_headers(X_Road_Request_Id="SEVDEIR-TEST-1", Uxp_Purpose_Ids=DECLARED)
    response = await _post(common, f"{R1}/v1", headers, SUBJECT)
    story = await common.story(response.json()["exchange_id"])

    assert story[0]["details"]["via"]["protocol"] == "x-road-rest"
    assert story[0]["details"]["via"]["transaction_id"] == "SEVDEIR-TEST-1"
    assert story[0]["case"] == CASE


async def test_trembita_rest_gives_the_whole_answer(common: House) -> None:
    """The documented headers alone name who asks, for what and in which case."""
    response = await _post(common, "/restapi", trembita_headers(), SUBJECT)

    assert response.json()["purpose"] == "needs-assessment"
    assert response.json()["case"] == CASE
    assert response.headers["uxp-queryid"] == MESSAGE_ID


async def test_a_get_names_the_person_in_a_header_alone(common: House) -> None:
    """The monitoring's own header names her, with or without the scheme; the address says nothing of her."""
    async with at_bus(common) as http:
        bare = await http.get("/restapi", headers=trembita_headers(Uxp_Subject_Id=MARIA))
        full = await http.get(
            R1, headers=xroad_headers(Uxp_Subject_Id=f"rnokpp:{MARIA}", Purpose_Id=DECLARED)
        )

    assert bare.json()["fields"]["education.status"]["value"] == "studying"
    assert full.json()["fields"]["education.status"]["value"] == "studying"


async def test_query_id_and_user_id_may_be_parameters(common: House) -> None:
    """As the bus's official Python clients send them."""
    headers = trembita_headers(Uxp_QueryID=None, Uxp_UserId=None)
    response = await _post(common, f"/restapi?queryId={MESSAGE_ID}&userId=worker-17", headers, SUBJECT)
    story = await common.story(response.json()["exchange_id"])

    assert story[0]["official"] == "worker-17"
    assert story[0]["details"]["via"]["message_id"] == MESSAGE_ID


@pytest.mark.parametrize(
    "headers",
    [
        trembita_headers(Uxp_QueryID=None, Uxp_Id=MESSAGE_ID),
        trembita_headers(Uxp_Purpose_Ids=None, Purpose_Id=DECLARED),
        trembita_headers(Uxp_Purpose_Ids=f"{DECLARED}, {DECLARED}"),
        trembita_headers(Uxp_Service=f"{PROVIDER}/GetSocialHistory"),
    ],
)
async def test_header_variants_of_the_wild_are_read(common: House, headers: dict[str, str]) -> None:
    """Older clients spell some headers otherwise."""
    response = await _post(common, "/restapi/GetSocialHistory", headers, SUBJECT)

    assert response.status_code == 200, response.text


async def test_an_absolute_request_target_is_an_address_like_any_other(common: House) -> None:
    """A client that takes the security server for a proxy sends the whole URL in its request line."""
    body = json.dumps(SUBJECT).encode()
    lines = [
        f"POST http://security-server/restapi?queryId={MESSAGE_ID} HTTP/1.1",
        "Host: security-server",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in trembita_headers().items()),
    ]
    status = await _raw(common, "\r\n".join([*lines, "", ""]).encode() + body)

    assert status == "HTTP/1.1 200 OK"


async def _raw(house: House, content: bytes) -> str:
    """Send bytes over the security server's connection; give the status line."""
    trust = ssl.create_default_context(cafile=str(house.demo.certificate("bus").with_suffix(".crt")))
    trust.load_cert_chain(house.demo.certificate("security-server"))
    reader, writer = await asyncio.open_connection("127.0.0.1", house.settings.bus.port, ssl=trust)
    writer.write(content)
    line = await reader.readline()
    writer.close()
    return line.decode().strip()


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Uxp-Client": None}, SUBJECT, 422, "client.missing_header_field"),
        ({"Uxp-QueryID": None}, SUBJECT, 422, "client.missing_header_field"),
        ({"Uxp-Purpose-Ids": None}, SUBJECT, 422, "client.missing_header_field"),
        ({"Uxp-Purpose-Ids": "A1,B2"}, SUBJECT, 422, "client.inconsistent_headers"),
        ({"Uxp-UserId": None}, SUBJECT, 422, "client.invalid_body"),
        ({}, {**SUBJECT, "official": "worker-18"}, 422, "client.inconsistent_headers"),
        ({"Uxp-Id": "another"}, SUBJECT, 422, "client.inconsistent_headers"),
        ({"Uxp-Subject-Id": "1759013776"}, SUBJECT, 422, "client.inconsistent_headers"),
        ({"Uxp-Subject-Id": "12"}, {}, 422, "client.invalid_body"),
        ({}, {}, 422, "client.invalid_body"),
        ({}, {**SUBJECT, "unknown": 1}, 422, "client.invalid_body"),
        ({"Uxp-Service": None}, SUBJECT, 404, "server.serverproxy.unknown_service"),
        ({"Uxp-Service": f"{PROVIDER}/Other"}, SUBJECT, 404, "server.serverproxy.unknown_service"),
        ({"Uxp-Service": f"{SERVICE}/v9"}, SUBJECT, 404, "server.serverproxy.unknown_service"),
        ({"Uxp-Client": f"{CLIENT}_2"}, SUBJECT, 401, "server.serverproxy.access_denied"),
        ({"Uxp-Represented-Party": "GOV/1"}, SUBJECT, 403, "server.serverproxy.access_denied"),
        ({"Uxp-Purpose-Ids": "never-declared"}, SUBJECT, 403, "server.serverproxy.access_denied"),
        ({"Uxp-Issue": "KYIV-2026-999999"}, SUBJECT, 403, "server.serverproxy.access_denied"),
    ],
)
async def test_a_request_that_is_wrong_is_refused_by_name(
    common: House, headers: dict[str, str | None], body: Any, status: int, code: str
) -> None:
    """Each refusal has the status of our own and the bus's code, and repeats nothing that was sent."""
    sent = trembita_headers(**{name.replace("-", "_"): value for name, value in headers.items()})
    response = await _post(common, "/restapi", sent, body)

    assert (response.status_code, response.json()["type"]) == (status, code)
    assert MARIA not in response.text
    assert "x-road-error" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        f"/r1/{PROVIDER}",
        f"/r1/{PROVIDER}/Other",
        f"/r1/{PROVIDER}/GetSocialHistory/v1/more",
        "/r1/SEVDEIR-TEST/GOV/37508596%2FOBMIN/GetSocialHistory/v1",
        "/restapi/Other",
    ],
)
async def test_an_address_that_names_no_service_of_ours_is_unknown(common: House, path: str) -> None:
    """An encoded slash is part of an identifier and parts no path."""
    headers = {**xroad_headers(), **trembita_headers()}
    response = await _post(common, path, headers, SUBJECT)

    assert response.json()["type"] == "server.serverproxy.unknown_service"


async def test_a_header_twice_is_refused(common: House) -> None:
    """Two proxies that choose differently would see two clients."""
    headers = [*xroad_headers().items(), ("X-Road-Client", CLIENT)]
    async with at_bus(common) as http:
        response = await http.post(R1, headers=headers, json=SUBJECT)

    assert response.json()["type"] == "client.duplicate_header_field"


async def test_errors_are_xml_for_who_reads_xml(common: House) -> None:
    """As the protocol's own errors are."""
    response = await _post(
        common, "/restapi", trembita_headers(Uxp_Purpose_Ids=None, Accept="text/xml"), SUBJECT
    )
    error = etree.fromstring(response.content)

    assert error.findtext("type") == "client.missing_header_field"
    assert error.findtext("detail") == response.headers["exchange-id"]

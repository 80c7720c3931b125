"""The bus's side of a journey: the security server's connection, and messages as bytes."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx
from lxml import etree

from tests.journeys.house import CASE, MARIA, House

CLIENT = "SEVDEIR-TEST/GOV/00034022/CASE_SYSTEM"
PROVIDER = "SEVDEIR-TEST/GOV/37508596/OBMIN"
SERVICE = f"{PROVIDER}/GetSocialHistory/v1"
DECLARED = "9K9J65I75ILCLMPDUIRXS"
MESSAGE_ID = "7ef7045f-d886-4b32-8142-a40958a3ae8e"
XROAD = "{http://x-road.eu/xsd/xroad.xsd}"
OURS = "{urn:obmin:bus:v1}"

PARTS = (
    (
        '<xro:client id:objectType="SUBSYSTEM"><id:xRoadInstance>SEVDEIR-TEST</id:xRoadInstance>'
        "<id:memberClass>GOV</id:memberClass><id:memberCode>00034022</id:memberCode>"
        "<id:subsystemCode>CASE_SYSTEM</id:subsystemCode></xro:client>"
    ),
    (
        '<xro:service id:objectType="SERVICE"><id:xRoadInstance>SEVDEIR-TEST</id:xRoadInstance>'
        "<id:memberClass>GOV</id:memberClass><id:memberCode>37508596</id:memberCode>"
        "<id:subsystemCode>OBMIN</id:subsystemCode><id:serviceCode>GetSocialHistory</id:serviceCode>"
        "<id:serviceVersion>v1</id:serviceVersion></xro:service>"
    ),
    "<xro:userId>worker-17</xro:userId>",
    f"<xro:issue>{CASE}</xro:issue>",
    f"<xro:id>{MESSAGE_ID}</xro:id>",
    "<xro:protocolVersion>4.0</xro:protocolVersion>",
)
BODY = (
    f"<o:GetSocialHistory><o:purposeId>{DECLARED}</o:purposeId><o:subject><o:scheme>rnokpp</o:scheme>"
    f"<o:value>{MARIA}</o:value></o:subject></o:GetSocialHistory>"
)
SOAP_TYPE = "text/xml; charset=utf-8"


def envelope(header: str = "".join(PARTS), body: str = BODY) -> str:
    """Give a whole message, with these in its header and body."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:o="urn:obmin:bus:v1" '
        'xmlns:xro="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers" '
        'xmlns:repr="http://x-road.eu/xsd/representation.xsd">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def at_bus(house: House, url: str = "") -> httpx.AsyncClient:
    """Give the security server's own connection, by its certificate, to this gateway of the house."""
    trust = ssl.create_default_context(cafile=str(house.demo.certificate("bus").with_suffix(".crt")))
    trust.load_cert_chain(house.demo.certificate("security-server"))
    return httpx.AsyncClient(
        base_url=url or house.settings.bus.url, verify=trust, trust_env=False, timeout=30
    )


async def post_soap(house: House, content: str | bytes, **headers: str) -> httpx.Response:
    """Post a message to the SOAP service as the security server does."""
    sent = {"Content-Type": SOAP_TYPE} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with at_bus(house) as http:
        return await http.post("/xroad/soap", content=content, headers=sent)


async def fault_of(house: House, content: str | bytes, **headers: str) -> str:
    """Give the fault code that a message gets."""
    response = await post_soap(house, content, **headers)
    assert response.status_code == 500, response.text
    return etree.fromstring(response.content).findtext(".//faultcode") or ""


def trembita_headers(**changes: str | None) -> dict[str, str]:
    """Give the documented headers of Trembita's REST, with changes; None takes one out."""
    headers: Mapping[str, Any] = {
        "Uxp-Client": CLIENT,
        "Uxp-Service": SERVICE,
        "Uxp-QueryID": MESSAGE_ID,
        "Uxp-UserId": "worker-17",
        "Uxp-Purpose-Ids": DECLARED,
        "Uxp-Issue": CASE,
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def xroad_headers(**changes: str | None) -> dict[str, str]:
    """Give the headers of X-Road's REST, with changes; None takes one out."""
    headers: Mapping[str, Any] = {
        "X-Road-Client": CLIENT,
        "X-Road-Id": MESSAGE_ID,
        "X-Road-UserId": "worker-17",
        "X-Road-Issue": CASE,
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}

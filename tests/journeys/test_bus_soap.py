"""The gateway as a provider of X-Road's SOAP: any client's stack can call it, and no quirk gets by."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from tests.journeys.bus import (
    BODY,
    MESSAGE_ID,
    OURS,
    PARTS,
    XROAD,
    at_bus,
    envelope,
    fault_of,
    post_soap,
)
from tests.journeys.house import CASE, MARIA, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

METADATA: Mapping[str, str] = {
    "xRoadInstance": "SEVDEIR-TEST",
    "memberClass": "GOV",
    "memberCode": "37508596",
    "subsystemCode": "OBMIN",
    "serviceCode": "GetSocialHistory",
}


def _ask_with_zeep(house: House) -> Any:
    """Ask as an agency's SOAP stack does: from the WSDL alone, through the security server's connection."""
    with requests.Session() as session:
        session.trust_env = False
        session.cert = str(house.demo.certificate("security-server"))
        session.verify = str(house.demo.certificate("bus").with_suffix(".crt"))
        transport = Transport(session=session)  # type: ignore[no-untyped-call]  # zeep is not typed
        address = f"{house.settings.bus.url}/xroad/soap?wsdl"
        client = zeep.Client(address, transport=transport)  # type: ignore[no-untyped-call]  # the same
        identifier = {"xRoadInstance": "SEVDEIR-TEST", "memberClass": "GOV"}
        return client.service.GetSocialHistory(
            purposeId="needs-assessment",
            subject={"scheme": "rnokpp", "value": MARIA},
            source=["education"],
            _soapheaders={
                "protocolVersion": "4.0",
                "id": MESSAGE_ID,
                "userId": "worker-17",
                "issue": CASE,
                "service": {
                    **identifier,
                    "memberCode": "37508596",
                    "subsystemCode": "OBMIN",
                    "serviceCode": "GetSocialHistory",
                    "serviceVersion": "v1",
                    "objectType": "SERVICE",
                },
                "client": {
                    **identifier,
                    "memberCode": "00034022",
                    "subsystemCode": "CASE_SYSTEM",
                    "objectType": "SUBSYSTEM",
                },
            },
        )


async def test_a_client_that_has_the_wsdl_alone_gets_a_history(common: House) -> None:
    """Zeep reads our WSDL, asks, checks the answer against its types and finds the header returned."""
    answer = await asyncio.to_thread(_ask_with_zeep, common)
    fields = {field.name: field.fact[0].value[0].text for field in answer.body.field}

    assert fields["education.status"] == "studying"
    assert answer.body.source[0].status == "answered"
    assert answer.header.id == MESSAGE_ID
    assert answer.header.client.subsystemCode == "CASE_SYSTEM"


async def test_every_field_of_the_header_comes_back_as_it_went(common: House) -> None:
    """What the consumer's security server compares is the same, in the same order; the hash is left to it."""
    sent = etree.fromstring(envelope())[0]
    hashed = "".join(PARTS) + '<xro:requestHash algorithmId="x">AAAA</xro:requestHash>'
    response = await post_soap(common, envelope(hashed))
    returned = etree.fromstring(response.content)[0]

    assert [field.tag for field in returned] == [field.tag for field in sent]
    assert [list(field.itertext()) for field in returned] == [list(field.itertext()) for field in sent]


async def test_the_answer_is_whole_and_proved(common: House) -> None:
    """Sealed fields, receipt and grounds are in the SOAP answer as they are in ours."""
    answer = etree.fromstring((await post_soap(common, envelope())).content)
    statuses = {source.findtext(f"{OURS}status") for source in answer.iter(f"{OURS}source")}
    sealed = [field.text for field in answer.iterfind(f".//{OURS}sealed/{OURS}field")]

    assert {"health.disability_group", "health.functional_assessment"} <= set(sealed)
    assert answer.findtext(f".//{OURS}receipt/{OURS}promise")
    assert statuses <= {"answered", "unknown"}


async def test_the_record_has_the_bus_ids(common: House) -> None:
    """The intent says by which protocol, member, message, purpose and transaction the query came."""
    response = await post_soap(common, envelope(), uxp_transaction_id="tx-1")
    story = await common.story(response.headers["exchange-id"])

    assert [event["kind"] for event in story] == ["intent", "release"]
    assert story[0]["official"] == "worker-17"
    assert story[0]["details"]["via"] == {
        "protocol": "x-road-soap",
        "client": "SEVDEIR-TEST/GOV/00034022/CASE_SYSTEM",
        "service": "GetSocialHistory",
        "message_id": MESSAGE_ID,
        "purpose_id": "9K9J65I75ILCLMPDUIRXS",
        "transaction_id": "tx-1",
    }


@pytest.mark.parametrize("missing", range(len(PARTS)))
async def test_a_header_that_the_protocol_demands_is_demanded(common: House, missing: int) -> None:
    """Each header but the case's own is mandatory; the case is demanded by the contract, not the protocol."""
    header = "".join(part for number, part in enumerate(PARTS) if number != missing)
    code = await fault_of(common, envelope(header))

    assert code == ("server.serverproxy.access_denied" if missing == 3 else "client.missing_header_field")


@pytest.mark.parametrize(
    ("found", "instead", "code"),
    [
        ("<xro:id>", "<xro:id>x</xro:id><xro:id>", "client.duplicate_header_field"),
        (MESSAGE_ID, " ", "client.missing_header_field"),
        (MESSAGE_ID, "two words", "client.missing_header_field"),
        (' id:objectType="SUBSYSTEM"', "", "client.invalid_xml"),
        ('"SUBSYSTEM"', '"MEMBER"', "client.invalid_client_identifier"),
        ('"SUBSYSTEM"', '"GLOBALGROUP"', "client.invalid_client_identifier"),
        ("00034022", "0003/4022", "client.invalid_client_identifier"),
        ("<id:serviceCode>GetSocialHistory</id:serviceCode>", "", "client.invalid_service_identifier"),
        ("<id:serviceCode>Get", "<id:serviceCode>Other", "server.serverproxy.unknown_service"),
        (">v1<", ">v2<", "server.serverproxy.unknown_service"),
        ("37508596", "37508597", "server.serverproxy.unknown_service"),
        ("00034022", "00034023", "server.serverproxy.access_denied"),
        (">4.0<", ">3.1<", "client.invalid_protocol_version"),
        ("o:GetSocialHistory>", "o:SocialHistory>", "client.invalid_body"),
        ("o:purposeId>", "o:purpose>", "client.invalid_body"),
        ("</o:subject>", "</o:subject><o:more/>", "client.invalid_body"),
        (MARIA, "3311845623", "client.invalid_body"),
        ("9K9J65I75ILCLMPDUIRXS", "never-declared", "server.serverproxy.access_denied"),
        (f"<s:Body>{BODY}", "<s:Body>", "client.missing_body"),
        (f"<s:Body>{BODY}", f"<s:Body>{BODY}{BODY}", "client.missing_body"),
        ("</s:Body>", f"</s:Body><s:Body>{BODY}</s:Body>", "client.missing_body"),
        ("<s:Body>", "<s:Hidden/><s:Body>", "client.invalid_soap"),
        ("s:Envelope", "s:Letter", "client.invalid_soap"),
        (f"<s:Header>{''.join(PARTS)}</s:Header>", "", "client.missing_header"),
        (
            "</s:Header>",
            '<o:Sign s:mustUnderstand="1"/></s:Header>',
            "client.invalid_soap",
        ),
        (
            "</s:Header>",
            "<repr:representedParty><repr:partyCode>1</repr:partyCode></repr:representedParty></s:Header>",
            "server.serverproxy.access_denied",
        ),
    ],
)
async def test_a_message_that_is_wrong_gets_its_fault(
    common: House, found: str, instead: str, code: str
) -> None:
    """Each flaw is refused by its own code of the protocol's list."""
    whole = envelope()
    told = await fault_of(common, whole.replace(found, instead))

    assert found in whole
    assert told == code


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<s:Envelope",
        b"\x00\x01",
        f'<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1/x">{envelope()}'.encode(),
        f'<!DOCTYPE x [<!ENTITY m "{MARIA}">]>{envelope().replace(MARIA, "&m;")}'.encode(),
        envelope().encode("utf-16").replace(b"s\x00:\x00E", b"s\x00:\x00\x00"),
        ("<x>" * 100_000).encode()[:60_000],
    ],
)
async def test_what_is_no_acceptable_document_is_refused(common: House, content: bytes) -> None:
    """No DTD, no entity, no broken or bottomless document is read."""
    code = await fault_of(common, content)

    assert code == "client.invalid_xml"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'<?xml version="1.0" encoding="UTF-8"?>\n' + envelope().encode(), "text/xml; charset=utf-8"),
        (b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>' + envelope().encode(), "text/xml"),
        (b"\xef\xbb\xbf" + envelope().encode(), "text/xml;charset=UTF-8"),
        (envelope().encode("utf-16"), "text/xml"),
        (
            b'<?xml version="1.0" encoding="UTF-8"?>' + envelope().encode("cp1251"),
            'text/xml; charset="windows-1251"',
        ),
        (
            b"--b\r\nContent-Type: text/xml\r\n\r\n" + envelope().encode() + b"\r\n--b--\r\n",
            'multipart/related; boundary="b"; type="text/xml"',
        ),
    ],
)
async def test_an_envelope_is_read_however_its_bytes_begin(
    common: House, content: bytes, content_type: str
) -> None:
    """An XML declaration, a byte order mark, another charset and a multipart wrapping are no hindrance."""
    response = await post_soap(common, content, Content_Type=content_type)

    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content_Type": "application/json"}, "client.invalid_content_type"),
        ({"Content_Type": "text/xml; charset=klingon"}, "client.invalid_content_type"),
        ({"SOAPAction": "unquoted"}, "client.invalid_soap_action"),
        ({"SOAPAction": '"with "quotes" inside"'}, "client.invalid_soap_action"),
    ],
)
async def test_the_transport_is_looked_at_too(common: House, headers: dict[str, str], code: str) -> None:
    """A content type or SOAPAction that the protocol does not allow is refused."""
    found = await fault_of(common, envelope(), **headers)

    assert found == code


@pytest.mark.parametrize("action", ["", '""', '"urn:anything:else"'])
async def test_a_soap_action_decides_nothing(common: House, action: str) -> None:
    """What is called stands in the body and the service header; SOAPAction is let through and ignored."""
    response = await post_soap(common, envelope(), SOAPAction=action)

    assert response.status_code == 200


async def test_a_fault_tells_the_exchange_and_the_next_step_and_nothing_of_the_person(common: House) -> None:
    """A refusal for want of a case: code, our title, the exchange's id and advice; no value that was sent."""
    header = "".join(PARTS).replace(CASE, "KYIV-2026-999999")
    response = await post_soap(common, envelope(header), Accept_Language="en")
    fault = etree.fromstring(response.content).find(".//{*}Fault")
    story = await common.story(response.headers["exchange-id"])

    assert fault is not None
    assert fault.findtext("detail/faultDetail") == response.headers["exchange-id"]
    assert fault.findtext(f"detail/{OURS}problem/{OURS}type") == "/problems/case-not-open"
    assert "case" in (fault.findtext("faultstring") or "")
    assert MARIA not in response.text
    assert story[0]["details"]["via"]["message_id"] == MESSAGE_ID


async def test_the_wsdl_is_as_a_security_server_serves_it(common: House) -> None:
    """The bus's schemas follow the service's own, and the address is where messages are taken."""
    async with at_bus(common) as http:
        whole = await http.get("/xroad/soap?wsdl")
        one = await http.get("/wsdl", params={**METADATA, "version": "v1"})
    namespaces = re.findall(r'targetNamespace="([^"]+)"', whole.text)[1:]

    assert namespaces == ["urn:obmin:bus:v1", "http://x-road.eu/xsd/identifiers", XROAD.strip("{}")]
    assert f'location="{common.settings.bus.url}/xroad/soap"' in whole.text
    assert set(re.findall(r'operation name="(\w+)"', one.text)) == {"GetSocialHistory"}


@pytest.mark.parametrize(
    "change", [{"serviceCode": "Other"}, {"serviceVersion": "v9"}, {"memberCode": "00000000"}]
)
async def test_a_wsdl_of_somebody_elses_service_is_not_given(
    common: House, change: Mapping[str, str]
) -> None:
    """The metadata request names a service whole; another one's is unknown here."""
    async with at_bus(common) as http:
        response = await http.get("/wsdl", params={**METADATA, **change})

    assert etree.fromstring(response.content).findtext(".//faultcode") == "server.serverproxy.unknown_service"


async def test_only_posts_are_messages(common: House) -> None:
    """A GET that asks for no WSDL is a fault of the protocol's own."""
    async with at_bus(common) as http:
        response = await http.get("/xroad/soap")

    assert etree.fromstring(response.content).findtext(".//faultcode") == "client.invalid_http_method"

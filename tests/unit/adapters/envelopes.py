"""Answers of the border database, and faults of the bus, as tests write them."""

from __future__ import annotations

from tests.unit.adapters.asking import MESSAGE_ID

XML = "text/xml; charset=utf-8"
CLIENT = {
    "xRoadInstance": "SEVDEIR-TEST",
    "memberClass": "GOV",
    "memberCode": "37508596",
    "subsystemCode": "CASE_GATEWAY",
}
SERVICE = {
    "xRoadInstance": "SEVDEIR-TEST",
    "memberClass": "GOV",
    "memberCode": "00034039",
    "subsystemCode": "PD_BorderCrossings",
    "serviceCode": "GetBorderCrossings",
    "serviceVersion": "v1",
}
PERSON = (
    "<person><lastName>БОНДАРЕНКО</lastName><firstName>МАРІЯ</firstName><birthDate>03.09.1990</birthDate>"
    "<sex>Ж</sex><abroad>false</abroad></person>"
)
ABROAD = frozenset({"border.abroad"})
HASH = '<x:requestHash algorithmId="http://www.w3.org/2001/04/xmldsig-more#gost34311">AAAA</x:requestHash>'


def envelope(body: str, header: str = "") -> bytes:
    """Give an envelope around a body and, where one is given, a header's inside."""
    head = f'<s:Header xmlns:x="http://x-road.eu/xsd/xroad.xsd">{header}</s:Header>' if header else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{head}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


def fields(**members: object) -> str:
    """Give header fields as elements, with prefixes other than ours."""
    return "".join(f"<x:{name}>{inside(value)}</x:{name}>" for name, value in members.items())


def inside(value: object) -> str:
    """Give one header field's inside."""
    if isinstance(value, dict):
        return "".join(
            f'<i:{key} xmlns:i="http://x-road.eu/xsd/identifiers">{one}</i:{key}>'
            for key, one in value.items()
        )
    return str(value)


ECHO = {
    "client": CLIENT,
    "service": SERVICE,
    "userId": "worker-17",
    "issue": "KYIV-2026-000123",
    "id": MESSAGE_ID,
}
FOUND = f"<GetBorderCrossingsResponse>{PERSON}</GetBorderCrossingsResponse>"


def fault(code: str) -> bytes:
    """Give a fault whose text tells of the person asked about."""
    return envelope(
        f"<s:Fault><faultcode>{code}</faultcode><faultstring>Бондаренко Марія</faultstring></s:Fault>"
    )

"""X-Road SOAP as it is spoken: headers, echo, wrappers, faults in two spellings, attachments."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest
from lxml import etree

from adapters.base import (
    Ambiguous,
    Answered,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.catalog import build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.markup import read_tree
from contracts.vocabulary import Identity, PersonName, Source, Subject
from tests.unit.adapters.asking import MESSAGE_ID, Peer, ask_for, saying

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


async def test_a_message_has_every_header_of_the_protocol() -> None:
    """Client, service, official, case, message id and version go out as protocol v4.0 wants them."""
    peer = saying(200, envelope(FOUND, fields(**ECHO)), content_type=XML)

    await peer.adapter("border").ask(ask_for(fields=ABROAD))
    root = etree.fromstring(peer.heard[0].content)
    header = root.find("{*}Header")
    kinds = [
        element.get("{http://x-road.eu/xsd/identifiers}objectType")
        for element in root.iter("{*}client", "{*}service")
    ]

    assert header is not None
    assert read_tree(header) == {**ECHO, "protocolVersion": "4.0"}
    assert kinds == ["SUBSYSTEM", "SERVICE"]


async def test_a_message_names_the_person_in_its_body_alone() -> None:
    """Name and birth date stand in the body, nothing of them in the URL or the HTTP headers."""
    peer = saying(200, envelope(FOUND, fields(**ECHO)), content_type=XML)

    await peer.adapter("border").ask(ask_for(fields=ABROAD))
    request = peer.heard[0]
    body = etree.fromstring(request.content).find("{*}Body/{*}GetBorderCrossings")

    assert body is not None
    assert read_tree(body) == {
        "lastName": "Бондаренко",
        "firstName": "Марія",
        "patronymic": "Олександрівна",
        "birthDate": "1990-09-03",
    }
    assert str(request.url) == "http://registry.example/border"
    assert request.headers["soapaction"] == '""'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"


async def test_a_question_without_a_case_has_no_issue() -> None:
    """The case number is left out where there is none, and so must the echo be."""
    echo = fields(**{name: value for name, value in ECHO.items() if name != "issue"})
    peer = saying(200, envelope(FOUND, echo), content_type=XML)

    reply = await peer.adapter("border").ask(ask_for(fields=ABROAD, case=None))

    assert isinstance(reply, Answered)
    assert b"issue" not in peer.heard[0].content


async def test_a_represented_party_is_named_and_must_come_back() -> None:
    """An agency asking on behalf of another says so, and an echo without it is refused."""
    peer = saying(200, envelope(FOUND, fields(**ECHO)), content_type=XML)
    connection = Connection("http://registry.example/border", represented_party="COM/12345678")
    adapter = build(find_registries()[Source("border")], connection, httpx.MockTransport(peer.answer))

    with pytest.raises(SourceMisbehavedError, match="wrong-echo"):
        await adapter.ask(ask_for(fields=ABROAD))

    party = etree.fromstring(peer.heard[0].content).find(".//{*}representedParty")
    assert party is not None
    assert read_tree(party) == {"partyClass": "COM", "partyCode": "12345678"}


@pytest.mark.parametrize("field", ["client", "service", "userId", "issue", "id"])
async def test_a_strict_echo_must_be_whole(field: str) -> None:
    """Where the manifest says strict, each header that the bus compares must be there and equal."""
    missing = fields(**{name: value for name, value in ECHO.items() if name != field})
    changed = fields(**{**ECHO, field: "another"})

    with pytest.raises(SourceMisbehavedError, match="wrong-echo"):
        await (
            saying(200, envelope(FOUND, missing), content_type=XML)
            .adapter("border")
            .ask(ask_for(fields=ABROAD))
        )
    with pytest.raises(SourceMisbehavedError, match="wrong-echo"):
        await (
            saying(200, envelope(FOUND, changed), content_type=XML)
            .adapter("border")
            .ask(ask_for(fields=ABROAD))
        )


async def test_a_request_hash_of_any_algorithm_is_let_be() -> None:
    """The hash that the bus adds may be of an algorithm nobody here knows."""
    peer = saying(200, envelope(FOUND, fields(**ECHO) + HASH), content_type=XML)

    reply = await peer.adapter("border").ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)
    assert reply.values == {"border.abroad": False}


async def test_the_transaction_id_is_kept() -> None:
    """The bus's own key for disputes comes out beside the record."""
    peer = saying(200, envelope(FOUND, fields(**ECHO)), content_type=XML, uxp_transaction_id="tx-1")

    reply = await peer.adapter("border").ask(ask_for(fields=ABROAD))

    assert reply.transaction_id == "tx-1"


async def test_several_people_are_only_counted() -> None:
    """Homonyms are told by their number alone."""
    twins = f"<GetBorderCrossingsResponse>{PERSON}{PERSON}</GetBorderCrossingsResponse>"

    reply = (
        await saying(200, envelope(twins, fields(**ECHO)), content_type=XML).adapter("border").ask(ask_for())
    )

    assert reply == Ambiguous(2)


@pytest.mark.parametrize(
    "body", ["<GetBorderCrossingsResponse/>", "<GetBorderCrossingsResponse> </GetBorderCrossingsResponse>"]
)
async def test_nobody_is_an_answer(body: str) -> None:
    """An empty wrapper says that nobody of that name is known."""
    with pytest.raises(SubjectUnknownError, match="not-found"):
        await saying(200, envelope(body, fields(**ECHO)), content_type=XML).adapter("border").ask(ask_for())


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("client.missing_header_field", SourceRefusedError, "bad-question"),
        ("Client.MissingHeaderField", SourceRefusedError, "bad-question"),
        ("soap:Client", SourceRefusedError, "bad-question"),
        ("server.serverproxy.access_denied", SourceRefusedError, "access-denied"),
        ("Server.ServerProxy.AccessDenied", SourceRefusedError, "access-denied"),
        ("server.clientproxy.unknown_member", SourceRefusedError, "unknown-service"),
        ("Server.ServerProxy.ServiceDisabled", SourceRefusedError, "unknown-service"),
        ("server.clientproxy.network_error", SourceUnavailableError, "bus-failed"),
        ("Server.ClientProxy.NetworkError", SourceUnavailableError, "bus-failed"),
        ("server.clientproxy.timestamping_failed", SourceUnavailableError, "bus-failed"),
        ("server.serverproxy.maintenance_mode", SourceUnavailableError, "maintenance"),
        ("soap:Server", SourceUnavailableError, "source-failed"),
        ("server.serverproxy.service_failed.unknown_thing", SourceUnavailableError, "source-failed"),
        ("server.serverproxy.service_failed.missing_header", SourceMisbehavedError, "unreadable"),
        ("server.clientproxy.invalid_signature_value", SourceMisbehavedError, "untrusted"),
        ("Бондаренко", SourceMisbehavedError, "unknown-fault"),
        ("", SourceMisbehavedError, "unknown-fault"),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
async def test_a_fault_is_told_by_its_code_alone(
    code: str, kind: type[SourceError], reason: str, status: int
) -> None:
    """Both spellings and both statuses mean the same, and nothing of the fault's text is kept."""
    with pytest.raises(kind) as error:
        await saying(status, fault(code), content_type=XML).adapter("border").ask(ask_for())

    assert str(error.value) == f"border: {reason}"
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>200 OK</body></html>",
        b'{"person": null}',
        envelope(""),
        envelope(FOUND + FOUND, fields(**ECHO)),
        envelope("<Another/>", fields(**ECHO)),
        envelope("<GetBorderCrossingsResponse>text</GetBorderCrossingsResponse>", fields(**ECHO)),
        envelope(FOUND.replace("<person>", "<person><lastName>X</lastName>"), fields(**ECHO)),
        envelope(FOUND.replace("<abroad>false", "<abroad>perhaps"), fields(**ECHO)),
        envelope(FOUND.replace("03.09.1990", "yesterday"), fields(**ECHO)),
        envelope(FOUND.replace("<lastName>БОНДАРЕНКО</lastName>", ""), fields(**ECHO)),
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1/">' + envelope(FOUND, fields(**ECHO)),
    ],
)
async def test_what_cannot_be_an_answer_is_not_used(body: bytes) -> None:
    """Markup that is broken, doubled or of another kind is the registry's fault, whatever its status."""
    with pytest.raises(SourceMisbehavedError) as error:
        await saying(200, body, content_type=XML).adapter("border").ask(ask_for(fields=ABROAD))

    assert error.value.reason in {"unreadable", "unreadable-field"}


async def test_a_body_moved_into_the_header_is_not_read() -> None:
    """Only the one body that is the envelope's own child counts."""
    forged = f"<s:Body><GetBorderCrossingsResponse>{PERSON}</GetBorderCrossingsResponse></s:Body>"
    peer = saying(200, envelope("<GetBorderCrossingsResponse/>", fields(**ECHO) + forged), content_type=XML)

    with pytest.raises(SubjectUnknownError):
        await peer.adapter("border").ask(ask_for(fields=ABROAD))


async def test_types_and_nils_do_not_confuse_the_reading() -> None:
    """An odd `xsi:type` is passed over, and a nil element is one that is not held."""
    odd = FOUND.replace(
        "<abroad>", '<abroad xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="evil">'
    )
    nil = odd.replace(
        "<sex>Ж", '<patronymic xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><sex>Ж'
    )
    peer = saying(200, envelope(nil, fields(**ECHO)), content_type=XML)

    reply = await peer.adapter("border").ask(ask_for(fields=ABROAD | {"person.patronymic"}))

    assert isinstance(reply, Answered)
    assert reply.values == {"border.abroad": False}


async def test_an_answer_with_attachments_is_read_by_its_first_part() -> None:
    """The SOAP part of a multipart answer is read, its attachments are dropped."""
    parts = b"\r\n".join(
        [
            b"--edge",
            b"Content-Type: text/xml; charset=UTF-8",
            b"",
            envelope(FOUND, fields(**ECHO)),
            b"--edge",
            b"Content-Type: application/pdf",
            b"",
            b"%PDF",
            b"--edge--",
        ]
    )
    peer = saying(200, parts, content_type='multipart/related; type="text/xml"; boundary="edge"')

    reply = await peer.adapter("border").ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--edge\r\n\r\n", 'multipart/related; boundary="edge"'),
        (envelope(FOUND), "multipart/related"),
        (b"--edge\r\nno blank line--edge", "multipart/related; boundary=edge"),
    ],
)
async def test_broken_multipart_is_unreadable(body: bytes, kind: str) -> None:
    """Parts that do not begin or end are not guessed at."""
    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await saying(200, body, content_type=kind).adapter("border").ask(ask_for())


@pytest.mark.parametrize(("status", "kind"), [(403, SourceRefusedError), (503, SourceUnavailableError)])
async def test_a_status_without_markup_counts(status: int, kind: type[SourceError]) -> None:
    """A proxy's own page before the registry is told by its status."""
    with pytest.raises(kind):
        await saying(status, b"<html>", content_type="text/html").adapter("border").ask(ask_for())


async def test_a_name_that_no_document_can_carry_is_not_sent() -> None:
    """A control character in a name refuses the question before it leaves."""
    peer = saying(200, b"", content_type=XML)
    maria = ask_for().subject.reveal()
    subject = Subject(Identity({}, PersonName("Бонда\x00ренко", "Марія"), maria.birth_date))

    with pytest.raises(SourceRefusedError, match="unsendable"):
        await peer.adapter("border").ask(ask_for(subject))
    assert not peer.heard


async def test_nothing_of_a_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG, zeep's included, no name appears."""
    caplog.set_level(logging.DEBUG)
    peer = saying(200, envelope(FOUND, fields(**ECHO)), content_type=XML)

    await peer.adapter("border").ask(ask_for(fields=ABROAD))

    assert "Бондаренко" not in caplog.text
    assert "БОНДАРЕНКО" not in caplog.text


async def test_a_peer_with_its_own_wrapper_can_be_told_apart() -> None:
    """Where the manifest names another wrapper, that one is read."""
    entry = find_registries()[Source("border")]
    xroad = entry.manifest.xroad
    assert xroad
    manifest = entry.manifest.model_copy(
        update={"xroad": xroad.model_copy(update={"wrapper": "CeServiceAnswer"})}
    )
    body = f"<CeServiceAnswer>{PERSON}</CeServiceAnswer>"
    peer = Peer(
        lambda _request: httpx.Response(
            200, content=envelope(body, fields(**ECHO)), headers={"content-type": XML}
        )
    )
    connection = Connection("http://registry.example/border")
    adapter = build(replace(entry, manifest=manifest), connection, httpx.MockTransport(peer.answer))

    reply = await adapter.ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)

"""X-Road SOAP as it comes back: faults in two spellings, attachments, oddities, nonsense."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest

from adapters.base import (
    Answered,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.catalog import build, find_registries
from adapters.protocols.connection import Connection
from contracts.vocabulary import Identity, PersonName, Source, Subject
from tests.unit.adapters.asking import Peer, ask_for, saying
from tests.unit.adapters.envelopes import (
    ABROAD,
    ECHO,
    FOUND,
    PERSON,
    XML,
    envelope,
    fault,
    fields,
)


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

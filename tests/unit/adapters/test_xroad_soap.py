"""X-Road SOAP as it is sent and echoed: headers, hash, transaction id, homonyms."""

from __future__ import annotations

import httpx
import pytest
from lxml import etree

from adapters.base import (
    Ambiguous,
    Answered,
    SourceMisbehavedError,
    SubjectUnknownError,
)
from adapters.catalog import build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.markup import read_tree
from contracts.vocabulary import Source
from tests.unit.adapters.asking import ask_for, saying
from tests.unit.adapters.envelopes import (
    ABROAD,
    ECHO,
    FOUND,
    HASH,
    PERSON,
    XML,
    envelope,
    fields,
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

    assert isinstance(reply, Ambiguous)
    assert reply.candidates == 2


@pytest.mark.parametrize(
    "body", ["<GetBorderCrossingsResponse/>", "<GetBorderCrossingsResponse> </GetBorderCrossingsResponse>"]
)
async def test_nobody_is_an_answer(body: str) -> None:
    """An empty wrapper says that nobody of that name is known."""
    with pytest.raises(SubjectUnknownError, match="not-found"):
        await saying(200, envelope(body, fields(**ECHO)), content_type=XML).adapter("border").ask(ask_for())

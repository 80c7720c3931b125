"""What real SOAP peers do differently is a switch of the manifest, each one proved here."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from lxml import etree

from adapters.base import (
    Adapter,
    Answered,
    Pending,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.catalog import FOLDER, build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.markup import read_tree
from adapters.protocols.switches import Codes, Token, Tunnel
from contracts.vocabulary import Source
from tests.unit.adapters.asking import CREDENTIAL, Peer, ask_for
from tests.unit.adapters.envelopes import ABROAD, ECHO, FOUND, PERSON, SERVICE, XML, envelope, fields

MARIA = {
    "lastName": "БОНДАРЕНКО",
    "firstName": "МАРІЯ",
    "birthDate": "03.09.1990",
    "sex": "Ж",
    "abroad": False,
}
TUNNEL = Tunnel(request="lastName", answer=("ResponceStr", "ResponseStr"), url="/people/search")
CODES = Codes(member="code", ok={"0"}, nobody={"1001"}, waiting={"1004"}, refused={"102"}, failed={"9"})


def saying_soap(body: str, header: str = "") -> Peer:
    """Give a peer that always says one body."""
    content = envelope(body, header or fields(**ECHO))
    return Peer(lambda _request: httpx.Response(200, content=content, headers={"content-type": XML}))


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A folder with the border database's WSDL in which no element of the question is required."""
    wsdl = (FOLDER / "border" / "samples" / "service.wsdl").read_text(encoding="utf-8")
    folder = tmp_path / "border"
    (folder / "samples").mkdir(parents=True)
    optional = re.sub(
        r'(name="(?:lastName|firstName|birthDate)" type="[^"]+")/>', r'\1 minOccurs="0"/>', wsdl
    )
    (folder / "samples" / "service.wsdl").write_text(optional, encoding="utf-8")
    return folder


def border(
    peer: Peer, xroad: Mapping[str, Any], folder: Path = FOLDER / "border", **manifest: Any
) -> Adapter:
    """Give the border database's adapter with some switches set otherwise."""
    entry = replace(find_registries()[Source("border")], folder=folder)
    assert entry.manifest.xroad
    changed = entry.manifest.xroad.model_copy(update=dict(xroad))
    entry = replace(entry, manifest=entry.manifest.model_copy(update={**manifest, "xroad": changed}))
    connection = Connection("http://registry.example/border", credential=CREDENTIAL)
    return build(entry, connection, httpx.MockTransport(peer.answer))


def base64(document: object) -> str:
    """Give a document as a tunnel carries it."""
    return b64encode(orjson.dumps(document)).decode()


async def test_a_document_inside_an_element_is_read() -> None:
    """An XML document in CDATA, with a declaration of its own, is read where its text stood."""
    inner = f'<?xml version="1.0" encoding="windows-1251"?>\n<acts>{PERSON}</acts>'
    peer = saying_soap(f"<CeServiceAnswer><ResultData><![CDATA[{inner}]]></ResultData></CeServiceAnswer>")
    switches = {"wrapper": "CeServiceAnswer", "document": "ResultData", "record": "ResultData.person"}

    reply = await border(peer, switches).ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)
    assert reply.values == {"border.abroad": False}


@pytest.mark.parametrize(
    ("inside", "kind", "reason"),
    [
        ("", SubjectUnknownError, "not-found"),
        ("<![CDATA[<acts/>]]>", SubjectUnknownError, "not-found"),
        ("<![CDATA[<acts>]]>", SourceMisbehavedError, "unreadable"),
        ('<![CDATA[<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>]]>', SourceMisbehavedError, "unreadable"),
        ("<acts/><acts/>", SourceMisbehavedError, "unreadable"),
    ],
)
async def test_an_inner_document_is_held_to_the_same_bounds(
    inside: str, kind: type[SourceError], reason: str
) -> None:
    """What is broken or dangerous outside an element is so inside one."""
    peer = saying_soap(f"<GetBorderCrossingsResponse><Data>{inside}</Data></GetBorderCrossingsResponse>")

    with pytest.raises(kind) as error:
        await border(peer, {"document": "Data", "record": "Data.person"}).ask(ask_for(fields=ABROAD))

    assert error.value.reason == reason


@pytest.mark.parametrize("spelt", ["ResponceStr", "ResponseStr"])
async def test_a_rest_call_goes_through_a_tunnel(spelt: str, loose: Path) -> None:
    """Method, address and question travel as base64 in one element, the answer in another, however spelt."""
    said = base64({"people": [MARIA]})
    peer = saying_soap(f"<AppDataRes><{spelt}>{said}</{spelt}></AppDataRes>")
    switches = {"tunnel": TUNNEL, "wrapper": "AppDataRes", "record": "people"}

    words = {"surname": "family_name", "born": "birth_date"}

    reply = await border(peer, switches, loose, question=words).ask(ask_for(fields=ABROAD))
    sent = etree.fromstring(peer.heard[0].content).findtext(".//{*}GetBorderCrossings/{*}lastName")

    assert isinstance(reply, Answered)
    assert orjson.loads(b64decode(sent or "")) == {
        "method": "POST",
        "url": "/people/search",
        "body": {"surname": "Бондаренко", "born": "1990-09-03"},
    }


@pytest.mark.parametrize(
    "inside",
    [
        "<ResponceStr/>",
        "<ResponceStr>%%%</ResponceStr>",
        "<ResponceStr>bm90IGpzb24=</ResponceStr>",
        "<Other/>",
    ],
)
async def test_a_broken_tunnel_is_unreadable(inside: str, loose: Path) -> None:
    """What is no base64, no JSON or not there is the registry's fault."""
    peer = saying_soap(f"<AppDataRes>{inside}</AppDataRes>")

    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await border(peer, {"tunnel": TUNNEL, "wrapper": "AppDataRes"}, loose).ask(ask_for(fields=ABROAD))


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("1001", SubjectUnknownError, "not-found"),
        ("102", SourceRefusedError, "bad-question"),
        ("9", SourceUnavailableError, "source-failed"),
        ("777", SourceMisbehavedError, "unknown-result"),
        ("", SourceMisbehavedError, "unknown-result"),
    ],
)
async def test_a_result_code_in_the_body_is_heeded(code: str, kind: type[SourceError], reason: str) -> None:
    """A code says what the status does not, and one that is not known is no answer."""
    body = FOUND.replace("<person>", f"<code>{code}</code><person>")

    with pytest.raises(kind) as error:
        await border(saying_soap(body), {}, codes=CODES).ask(ask_for(fields=ABROAD))

    assert error.value.reason == reason


async def test_a_result_code_may_say_that_the_answer_is_not_ready() -> None:
    """In progress is pending, though nothing else was agreed about tickets."""
    body = FOUND.replace("<person>", "<code>1004</code><person>")

    reply = await border(saying_soap(body), {}, codes=CODES).ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Pending)


async def test_the_wrapper_itself_may_be_the_record() -> None:
    """A service that answers with one person has nothing repeated inside."""
    peer = saying_soap(PERSON.replace("person>", "GetBorderCrossingsResponse>"))

    reply = await border(peer, {"record": ""}).ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)


async def test_an_empty_wrapper_is_nobody_where_it_is_the_record() -> None:
    """Nothing in the wrapper is nobody, not a person without members."""
    with pytest.raises(SubjectUnknownError):
        await border(saying_soap("<GetBorderCrossingsResponse/>"), {"record": ""}).ask(ask_for(fields=ABROAD))


async def test_a_service_may_answer_from_another_instance() -> None:
    """Where the switch allows it, the service's instance may differ, and nothing else."""
    moved = {**ECHO, "service": {**SERVICE, "xRoadInstance": "SEVDEIR"}}
    other = {**ECHO, "service": {**SERVICE, "memberCode": "00000001"}}
    switches = {"echo": "any-instance"}

    reply = await border(saying_soap(FOUND, fields(**moved)), switches).ask(ask_for(fields=ABROAD))

    assert isinstance(reply, Answered)
    with pytest.raises(SourceMisbehavedError, match="wrong-echo"):
        await border(saying_soap(FOUND, fields(**moved)), {}).ask(ask_for(fields=ABROAD))
    with pytest.raises(SourceMisbehavedError, match="wrong-echo"):
        await border(saying_soap(FOUND, fields(**other)), switches).ask(ask_for(fields=ABROAD))


async def test_optional_headers_can_be_left_out() -> None:
    """A peer that refuses the optional headers gets none, and need not copy them."""
    echo = {name: value for name, value in ECHO.items() if name not in {"userId", "issue"}}
    peer = saying_soap(FOUND, fields(**echo))

    reply = await border(peer, {"leave_out": frozenset({"userId", "issue"})}).ask(ask_for(fields=ABROAD))
    header = etree.fromstring(peer.heard[0].content).find("{*}Header")

    assert isinstance(reply, Answered)
    assert header is not None
    assert read_tree(header).keys() == {"client", "service", "id", "protocolVersion"}


async def test_a_provider_may_want_a_token_in_a_header_of_its_own() -> None:
    """Our credential stands in the header that the manifest names, in the provider's namespace."""
    peer = saying_soap(FOUND)
    token = Token(name="AuthorizationToken", namespace="http://nais.gov.ua/api/sevdeir/EDR")

    await border(peer, {"token": token}).ask(ask_for(fields=ABROAD))
    sent = etree.fromstring(peer.heard[0].content)

    assert sent.findtext(f"{{*}}Header/{{{token.namespace}}}AuthorizationToken") == CREDENTIAL


async def test_dates_are_written_as_each_element_wants_them() -> None:
    """One element's own format outranks that of all."""
    peer = saying_soap(FOUND)

    await border(peer, {}, birth_date_format="%d.%m.%Y", date_formats={"birthDate": "%Y.%m.%d"}).ask(
        ask_for(fields=ABROAD)
    )

    assert b"<ns0:birthDate>1990.09.03<" in peer.heard[0].content

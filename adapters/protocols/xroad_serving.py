"""The provider's side of X-Road SOAP, for simulators: headers demanded and echoed, faults with HTTP 200."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

from adapters.protocols.markup import hardened, local_name, parse, read_tree
from adapters.protocols.serving import (
    FAULT,
    Receive,
    Scope,
    Send,
    Served,
    header,
    personal_text,
    read_body,
    serve,
)
from adapters.protocols.strict_json import UnreadableError
from adapters.protocols.xroad_faults import spell

ENVELOPE: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
XROAD: Final = "{http://x-road.eu/xsd/xroad.xsd}"
OBJECT_TYPE: Final = "{http://x-road.eu/xsd/identifiers}objectType"
INSTANCE: Final = "{http://x-road.eu/xsd/identifiers}xRoadInstance"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
DEMANDED: Final = frozenset({"client", "service", "userId", "id", "protocolVersion"})
START: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
)
END: Final = b"</soapenv:Body></soapenv:Envelope>"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"

Operation = Callable[[Mapping[str, str], Scope], bytes]
"""From the request's elements to the inside of the answer's wrapper."""


class FaultError(Exception):
    """A refusal in the bus's words: a fault code."""


class XRoadProvider:
    """An ASGI application that is a service behind its security server.

    `modern` spells fault codes as X-Road does from 7.8.0 on, else as before; `copies` says whether it
    returns our headers, which Trembita's own examples do not, and `instance` what it says its own instance
    is, where that is not what it was asked under. `questions` and `answers` are the wrappers of operations
    that do not name them after themselves.
    """

    def __init__(
        self,
        namespace: str,
        operations: Mapping[str, Operation],
        *,
        questions: Mapping[str, str] = NOTHING,
        answers: Mapping[str, str] = NOTHING,
        modern: bool = True,
        copies: bool = True,
        instance: str = "",
    ) -> None:
        self._namespace = namespace
        self._operations = operations
        self._questions = questions
        self._answers = answers
        self._modern = modern
        self._copies = copies
        self._instance = instance
        self._parser = hardened()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI 3 has it."""
        body = await read_body(receive)
        try:
            answer = self._answer(scope, body)
        except FaultError as fault:
            answer = self._fault(str(fault))
        headers = {"uxp-transaction-id": str(uuid4())}
        await serve(send, Served(200, answer, "text/xml; charset=utf-8", headers))

    def _answer(self, scope: Scope, body: bytes) -> bytes:
        if scope.get(FAULT) == "fault":
            raise FaultError("server.serverproxy.service_failed.internal_error")
        if scope["method"] != "POST":
            raise FaultError("client.invalid_http_method")
        if not header(scope, b"content-type").startswith("text/xml"):
            raise FaultError("client.invalid_content_type")
        try:
            root = parse(body, self._parser)
        except UnreadableError:
            raise FaultError("client.invalid_xml") from None
        said = root.find(f"{ENVELOPE}Body")
        if said is None or len(said) != 1:
            raise FaultError("client.missing_body")
        head = root.find(f"{ENVELOPE}Header")
        operation = self._called(head, local_name(said[0]))
        inside = self._operations[operation](read_tree(said[0]) or {}, scope)
        wrapper = self._answers.get(operation, f"{operation}Response")
        return b"".join(
            (
                START,
                self._echo(head, body),
                f'<soapenv:Body><m:{wrapper} xmlns:m="{self._namespace}">'.encode(),
                inside,
                f"</m:{wrapper}>".encode(),
                END,
            )
        )

    def _called(self, head: etree._Element | None, wrapper: str) -> str:
        """Give the operation asked for, once the headers are what protocol v4.0 §1.2 demands."""
        there = {} if head is None else {str(field.tag).removeprefix(XROAD): field for field in head}
        if head is None or not there.keys() >= DEMANDED:
            raise FaultError("client.missing_header_field")
        if not there["client"].get(OBJECT_TYPE) or not there["service"].get(OBJECT_TYPE):
            raise FaultError("client.invalid_xml")
        fields: dict[str, Any] = read_tree(head)
        if not fields["protocolVersion"].startswith("4."):
            raise FaultError("client.invalid_protocol_version")
        operation: str = fields["service"].get("serviceCode", "")
        if operation not in self._operations:
            raise FaultError("server.serverproxy.unknown_service")
        if not wrapper.startswith(self._questions.get(operation, operation)):
            raise FaultError("client.invalid_body")
        return operation

    def _echo(self, head: etree._Element | None, body: bytes) -> bytes:
        """Copy the request's header back and add the hash that the consumer's server adds (§1.2)."""
        if head is None or not self._copies:
            return b""
        for instance in head.iterfind(f"{XROAD}service/{INSTANCE}") if self._instance else ():
            instance.text = self._instance
        stamp = etree.SubElement(head, f"{XROAD}requestHash", algorithmId=SHA512)
        stamp.text = b64encode(hashlib.sha512(body).digest()).decode()
        head.tail = None
        return etree.tostring(head)

    def _fault(self, code: str) -> bytes:
        spelt = spell(code, modern=self._modern)
        text = escape(personal_text("Не знайдено"))
        return b"".join(
            (
                START,
                b"<soapenv:Body><soapenv:Fault>",
                f"<faultcode>{spelt}</faultcode><faultstring>{text}</faultstring>".encode(),
                f"<detail><faultDetail>{uuid4()}</faultDetail></detail>".encode(),
                b"</soapenv:Fault>",
                END,
            )
        )


def to_xml(name: str, value: Any) -> bytes:
    """Give one element of an answer from plain data, as `read_tree` will read it back."""
    if isinstance(value, list):
        return b"".join(to_xml(name, item) for item in value)
    if isinstance(value, dict):
        inside = b"".join(to_xml(member, item) for member, item in value.items())
    else:
        inside = escape(value).encode()
    return f"<m:{name}>".encode() + inside + f"</m:{name}>".encode()

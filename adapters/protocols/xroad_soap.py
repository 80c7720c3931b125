"""X-Road message protocol v4.0 over SOAP, as spoken by X-Road, UXP and Trembita.

One call is: fill the compiled envelope, send it to the security server, read the answer with a hardened
parser, check the echo of our headers, take out the wrapper. Faults come with HTTP 200 too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError

from adapters.base import Question, SourceMisbehavedError, SourceRefusedError
from adapters.protocols.connection import Connection
from adapters.protocols.envelope import Template, load_wsdl, slot
from adapters.protocols.finding import Said
from adapters.protocols.markup import hardened, local_name, parse, read_tree
from adapters.protocols.multipart import first_part
from adapters.protocols.reading import readable
from adapters.protocols.switches import XRoad
from adapters.protocols.unwrapping import close_tunnel, open_document, open_tunnel
from adapters.protocols.wire import Response, Wire, refuse_status
from adapters.protocols.xroad_faults import refuse_fault
from adapters.protocols.xroad_header import OBJECT_TYPE, PARTY, header_field
from contracts.vocabulary import Source

SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
ENVELOPE: Final = f"{SOAP}Envelope"
HEADER: Final = f"{SOAP}Header"
BODY: Final = f"{SOAP}Body"
FAULT: Final = f"{SOAP}Fault"
HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
TRANSACTION: Final = ("uxp-transaction-id", "x-road-request-id")
ECHOED: Final = ("client", "service", "userId", "issue", "id", "representedParty")
"""What the consumer's security server compares (§1.3); protocolVersion is not among it."""


class XRoadSoap:
    """One service on the bus: turns operation and values into what the provider said.

    Envelopes are compiled on first use of each shape and kept. Calls run concurrently.
    """

    def __init__(
        self, source: Source, manifest: XRoad, wsdl: Path, connection: Connection, wire: Wire
    ) -> None:
        self._source = source
        self._manifest = manifest
        self._wire = wire
        self._client: zeep.Client = load_wsdl(wsdl)
        self._parser = hardened()
        self._identity = connection
        self._templates: dict[tuple[str, tuple[str, ...], bool], Template] = {}
        self._fixed: dict[str, dict[str, Any]] = {}

    async def call(
        self, operation: str, values: Mapping[str, str], question: Question, message_id: str
    ) -> Said:
        """Ask once. `message_id` must be new on the bus (§1.2).

        Raises `SourceRefusedError`, `SourceUnavailableError` or `SourceMisbehavedError`
        (`unreadable`, `wrong-echo`, and those of a fault).
        """
        if self._manifest.tunnel is not None:
            values = close_tunnel(self._manifest.tunnel, values)
        header = self._header(operation, question, message_id)
        template = self._template(operation, tuple(values), with_issue="issue" in header)
        slots = {
            **values,
            "obminId": message_id,
            "obminUserId": question.official,
            "obminIssue": question.case or "",
            "obminToken": self._identity.credential,
        }
        try:
            content = template.fill(slots)
        except ValueError:
            raise SourceRefusedError(self._source, "unsendable") from None
        response = await self._wire.send(
            "POST", "", deadline=question.deadline, headers=HEADERS, content=content
        )
        return Said(self._read(response, operation, header), _transaction(response))

    def _template(self, operation: str, slots: tuple[str, ...], *, with_issue: bool) -> Template:
        shape = (operation, slots, with_issue)
        template = self._templates.get(shape)
        if template is None:
            try:
                template = Template(
                    self._client,
                    operation,
                    frozenset(slots),
                    self._slotted(operation, with_issue=with_issue),
                )
            except (ZeepError, TypeError, ValueError):
                # zeep quotes what it was given.
                raise SourceRefusedError(self._source, "unsendable") from None
            self._templates[shape] = template
        return template

    def _header(self, operation: str, question: Question, message_id: str) -> dict[str, Any]:
        """Give the header fields of one call as they must come back."""
        fixed = self._fixed.get(operation)
        if fixed is None:
            fixed = self._fixed[operation] = self._parties(operation)
        header = {**fixed, "id": message_id}
        if "userId" not in self._manifest.leave_out:
            header["userId"] = question.official
        if question.case and "issue" not in self._manifest.leave_out:
            header["issue"] = question.case
        return header

    def _parties(self, operation: str) -> dict[str, Any]:
        """Give the header fields that are the same in every call of an operation."""
        parties: dict[str, Any] = {
            "client": _identifier(self._identity.member),
            "service": self._service(operation),
        }
        if self._identity.represented_party:
            head, _, code = self._identity.represented_party.rpartition("/")
            parties["representedParty"] = (
                {"partyClass": head, "partyCode": code} if head else {"partyCode": code}
            )
        return parties

    def _service(self, operation: str) -> dict[str, str]:
        service = _identifier(f"{self._identity.instance}/{self._manifest.service}")
        service["serviceCode"] = operation
        if self._manifest.version:
            service["serviceVersion"] = self._manifest.version
        return service

    def _slotted(self, operation: str, *, with_issue: bool) -> list[etree._Element]:
        """Give the header: what is the same in every call as it is, the rest as slots."""
        member = self._identity.member
        fields: dict[str, str | dict[str, str]] = {
            "client": {OBJECT_TYPE: _client_type(member), **_identifier(member)},
            "service": {OBJECT_TYPE: "SERVICE", **self._service(operation)},
            "userId": slot("obminUserId"),
            "id": slot("obminId"),
            "protocolVersion": "4.0",
        }
        if "userId" in self._manifest.leave_out:
            del fields["userId"]
        if with_issue:
            fields["issue"] = slot("obminIssue")
        if self._identity.represented_party:
            head, _, code = self._identity.represented_party.rpartition("/")
            fields[PARTY] = {"partyClass": head, "partyCode": code}
        return [*(header_field(name, value) for name, value in fields.items()), *self._token()]

    def _token(self) -> Iterator[etree._Element]:
        """Give the provider's own header for our credential, where its manifest names one."""
        token = self._manifest.token
        if token is not None:
            element = etree.Element(f"{{{token.namespace}}}{token.name}")
            element.text = slot("obminToken")
            yield element

    def _read(self, response: Response, operation: str, sent: Mapping[str, Any]) -> Any:
        with readable(self._source):
            content = first_part(response.body, response.headers.get("content-type", ""))
            if "xml" not in content.type and response.status != HTTPStatus.OK:
                refuse_status(self._source, response.status)
            root = parse(content.body, self._parser)
            if root.tag != ENVELOPE:
                raise SourceMisbehavedError(self._source, "unreadable")
            bodies = list(root.iterchildren(BODY))
            header = next(root.iterchildren(HEADER), None)
            if len(bodies) != 1 or len(bodies[0]) != 1:
                raise SourceMisbehavedError(self._source, "unreadable")
            wrapper = bodies[0][0]
            if wrapper.tag == FAULT:
                refuse_fault(self._source, wrapper.findtext("faultcode") or "")
            if response.status != HTTPStatus.OK:
                refuse_status(self._source, response.status)
            self._check_echo(header, sent)
            self._check_wrapper(local_name(wrapper), operation)
            return self._unwrapped(read_tree(wrapper) or {})

    def _unwrapped(self, answer: Any) -> Any:
        if self._manifest.tunnel is not None:
            return open_tunnel(self._manifest.tunnel, answer)
        if self._manifest.document:
            return open_document(answer, self._manifest.document, self._parser)
        return answer

    def _check_echo(self, header: etree._Element | None, sent: Mapping[str, Any]) -> None:
        """Compare the headers that came back with those that went out.

        Strict: each must be there and equal. Any instance: the same, but the service may say that it is
        in another one. Lenient: only a contrary message id counts, for peers that copy nothing.
        """
        came: Any = read_tree(header) if header is not None and len(header) else {}
        if self._manifest.echo == "any-instance" and isinstance(came.get("service"), dict):
            came["service"]["xRoadInstance"] = self._identity.instance
        absent_is_fine = self._manifest.echo == "lenient"
        for field in ("id",) if absent_is_fine else ECHOED:
            if field not in came and absent_is_fine:
                continue
            if came.get(field) != sent.get(field):
                raise SourceMisbehavedError(self._source, "wrong-echo")

    def _check_wrapper(self, name: str, operation: str) -> None:
        expected = self._manifest.wrapper
        if expected == "*":
            return
        if name != expected if expected else not name.startswith(operation):
            raise SourceMisbehavedError(self._source, "unreadable")


def _identifier(path: str) -> dict[str, str]:
    names = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode")
    return dict(zip(names, path.split("/"), strict=False))


def _client_type(member: str) -> str:
    _, _, _, *subsystem = member.split("/")
    return "SUBSYSTEM" if subsystem else "MEMBER"


def _transaction(response: Response) -> str:
    return next((response.headers[name][:128] for name in TRANSACTION if name in response.headers), "")

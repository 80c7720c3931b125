"""X-Road's SOAP message as a provider receives it (protocol v4.0 §2): strict where it decides anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from adapters.protocols.markup import hardened, local_name, parse
from adapters.protocols.multipart import first_part
from adapters.protocols.strict_json import UnreadableError
from adapters.protocols.xroad_soap import BODY, ENVELOPE, HEADER
from gateway.web.facades.asking import Carried
from gateway.web.facades.bus_faults import BusMessageError, Flaw

XROAD: Final = "{http://x-road.eu/xsd/xroad.xsd}"
IDENTIFIERS: Final = "{http://x-road.eu/xsd/identifiers}"
REPRESENTED: Final = "{http://x-road.eu/xsd/representation.xsd}representedParty"
OBJECT_TYPE: Final = f"{IDENTIFIERS}objectType"
OF_THE_BUS: Final = "{http://x-road.eu/xsd/"
MUST_UNDERSTAND: Final = "{http://schemas.xmlsoap.org/soap/envelope/}mustUnderstand"
DEMANDED: Final = ("client", "service", "id", "userId", "protocolVersion")

MEMBER_PARTS: Final = ("xRoadInstance", "memberClass", "memberCode")
SHAPES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "MEMBER": (MEMBER_PARTS,),
    "SUBSYSTEM": ((*MEMBER_PARTS, "subsystemCode"),),
    "SERVICE": (
        (*MEMBER_PARTS, "subsystemCode", "serviceCode"),
        (*MEMBER_PARTS, "subsystemCode", "serviceCode", "serviceVersion"),
    ),
}
"""The parts of each kind of identifier, in their order. A service of ours belongs to a subsystem."""

PART: Final = re.compile(r"[^\x00-\x20%:;/\\\u200b\ufeff]{1,255}")
"""What one part may be: the proxies warn of these characters, and a path must mean one thing."""

TYPES: Final = frozenset({"text/xml", "application/xop+xml"})
CHARSET: Final = re.compile(r';\s*charset="?([\w.:-]{1,40})"?', re.IGNORECASE)
DECLARATION: Final = re.compile(r"^\ufeff?\s*<\?xml[^>]{0,200}\?>")
ACTION: Final = re.compile(r'|"[^\s"]*"')


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message: its header as it must go back, what that header says, and the body's one child."""

    header: etree._Element
    carried: Carried
    wrapper: etree._Element


def read_envelope(body: bytes, content_type: str, action: str, transaction_id: str) -> Envelope:
    """Read one message, or raise `BusMessageError` with what is wrong with it."""
    if not ACTION.fullmatch(action.strip()):
        raise BusMessageError(Flaw.INVALID_SOAP_ACTION)
    try:
        root = parse(_soap_part(body, content_type), hardened())
    except UnreadableError:
        raise BusMessageError(Flaw.INVALID_XML) from None
    if root.tag != ENVELOPE:
        raise BusMessageError(Flaw.INVALID_SOAP)
    headers, bodies = list(root.iterchildren(HEADER)), list(root.iterchildren(BODY))
    if not headers:
        raise BusMessageError(Flaw.MISSING_HEADER)
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise BusMessageError(Flaw.MISSING_BODY)
    if len(headers) != 1 or len(root) != 2:  # noqa: PLR2004  one header, one body, nothing hidden beside
        raise BusMessageError(Flaw.INVALID_SOAP)
    return Envelope(headers[0], _read_header(headers[0], transaction_id), bodies[0][0])


def _soap_part(body: bytes, content_type: str) -> bytes:
    """Give the SOAP part in UTF-8: the transport's charset outranks the document's own (RFC 7303 §3.2)."""
    content = first_part(body, content_type)
    if content.type not in TYPES:
        raise BusMessageError(Flaw.INVALID_CONTENT_TYPE)
    charset = CHARSET.search(content_type)
    if charset is None or charset[1].lower() in {"utf-8", "utf8"}:
        return content.body
    try:
        return DECLARATION.sub("", content.body.decode(charset[1])).encode()
    except (LookupError, UnicodeError):
        raise BusMessageError(Flaw.INVALID_CONTENT_TYPE) from None


def _read_header(header: etree._Element, transaction_id: str) -> Carried:
    fields = _fields(header)
    version = _text(fields["protocolVersion"])
    if not version.startswith("4."):
        raise BusMessageError(Flaw.INVALID_PROTOCOL_VERSION)
    client = _identifier(fields["client"], ("MEMBER", "SUBSYSTEM"), Flaw.INVALID_CLIENT_IDENTIFIER)
    *provider, code, service_version = (
        *_identifier(fields["service"], ("SERVICE",), Flaw.INVALID_SERVICE_IDENTIFIER),
        "",
    )[:6]
    return Carried(
        protocol="x-road-soap",
        client="/".join(client),
        provider="/".join(provider),
        service=code,
        version=service_version,
        message_id=_text(fields["id"]),
        official=_text(fields["userId"]),
        case=_text(fields["issue"]) if "issue" in fields else "",
        represented=header.find(REPRESENTED) is not None,
        transaction_id=transaction_id,
    )


def _fields(header: etree._Element) -> Mapping[str, etree._Element]:
    """Give the bus's fields by name, each there at most once; what must be understood and is not refuses."""
    fields: dict[str, etree._Element] = {}
    for field in header:
        tag = str(field.tag)
        if not tag.startswith(OF_THE_BUS) and field.get(MUST_UNDERSTAND) in {"1", "true"}:
            raise BusMessageError(Flaw.INVALID_SOAP)
        if not tag.startswith(XROAD):
            continue
        name = local_name(field)
        if name in fields:
            raise BusMessageError(Flaw.DUPLICATE_HEADER_FIELD)
        fields[name] = field
    if not fields.keys() >= set(DEMANDED) or not all(_text(fields[name]) for name in DEMANDED[2:]):
        raise BusMessageError(Flaw.MISSING_HEADER_FIELD)
    return fields


def _identifier(element: etree._Element, kinds: tuple[str, ...], flaw: Flaw) -> list[str]:
    """Read an identifier whose parts are those of its `objectType`; without one the XML is not valid."""
    kind = element.get(OBJECT_TYPE)
    if kind is None:
        raise BusMessageError(Flaw.INVALID_XML)
    names = tuple(str(part.tag).removeprefix(IDENTIFIERS) for part in element)
    parts = [_text(part) for part in element]
    if kind not in kinds or names not in SHAPES[kind] or not all(PART.fullmatch(part) for part in parts):
        raise BusMessageError(flaw)
    return parts


def _text(element: etree._Element) -> str:
    return (element.text or "").strip() if not len(element) else ""

"""The WSDL of our services, put together from their schemas as a security server serves it.

The bus's own schemas (identifiers, then xroad) come after the services', and each operation carries the
header's parts in input and output, in the order that Trembita's servers write.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from gateway.web.facades.services import NAMESPACE, SCHEMAS, Service

PARTS: Final = ("protocolVersion", "id", "userId", "issue", "service", "client")
NAME: Final = "Obmin"

_OPENING: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="{NAME}" targetNamespace="{NAMESPACE}" xmlns:tns="{NAMESPACE}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xro="http://x-road.eu/xsd/xroad.xsd">
"""
_HEADER_MESSAGE: Final = "".join(f'<wsdl:part name="{part}" element="xro:{part}"/>' for part in PARTS)
_HEADERS: Final = "".join(
    f'<soap:header message="tns:requestHeader" part="{part}" use="literal"/>' for part in PARTS
)


def write_wsdl(services: Iterable[Service], address: str) -> bytes:
    """Describe these services; `address` is where messages are posted to."""
    held = list(services)
    ours = dict.fromkeys(service.schema for service in held)
    schemas = (*ours, SCHEMAS / "identifiers.xsd", SCHEMAS / "xroad.xsd")
    document = "".join(
        (
            _OPENING,
            "<wsdl:types>",
            *(schema.read_text("utf-8") for schema in schemas),
            "</wsdl:types>\n",
            f'<wsdl:message name="requestHeader">{_HEADER_MESSAGE}</wsdl:message>\n',
            *map(_messages, held),
            f'<wsdl:portType name="{NAME}Port">\n',
            *map(_operation, held),
            "</wsdl:portType>\n",
            f'<wsdl:binding name="{NAME}Binding" type="tns:{NAME}Port">\n',
            '<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>\n',
            *map(_binding, held),
            "</wsdl:binding>\n",
            f'<wsdl:service name="{NAME}"><wsdl:port name="{NAME}Port" binding="tns:{NAME}Binding">',
            f"<soap:address location={quoteattr(address)}/></wsdl:port></wsdl:service>\n",
            "</wsdl:definitions>\n",
        )
    )
    return document.encode()


def _messages(service: Service) -> str:
    return (
        f'<wsdl:message name="{service.code}"><wsdl:part name="body" element="tns:{service.code}"/>'
        f'</wsdl:message>\n<wsdl:message name="{service.code}Response">'
        f'<wsdl:part name="body" element="tns:{service.code}Response"/></wsdl:message>\n'
    )


def _operation(service: Service) -> str:
    return (
        f'<wsdl:operation name="{service.code}"><wsdl:documentation>{escape(service.title["en"])}'
        f'</wsdl:documentation><wsdl:input message="tns:{service.code}"/>'
        f'<wsdl:output message="tns:{service.code}Response"/></wsdl:operation>\n'
    )


def _binding(service: Service) -> str:
    sides = "".join(
        f'<wsdl:{side}><soap:body use="literal"/>{_HEADERS}</wsdl:{side}>' for side in ("input", "output")
    )
    return (
        f'<wsdl:operation name="{service.code}"><soap:operation soapAction="" style="document"/>'
        f"{sides}</wsdl:operation>\n"
    )

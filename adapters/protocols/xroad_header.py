"""The header of an X-Road message (protocol v4.0 §2.2), built by us and not by a WSDL.

A provider's own WSDL mostly says nothing of these fields: the security server adds them to the one it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lxml import etree

XROAD: Final = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS: Final = "http://x-road.eu/xsd/identifiers"
REPRESENTATION: Final = "http://x-road.eu/xsd/representation.xsd"
PARTY: Final = "representedParty"
OBJECT_TYPE: Final = "objectType"


def header_field(name: str, value: str | Mapping[str, str]) -> etree._Element:
    """Give one field: text, or an identifier's parts, `objectType` among them; empty ones are left out."""
    if name == PARTY:
        field, inside = (
            etree.Element(f"{{{REPRESENTATION}}}{name}", nsmap={"repr": REPRESENTATION}),
            REPRESENTATION,
        )
    else:
        field, inside = (
            etree.Element(f"{{{XROAD}}}{name}", nsmap={"xro": XROAD, "iden": IDENTIFIERS}),
            IDENTIFIERS,
        )
    if isinstance(value, str):
        field.text = value
        return field
    for part, text in value.items():
        if part == OBJECT_TYPE:
            field.set(f"{{{IDENTIFIERS}}}{part}", text)
        elif text:
            etree.SubElement(field, f"{{{inside}}}{part}").text = text
    return field

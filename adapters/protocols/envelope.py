"""Compiled SOAP envelopes: zeep builds each shape of message once, a call only fills its slots.

zeep's habits stay in this module: it loads WSDLs with blocking calls, follows imports to any address unless
told otherwise, and logs whole messages at DEBUG.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import zeep
from lxml import etree

SLOT: Final = re.compile("⟦(.+?)⟧".encode())
"""Where a value goes, in brackets that no name of an element has."""

UNSENDABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters outside XML 1.0 §2.2: no document can carry them."""


class LocalOnlyError(Exception):
    """A WSDL asked for a document outside its own folder."""


class _Folder:
    """zeep's transport, reduced to files beside the WSDL."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def load(self, location: str) -> bytes:
        path = Path(location).resolve()
        if not path.is_relative_to(self._folder):
            raise LocalOnlyError("outside-folder")
        return path.read_bytes()


def load_wsdl(path: Path) -> zeep.Client:
    """Load a local WSDL: no DTD, no entity, nothing from the network or from other folders.

    Raises `LocalOnlyError` or zeep's own errors; at start only, so their texts hold no person's data.
    """
    logging.getLogger("zeep").setLevel(logging.WARNING)
    settings = zeep.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    client: zeep.Client = zeep.Client(  # type: ignore[no-untyped-call]  # zeep is not typed
        str(path), transport=_Folder(path.parent), settings=settings
    )
    return client


def slot(name: str) -> str:
    """Give the text that stands for a value until it is filled in."""
    return f"⟦{name}⟧"


class Template:
    """One operation's envelope with one set of slots, elements of the question by their dotted names.

    `header` holds whole fields: what a WSDL says of headers does not matter. The message has no XML
    declaration: it is UTF-8 without one, and there are services that refuse an envelope which begins with it.
    """

    def __init__(
        self,
        client: zeep.Client,
        operation: str,
        slots: frozenset[str],
        header: Sequence[etree._Element],
    ) -> None:
        message = client.create_message(  # type: ignore[no-untyped-call]  # zeep is not typed
            client.service, operation, _soapheaders=list(header), **_body(slots)
        )
        # Odd places hold slot names, even ones the bytes between them.
        self._parts = SLOT.split(etree.tostring(message, xml_declaration=False, encoding="UTF-8"))
        self._slots = [name.decode() for name in self._parts[1::2]]

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Give the message. Values are escaped; raises ValueError for a character that XML cannot carry."""
        filled = self._parts.copy()
        filled[1::2] = [_escaped(values[slot]) for slot in self._slots]
        return b"".join(filled)


def _body(slots: frozenset[str]) -> dict[str, Any]:
    """Give the question as zeep takes it: `request.rnokpp` is an element within another."""
    body: dict[str, Any] = {}
    for name in slots:
        *above, last = name.split(".")
        place = body
        for step in above:
            place = place.setdefault(step, {})
        place[last] = slot(name)
    return body


def _escaped(value: str) -> bytes:
    if UNSENDABLE.search(value):
        raise ValueError("unsendable")
    return escape(value).encode()

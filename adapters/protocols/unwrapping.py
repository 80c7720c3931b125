"""What real registries put inside an element: a whole XML document, or a REST call in base64."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

import orjson
from lxml import etree

from adapters.protocols.finding import dig
from adapters.protocols.markup import parse, read_tree
from adapters.protocols.strict_json import UnreadableError, read_json
from adapters.protocols.switches import Tunnel

DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]*\?>")
"""Names an encoding that the text, having been decoded once already, is no longer in."""


def open_document(answer: Any, path: str, parser: etree.XMLParser[etree._Element]) -> Any:
    """Give the answer with the XML document at `path` read in place of its text.

    The inner document is held to the same bounds as the outer. Absent or empty, it stays so. Raises
    `UnreadableError`, and AttributeError or TypeError for an element that is no text.
    """
    text = dig(answer, path)
    if not text:
        return answer
    inner = read_tree(parse(DECLARATION.sub("", text).encode(), parser))
    parent, _, name = path.rpartition(".")
    dig(answer, parent)[name] = inner
    return answer


def close_tunnel(tunnel: Tunnel, values: Mapping[str, str]) -> dict[str, str]:
    """Give the one element that carries a question as a REST call."""
    call = {"method": tunnel.method, "url": tunnel.url, "body": dict(values)}
    return {tunnel.request: b64encode(orjson.dumps(call)).decode()}


def open_tunnel(tunnel: Tunnel, answer: Any) -> Any:
    """Give the JSON that an answer carries in base64, whichever spelling of the element came.

    Raises `UnreadableError`, also where none of them came.
    """
    said = next((answer[name] for name in tunnel.answer if answer.get(name)), None)
    if not isinstance(said, str):
        raise UnreadableError("no-tunnel")
    try:
        # Line breaks are how base64 is wrapped; anything else that is no base64 is refused.
        return read_json(b64decode("".join(said.split()), validate=True))
    except binascii.Error:
        raise UnreadableError("not-base64") from None

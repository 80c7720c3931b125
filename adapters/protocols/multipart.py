"""The SOAP part of an answer that came with attachments (SOAP with Attachments; X-Road protocol v4.0)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapters.protocols.strict_json import UnreadableError

BOUNDARY: Final = re.compile(r'boundary="?([^";]{1,70})"?', re.IGNORECASE)
TYPE: Final = re.compile(rb"^content-type:[ \t]*([^;\r\n]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Content:
    """A body and its media type, without parameters, in lower case."""

    type: str
    body: bytes


def first_part(body: bytes, content_type: str) -> Content:
    """Give the SOAP part: the body itself, or the first part of a multipart one. Attachments are dropped."""
    media = content_type.partition(";")[0].strip().lower()
    if media != "multipart/related":
        return Content(media, body)
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        raise UnreadableError("no-boundary")
    mark = b"--" + boundary.group(1).encode("latin-1")
    part, _, others = body.partition(mark)[2].partition(mark)
    # Without the last boundary it was cut off, wherever that was (RFC 2046 §5.1.1).
    closed = others.startswith(b"--") or mark + b"--" in others
    head, blank, inside = part.partition(b"\r\n\r\n")
    found = TYPE.search(head)
    if not closed or not blank or found is None:
        raise UnreadableError("no-part")
    return Content(found.group(1).decode("latin-1").strip().lower(), inside.removesuffix(b"\r\n"))

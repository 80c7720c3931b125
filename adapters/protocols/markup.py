"""XML as registries may send it: no DTD, no entities, no network, bounded in depth and number of nodes.

libxml2 accepts a DOCTYPE that names a remote DTD and 200 000 attributes on one element without a word;
both are refused here.
"""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from adapters.protocols.strict_json import UnreadableError

DEPTH: Final = 32
NODES: Final = 20_000
"""Elements and attributes together; an answer of 2 kB has about fifty."""

NAMESPACES: Final = 1_000
"""Declarations of namespaces, which count as no node; an answer has about five."""

SMALLEST: Final = 4
"""Bytes that an element takes at least, in any encoding: `<a/>`. An attribute takes more."""

NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TRUE: Final = ("true", "1")
COUNT: Final = etree.XPath("count(//*) + count(//@*)")


def hardened() -> etree.XMLParser[etree._Element]:
    """Give a parser that resolves nothing and drops comments and processing instructions."""
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )


def parse(body: bytes, parser: etree.XMLParser[etree._Element]) -> etree._Element:
    """Parse one document under `hardened()`. Raises `UnreadableError`; libxml2's message quotes the text."""
    if b"<!DOCTYPE" in body[:4096].replace(b"\0", b""):
        raise UnreadableError("doctype")
    if body.count(b"xmlns") + body.count(b"x\0m\0l\0n\0s") > NAMESPACES:
        raise UnreadableError("too-many-nodes")
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise UnreadableError("not-xml") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("doctype")
    if len(body) > NODES * SMALLEST and COUNT(root) > NODES:
        raise UnreadableError("too-many-nodes")
    return root


def local_name(element: etree._Element) -> str:
    """Give an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def read_tree(element: etree._Element, depth: int = 1) -> Any:
    """Give an element as plain data: text, or a mapping by local name; a repeated name becomes a list.

    Prefixes, attributes (`xsi:type` among them) and order are dropped; `xsi:nil` and absence are both None.
    """
    if depth > DEPTH:
        raise UnreadableError("too-deep")
    if not len(element):
        nil = element.keys() and element.get(NIL) in TRUE
        return None if nil else (element.text or "").strip()
    record: dict[str, Any] = {}
    for child in element:
        name, value = str(child.tag).rpartition("}")[2], read_tree(child, depth + 1)
        if name not in record:
            record[name] = value
        elif isinstance(record[name], list):
            record[name].append(value)
        else:
            record[name] = [record[name], value]
    return record


def as_list(value: Any) -> list[Any]:
    """Give zero, one or many of what `read_tree` read, as a list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]

"""XML that does more than say something is refused."""

from __future__ import annotations

import pytest
from lxml import etree

from adapters.protocols.markup import as_list, hardened, parse, read_tree
from adapters.protocols.strict_json import UnreadableError

BILLION = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>', "doctype"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "doctype"),
        (BILLION, "doctype"),
        (b"<?xml version='1.0'?>" + b"<!-- x -->" * 500 + BILLION, "doctype"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "doctype"),
        (b"<a " + b" ".join(b'a%d="1"' % number for number in range(100_000)) + b"/>", "too-many-nodes"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "too-many-nodes"),
        (b"<a>" * 300 + b"</a>" * 300, "not-xml"),
        (b"<a>&unknown;</a>", "not-xml"),
        (b"<a>\0</a>", "not-xml"),
        (b"<a><b></a>", "not-xml"),
        (b'<?xml version="1.0" encoding="none-such"?><a/>', "not-xml"),
        (b"<html><br></html>", "not-xml"),
        (b"", "not-xml"),
    ],
)
def test_a_dangerous_document_is_refused(body: bytes, code: str) -> None:
    """A DTD, an entity, a flood of nodes or broken markup raises a code."""
    with pytest.raises(UnreadableError) as refusal:
        parse(body, hardened())

    assert str(refusal.value) == code


def test_depth_beyond_the_cap_is_refused() -> None:
    """A document deeper than any answer is not read, though the parser takes it."""
    root = parse(b"<a>" * 33 + b"</a>" * 33, hardened())

    with pytest.raises(UnreadableError, match="too-deep"):
        read_tree(root)


def test_an_include_is_left_as_text() -> None:
    """XInclude is an element like any other: nothing is fetched."""
    root = parse(
        b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></a>', hardened()
    )

    assert read_tree(root) == {"include": ""}


def test_comments_and_instructions_do_not_split_a_value() -> None:
    """Text with a comment within is read whole: nobody sees another value than we do."""
    root = parse(b"<a><b>33118<!-- x -->45622<?x y?></b></a>", hardened())

    assert read_tree(root) == {"b": "3311845622"}


def test_a_tree_becomes_plain_data() -> None:
    """Prefixes and attributes go, repeated elements become a list, nil is absence, CDATA is text."""
    root = etree.fromstring(
        '<m:a xmlns:m="urn:m" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<m:p xsi:type="m:Any">1</m:p><p>2</p><m:nil xsi:nil="true"/><m:c><![CDATA[<d>]]></m:c><m:e/></m:a>'
    )

    assert read_tree(root) == {"p": ["1", "2"], "nil": None, "c": "<d>", "e": ""}


def test_one_and_many_are_both_a_list() -> None:
    """Nothing, one thing and several things can be walked in the same way."""
    found = [as_list(None), as_list(""), as_list("a"), as_list(["a", "b"])]

    assert found == [[], [], ["a"], ["a", "b"]]

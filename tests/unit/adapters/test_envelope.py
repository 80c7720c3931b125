"""Compiled envelopes, and WSDLs that reach for more than their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from zeep.exceptions import DTDForbidden, ExternalReferenceForbidden

from adapters.catalog import FOLDER
from adapters.protocols.envelope import LocalOnlyError, Template, load_wsdl

WSDL = (FOLDER / "border" / "samples" / "service.wsdl").read_text(encoding="utf-8")
IMPORT = '<xsd:import namespace="urn:x" schemaLocation="{}"/><xsd:element name="GetBorderCrossings">'
OPERATION, SLOTS = "GetBorderCrossings", frozenset({"lastName", "firstName", "birthDate"})


def written(folder: Path, old: str, new: str) -> Path:
    """Write the border's WSDL with one change."""
    path = folder / "service.wsdl"
    path.write_text(WSDL.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/x.xsd"])
def test_a_wsdl_that_imports_from_the_network_is_refused(tmp_path: Path, address: str) -> None:
    """Nothing is fetched: the sockets of this test are closed, and the error is the setting's own."""
    path = written(tmp_path, '<xsd:element name="GetBorderCrossings">', IMPORT.format(address))

    with pytest.raises(ExternalReferenceForbidden):
        load_wsdl(path)


def test_a_wsdl_that_imports_from_another_folder_is_refused(tmp_path: Path) -> None:
    """A schema is read beside the WSDL or not at all."""
    path = written(tmp_path, '<xsd:element name="GetBorderCrossings">', IMPORT.format("../../etc/passwd"))

    with pytest.raises(LocalOnlyError):
        load_wsdl(path)


def test_a_wsdl_with_a_dtd_is_refused(tmp_path: Path) -> None:
    """A document type is refused even where it declares nothing."""
    path = written(
        tmp_path, "<wsdl:definitions", '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><wsdl:definitions'
    )

    with pytest.raises(DTDForbidden):
        load_wsdl(path)


def test_values_are_escaped(tmp_path: Path) -> None:
    """A value that looks like markup, or like a slot, stays a value."""
    template = Template(load_wsdl(written(tmp_path, "", "")), OPERATION, SLOTS, ())
    hostile = "</ns0:lastName><x/>&amp;⟦firstName⟧"

    message = template.fill({"lastName": hostile, "firstName": "]]>", "birthDate": "1990-09-03"})
    texts = [element.text for element in etree.fromstring(message).iter("{*}lastName", "{*}firstName")]

    assert texts == [hostile, "]]>"]


@pytest.mark.parametrize("value", ["a\0b", "\x1b[2J", "\ud800", "\ufffe"])
def test_what_xml_cannot_carry_is_refused(tmp_path: Path, value: str) -> None:
    """A control character or half a surrogate is refused before it is sent."""
    template = Template(load_wsdl(written(tmp_path, "", "")), OPERATION, SLOTS, ())

    with pytest.raises(ValueError, match="unsendable"):
        template.fill({"lastName": value, "firstName": "", "birthDate": ""})

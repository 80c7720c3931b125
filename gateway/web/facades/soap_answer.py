"""What goes back in X-Road's SOAP: the header as it came, an answer or a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from lxml import etree

from adapters.protocols.envelope import UNSENDABLE
from adapters.protocols.xroad_soap import BODY, ENVELOPE, FAULT, HEADER, SOAP
from gateway.answer import Answer
from gateway.web.facades.seam import Offers
from gateway.web.facades.services import NAMESPACE
from gateway.web.facades.soap_message import OF_THE_BUS, XROAD
from gateway.web.problem import Problem

NAMESPACES: Final[Mapping[str | None, str]] = {"soapenv": SOAP.strip("{}"), "obm": NAMESPACE}
NOT_RETURNED: Final = f"{XROAD}requestHash"
"""The consumer's own server adds it; a provider's would be ignored (§2.2)."""

LINE: Final = ("status", "as_of", "candidates", "reason", "next", "ground", "message_id")


def write_answer(answer: Answer | Offers, header: etree._Element, code: str) -> bytes:
    """Write the envelope of one answer, with every field of the request's header as it came."""
    envelope = etree.Element(ENVELOPE, nsmap=dict(NAMESPACES))
    returned = etree.SubElement(envelope, HEADER)
    returned.extend(
        field for field in list(header) if str(field.tag).startswith(OF_THE_BUS) and field.tag != NOT_RETURNED
    )
    wrapper = etree.SubElement(etree.SubElement(envelope, BODY), _name(f"{code}Response"))
    if isinstance(answer, Offers):
        _offers(wrapper, answer.found)
    else:
        _history(wrapper, answer.body)
        _members(_child(wrapper, "receipt"), answer.receipt.as_json())
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def write_fault(code: str, problem: Problem, exchange_id: str, language: str) -> bytes:
    """Write a fault: the bus's code, our title, and in its detail the exchange and what to do next."""
    envelope = etree.Element(ENVELOPE, nsmap=dict(NAMESPACES))
    fault = etree.SubElement(etree.SubElement(envelope, BODY), FAULT)
    etree.SubElement(fault, "faultcode").text = code
    etree.SubElement(fault, "faultstring").text = problem.title[language]
    detail = etree.SubElement(fault, "detail")
    etree.SubElement(detail, "faultDetail").text = exchange_id
    _members(
        _child(detail, "problem"), {"type": f"/problems/{problem.slug}", "advice": problem.advice[language]}
    )
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _offers(wrapper: etree._Element, found: Mapping[str, Any]) -> None:
    """Lay out what a search found; a member without a value is left out."""
    for name, element in (("matches", "match"), ("near_misses", "nearMiss")):
        for offer in found[name]:
            said = {member: value for member, value in offer.items() if value is not None}
            _value(_child(wrapper, element), said)


def _history(wrapper: etree._Element, body: Mapping[str, Any]) -> None:
    """Lay out an answer of interface §3 as `schemas/obmin.xsd` has it."""
    _members(wrapper, {name: body[name] for name in ("exchange_id", "purpose", "case")})
    for name in ("contract", "ground"):
        _members(_child(wrapper, name), body[name])
    for source, line in body["sources"].items():
        _line(_child(wrapper, "source", name=source), line)
    for field, fact in body["fields"].items():
        _facts(_child(wrapper, "field", name=field), [fact])
    for withheld in body["withheld"]:
        _child(wrapper, "withheld", field=withheld["field"], reason=withheld["reason"])
    for conflict in body["conflicts"]:
        _facts(_child(wrapper, "conflict", name=conflict["field"]), conflict["values"])
    if sealed := body.get("sealed"):
        element = _child(wrapper, "sealed")
        _members(element, {name: sealed[name] for name in ("format", "value")})
        for field in sealed["fields"]:
            _child(element, "field").text = field


def _line(element: etree._Element, line: Mapping[str, Any]) -> None:
    for name in LINE:
        if name == "ground" and name in line:
            _members(_child(element, name), line[name])
        elif name in line:
            _members(element, {name: line[name]})


def _facts(element: etree._Element, facts: Sequence[Mapping[str, Any]]) -> None:
    for fact in facts:
        _value(_child(element, "fact", source=fact["source"], asOf=fact["as_of"]), fact["value"])


def _value(element: etree._Element, value: Any) -> None:
    """Write a value beneath an element: a list as several, a record as its members."""
    if isinstance(value, (tuple, list)):
        for each in value:
            _value(element, each)
    elif isinstance(value, Mapping):
        record = _child(element, "value", type="record")
        for name, inner in value.items():
            _value(_child(record, "member", name=name), inner)
    else:
        _child(_child(element, "value", type=_type(value)), "text").text = _text(value)


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", date: "date"}.get(type(value), "string")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # What a registry wrote and no XML can carry must not lose an answer that is released already.
    return value.isoformat() if isinstance(value, date) else UNSENDABLE.sub("\ufffd", str(value))


def _members(element: etree._Element, members: Mapping[str, Any]) -> None:
    """Write plain members in their order; one without a value is left out."""
    for name, value in members.items():
        if value is not None:
            first, *rest = name.split("_")
            _child(element, first + "".join(map(str.capitalize, rest))).text = _text(value)


def _child(parent: etree._Element, element: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _name(element), attributes)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"

"""Offers as HSDS 3.0 services with `service_capacity` (Open Referral), and back.

What HSDS has no member for travels as attributes, one taxonomy each, so that a reader who does not know
ours loses nothing of its own. Specification: openreferral/specification, CC BY-SA 4.0.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from gateway.offers.offer import Offer, State

NAMESPACE: Final = uuid.UUID("6f0b0b5e-5f0e-5d2c-9a55-0b3180b31800")
"""HSDS ids are UUIDs: ours for the parts of an offer are derived from the offer's."""
STATUS: Final[Mapping[State, str]] = {
    State.PUBLISHED: "active",
    State.EXHAUSTED: "temporarily closed",
    State.EXPIRED: "defunct",
    State.WITHDRAWN: "defunct",
}
ATTRIBUTES: Final = (
    "kind",
    "category",
    "delivery",
    "external_id",
    "valid_from",
    "valid_until",
    "lead_days",
    "iati",
)


def service_of(offer: Offer, partner_name: str) -> Mapping[str, Any]:
    """Write an offer as an HSDS `service` in its nested JSON form."""
    content = offer.content
    criteria = offer.criteria
    service: dict[str, Any] = {
        "id": offer.id,
        "name": content["title"],
        "description": content["description"],
        "status": STATUS.get(offer.state, "inactive"),
        "application_process": content["conditions"],
        "eligibility_description": ", ".join(sorted(criteria.factors)),
        "minimum_age": criteria.age_from,
        "maximum_age": criteria.age_to,
        "wait_time": f"P{content['lead_days']}D",
        "last_modified": offer.confirmed_at.isoformat(),
        "organization": {
            "id": _id(offer.partner),
            "name": partner_name,
            "description": partner_name,
        },
        "service_areas": [
            {"id": _id(offer.id, "area", code), "extent": code, "extent_type": "other"}
            for code in _texts(content["areas"])
        ],
        "languages": [
            {"id": _id(offer.id, "language", code), "code": code} for code in _texts(content["languages"])
        ],
        "required_documents": [
            {"id": _id(offer.id, "document"), "document": content["documents"]}
            for _ in [0]
            if content["documents"]
        ],
        "funding": [
            {"id": _id(offer.id, "funding"), "source": content["funding"]} for _ in [0] if content["funding"]
        ],
        "capacities": [_capacity(offer)],
        "attributes": [
            _attribute(offer, name, str(content[name]))
            for name in ATTRIBUTES
            if content.get(name) not in {None, ""}
        ]
        + [_attribute(offer, "factor", factor) for factor in sorted(criteria.factors)]
        + [_attribute(offer, "sex", criteria.sex) for _ in [0] if criteria.sex],
    }
    return {name: value for name, value in service.items() if value not in (None, "", [])}


def _capacity(offer: Offer) -> Mapping[str, Any]:
    unit = str(offer.content["unit"] or offer.kind)
    return {
        "id": _id(offer.id, "capacity"),
        "unit": {"id": _id("unit", unit), "name": unit},
        "available": offer.available,
        "maximum": offer.total,
        "updated": offer.confirmed_at.isoformat(),
    }


def _attribute(offer: Offer, taxonomy: str, term: str) -> Mapping[str, Any]:
    return {
        "id": _id(offer.id, taxonomy, term),
        "link_entity": "service",
        "taxonomy_term": {
            "id": _id(taxonomy, term),
            "code": term,
            "name": term,
            "description": f"{taxonomy}: {term}",
            "taxonomy_detail": {"id": _id(taxonomy), "name": taxonomy, "description": taxonomy},
        },
    }


def form_of(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read an HSDS service of ours, or of others who use our attributes, into the form's members.

    What is missing stays missing: the form says which member it needs.
    """
    terms: dict[str, list[str]] = {}
    for attribute in service.get("attributes", []):
        term = attribute.get("taxonomy_term", {})
        name = term.get("taxonomy_detail", {}).get("name") or term.get("taxonomy", "")
        terms.setdefault(str(name), []).append(str(term.get("code", "")))
    capacity: Mapping[str, Any] = next(iter(service.get("capacities", [])), {})
    form: dict[str, Any] = {
        **{name: terms[name][0] for name in ATTRIBUTES if name in terms},
        "title": service.get("name"),
        "description": service.get("description"),
        "conditions": service.get("application_process"),
        "quantity": capacity.get("maximum"),
        "unit": capacity.get("unit", {}).get("name"),
        "areas": [area.get("extent") for area in service.get("service_areas", [])],
        "languages": [language.get("code") for language in service.get("languages", [])],
        "documents": next((each.get("document") for each in service.get("required_documents", [])), None),
        "funding": next((each.get("source") for each in service.get("funding", [])), None),
        "criteria": {
            "factors": terms.get("factor", []),
            "sex": next(iter(terms.get("sex", [])), ""),
            "age_from": service.get("minimum_age"),
            "age_to": service.get("maximum_age"),
        },
    }
    if "lead_days" in form:
        form["lead_days"] = int(form["lead_days"]) if form["lead_days"].isdecimal() else form["lead_days"]
    form.setdefault("external_id", service.get("id"))
    return {name: value for name, value in form.items() if value is not None}


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _id(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "\0".join(parts)))

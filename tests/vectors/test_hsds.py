"""Our HSDS export beside what Open Referral has published: the capacity's schemas, the service's example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from contracts.vocabulary import AgencyId
from gateway.offers.areas import Area
from gateway.offers.form import OfferBody
from gateway.offers.hsds import form_of, service_of
from gateway.offers.offer import Offer
from gateway.offers.rows import drafted
from gateway.offers.taxonomy import Taxonomy

FOLDER = Path(__file__).parent / "hsds"
EXAMPLE: Mapping[str, Any] = json.loads((FOLDER / "service_full.json").read_text("utf-8"))
NEWER = {"/capacities"}
"""What version 3.1 adds to a service."""
BODY = OfferBody(
    external_id="parcels-1",
    kind="goods",
    category="food",
    title="Набори",
    description="12 кг",
    quantity=40,
    unit="набір",
    areas=["UA18040190010057814"],
    criteria={"factors": ["war-damage"], "sex": "female", "age_from": 18, "age_to": 59},  # type: ignore[arg-type]
    languages=["uk"],
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    lead_days=2,
    conditions="Паспорт",
    documents="Довідка ВПО",
    funding="Фонд",
    iati="XM-DAC-1-2",
)


def schema(name: str) -> Any:
    """Read a published schema."""
    return json.loads((FOLDER / f"{name}.3.1-dev.schema.json").read_text("utf-8"))


def exported() -> Mapping[str, Any]:
    """Give the export of an offer with everything in it, as a reader gets it."""
    offer: Offer = drafted(AgencyId("partner"), BODY, Taxonomy.load())
    written: Mapping[str, Any] = json.loads(json.dumps(service_of(offer, "Теплі руки")))
    return written


def strange(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Name what of ours the example has not, or has as another type."""
    if path in NEWER:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            if name not in theirs and f"{path}/{name}" not in NEWER:
                yield f"{path}/{name}"
            elif name in theirs:
                yield from strange(value, theirs[name], f"{path}/{name}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        for value in ours:
            yield from strange(value, theirs[0], path)
    elif type(ours) is not type(theirs):
        yield f"{path}: {type(ours).__name__}"


def test_a_capacity_is_valid() -> None:
    """What is left of an offer validates against the published schemas of capacity and unit."""
    resources = {"unit.json": Resource.from_contents(schema("unit"), DRAFT202012)}
    registry: Registry[Any] = Registry().with_resources(resources.items())
    validator = Draft202012Validator(
        schema("service_capacity"),
        registry=registry,
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    faults = [
        fault.message for capacity in exported()["capacities"] for fault in validator.iter_errors(capacity)
    ]

    assert not faults


def test_a_service_has_the_published_shape() -> None:
    """Every member of the export stands in the published example, with the example's type."""
    assert list(strange(exported(), EXAMPLE)) == []


def test_the_published_example_is_read_as_far_as_it_goes() -> None:
    """Somebody else's service gives the form what it has; what it lacks is not made up."""
    form = form_of(EXAMPLE)

    assert form["title"] == EXAMPLE["name"]
    assert "quantity" not in form
    assert "kind" not in form


def test_an_export_comes_back_as_it_went() -> None:
    """Reading our own export gives the form that it was made of, but for what HSDS has no member for."""
    back = OfferBody.model_validate_json(json.dumps(form_of(exported())))

    assert back.model_copy(update={"contact": BODY.contact}) == BODY
    assert Area("UA1804019001") in {Area(code[:12]) for code in back.areas}

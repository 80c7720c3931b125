"""An offer's form on a page: what was typed, and the same as the members of `OfferBody`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.offers.areas import Codifier
from gateway.offers.form import OfferBody, read_forms
from gateway.offers.offer import Offer
from gateway.offers.offering import Offering
from gateway.storage.engine import now
from gateway.web.cabinets.form import Form
from gateway.web.cabinets.partnering.words import Fault, faults_of

TEXTS: Final = (
    "external_id", "kind", "category", "title", "description", "unit", "valid_from", "valid_until",
    "delivery", "conditions", "documents", "contact", "funding", "iati",
)  # fmt: skip
NEEDED: Final = frozenset({"external_id", "kind", "category", "title", "valid_from", "valid_until"})
NUMBERS: Final = ("quantity", "lead_days")
CRITERIA: Final = ("age_from", "age_to", "household_from", "children_under")
Typed = Mapping[str, Any]


def blank() -> Typed:
    """Give what a new form begins with."""
    today = now().date()
    typed: dict[str, Any] = dict.fromkeys(TEXTS, "")
    return typed | {
        "external_id": f"{now():%Y%m%d-%H%M%S}",
        "quantity": "",
        "lead_days": "0",
        "delivery": "pick-up",
        "valid_from": today.isoformat(),
        "valid_until": today.replace(month=12, day=31).isoformat(),
        "regions": (),
        "areas": "",
        "accessible": False,
        "criteria.factors": (),
        "criteria.sex": "",
        **{f"criteria.{name}": "" for name in CRITERIA},
    }


def typed_of(form: Form) -> Typed:
    """Give what was typed, to be shown again as it was."""
    return {
        **{name: form.get(name) for name in (*TEXTS, *NUMBERS)},
        **{f"criteria.{name}": form.get(f"criteria.{name}") for name in CRITERIA},
        "criteria.sex": form.get("criteria.sex"),
        "criteria.factors": form.all("criteria.factors"),
        "accessible": form.get("accessible") == "yes",
        "regions": form.all("regions"),
        "areas": form.get("areas"),
    }


def typed_from(offer: Offer, codifier: Codifier) -> Typed:
    """Give an offer on file as it would have been typed."""
    content: Mapping[str, Any] = offer.content
    criteria, widest = content["criteria"], set(codifier.widest())
    return {
        **{name: content[name] for name in TEXTS},
        **{name: str(content[name]) for name in NUMBERS},
        **{f"criteria.{name}": "" if criteria[name] is None else str(criteria[name]) for name in CRITERIA},
        "criteria.sex": criteria["sex"],
        "criteria.factors": tuple(criteria["factors"]),
        "accessible": content["accessible"],
        "regions": tuple(code for code in content["areas"] if code in widest),
        "areas": "\n".join(code for code in content["areas"] if code not in widest),
    }


def read_offer(
    typed: Typed, offering: Offering, kept: Mapping[str, Any] | None = None
) -> tuple[OfferBody | None, list[Fault]]:
    """Read what was typed by the rules of every other way in; what the page does not show stays as `kept`."""
    members: dict[str, Any] = {**(kept or {}), **{name: typed[name] for name in TEXTS}}
    for name in NEEDED:
        if not typed[name]:
            del members[name]  # missing, and told as that
    members |= {name: _number(typed[name]) for name in NUMBERS if typed[name]}
    members["criteria"] = {
        "factors": list(typed["criteria.factors"]),
        "sex": typed["criteria.sex"],
        **{name: _number(typed[f"criteria.{name}"]) for name in CRITERIA if typed[f"criteria.{name}"]},
    }
    members["accessible"] = typed["accessible"]
    areas, wrong = _areas(typed, offering.codifier)
    members["areas"] = areas
    rows, faults = read_forms([(1, members)], offering.taxonomy, offering.codifier.knows)
    told = [each for each in faults if not (wrong and each["pointer"].startswith("/areas"))]
    if wrong or not rows:
        return None, faults_of([{**each, "row": 0} for each in (*told, *wrong)])
    return rows[0][1], []


def _areas(typed: Typed, codifier: Codifier) -> tuple[list[str], list[Mapping[str, Any]]]:
    """Give the codes that were ticked or written, as names or codes, one a line; and what is unclear."""
    codes: list[str] = list(typed["regions"])
    wrong: list[Mapping[str, Any]] = []
    for line in typed["areas"].splitlines():
        if not (text := line.strip()):
            continue
        found = codifier.find(text)
        if len(found) == 1:
            codes.append(found[0])
        else:
            wrong.append({"pointer": "/areas", "code": "several-areas" if found else "unknown-area"})
    return list(dict.fromkeys(codes)), wrong


def unclear(typed: Typed, codifier: Codifier) -> Mapping[str, list[tuple[str, str]]]:
    """Give, for each name that several areas have, their codes and what each lies in."""
    lines = {line.strip() for line in typed["areas"].splitlines() if line.strip()}
    found = {line: codifier.find(line) for line in sorted(lines)}
    return {
        line: [(code, codifier.path(code)) for code in codes[:20]]
        for line, codes in found.items()
        if len(codes) > 1
    }


def _number(text: str) -> int | str:
    """Read a whole number; what is none is left to the rules, which refuse it."""
    digits = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    return int(digits) if digits.removeprefix("-").isdecimal() and len(digits) < 12 else text  # noqa: PLR2004  no amount is longer

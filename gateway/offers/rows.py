"""An offer as a form, a row and an entry: how each is made of the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Row

from audit.event import Event, Json, Kind, new_id
from contracts.vocabulary import AgencyId
from gateway.offers.areas import area_of
from gateway.offers.form import OfferBody
from gateway.offers.offer import Criteria, Offer, State
from gateway.offers.taxonomy import Taxonomy
from gateway.storage.engine import instant, micros, now


def digest_of(body: OfferBody) -> str:
    """Tell two forms apart: SHA-256 over all that the partner wrote."""
    return hashlib.sha256(orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()


def drafted(partner: AgencyId, body: OfferBody, taxonomy: Taxonomy) -> Offer:
    """Make a draft of a form, under a fresh id."""
    return Offer(
        id=new_id(),
        partner=partner,
        external_id=body.external_id,
        state=State.DRAFT,
        kind=body.kind,
        category=body.category,
        content=body.model_dump(mode="json"),
        areas=body.roots(taxonomy),
        criteria=body.wanted(),
        total=body.quantity,
        reserved=0,
        delivered=0,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        confirmed_at=now(),
        version=1,
    )


def columns_of(offer: Offer, digest: str, import_id: str | None = None) -> Mapping[str, object]:
    """Give an offer's row."""
    return {
        "id": offer.id,
        "partner": offer.partner,
        "external_id": offer.external_id,
        "state": offer.state.value,
        "kind": offer.kind,
        "category": offer.category,
        "content": orjson.dumps(offer.content).decode(),
        "digest": digest,
        "total": offer.total,
        "reserved": offer.reserved,
        "delivered": offer.delivered,
        "valid_from": offer.valid_from.isoformat(),
        "valid_until": offer.valid_until.isoformat(),
        "confirmed_at": micros(offer.confirmed_at),
        "version": offer.version,
        "import_id": import_id,
    }


def offer_of(row: Row[Any]) -> Offer:
    """Read an offer back from its row."""
    content = orjson.loads(row.content)  # checked when it came in: a search reads hundreds
    wanted = content["criteria"]
    levels = Taxonomy.load().areas
    return Offer(
        id=row.id,
        partner=AgencyId(row.partner),
        external_id=row.external_id,
        state=State(row.state),
        kind=row.kind,
        category=row.category,
        content=content,
        areas=frozenset(area_of(code, levels) for code in content["areas"]),
        criteria=Criteria(**{**wanted, "factors": frozenset(wanted["factors"])}),
        total=row.total,
        reserved=row.reserved,
        delivered=row.delivered,
        valid_from=date.fromisoformat(row.valid_from),
        valid_until=date.fromisoformat(row.valid_until),
        confirmed_at=instant(row.confirmed_at),
        version=row.version,
    )


def event_of(offer: Offer, by: AgencyId, result: str, reason: str = "") -> Event:
    """Write the entry of an offer in its state."""
    details: dict[str, Json] = {
        "offer": offer.id,
        "external_id": offer.external_id,
        "state": offer.state.value,
        "category": offer.category,
        "total": offer.total,
    }
    return Event(kind=Kind.OFFER, at=now(), agency=by, result=result, reason=reason, details=details)

"""What leaves: the body of an answer, what the record says of it, and what is kept for later reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from audit.event import SourceOutcome, stamp
from audit.log import Receipt
from audit.store import Statement
from contracts.contract import Basis, Ground, Mandate
from contracts.vocabulary import Field
from contracts.words import ReasonWords
from gateway.collection import Finding, Status
from gateway.consent.ground import outward
from gateway.consent.standing import Standing
from gateway.disclosure import Disclosure
from gateway.query import Query
from gateway.sealing.envelope import Context
from gateway.sealing.recipient import Sealed
from gateway.storage.engine import Prepared, micros
from gateway.storage.tables import exchanges


@dataclass(frozen=True, slots=True)
class Answer:
    """What may leave: a body, and the receipt that proves its release is on record."""

    body: Mapping[str, Any]
    receipt: Receipt

    def __repr__(self) -> str:
        return f"Answer({self.receipt.index})"

    def as_json(self) -> bytes:
        """Write the answer as interface §3 has it."""
        return orjson.dumps({**self.body, "receipt": self.receipt.as_json()})


def compose(
    query: Query,
    mandate: Mandate,
    disclosure: Disclosure,
    sealed: Sealed,
    reasons: Mapping[str, ReasonWords],
) -> dict[str, Any]:
    """Lay out the answer of interface §3, all but the receipt, which does not exist yet.

    `next` is worded in the query's language; reasons that are the person's affair are generalised.
    """
    told = outward({finding.source: finding.reason for finding in disclosure.findings.values()})
    body: dict[str, Any] = {
        **_heading(query, mandate),
        "sources": {
            source: _source_line(finding, told[source], mandate, reasons, query.language)
            for source, finding in disclosure.findings.items()
        },
        "fields": {field: fact.as_json() for field, fact in disclosure.plain.items()},
        "withheld": [
            {"field": field, "reason": reason} for field, reason in sorted(disclosure.withheld.items())
        ],
        "conflicts": [
            {"field": field, "values": [fact.as_json() for fact in facts]}
            for field, facts in sorted(disclosure.conflicts.items())
        ],
    }
    if sealed.value:
        body["sealed"] = {"format": "jwe", "value": sealed.value, "fields": sealed.fields}
    return body


def _heading(query: Query, mandate: Mandate) -> dict[str, Any]:
    """Name the exchange, its contract, and the ground on which most depends: a consent where one was used."""
    contract = mandate.grant.contract
    grounds = [permit.ground for permit in mandate.permits.values()]
    principal = next((ground for ground in grounds if ground.kind is not Basis.LAW), grounds[0])
    return {
        "exchange_id": query.exchange_id,
        "purpose": query.purpose,
        "case": query.case,
        "contract": {"id": contract.id, "version": contract.version, "digest": contract.digest},
        "ground": ground_json(principal),
    }


def ground_json(ground: Ground) -> dict[str, str]:
    """Write a ground as interface §3 has it."""
    return {"kind": ground.kind.value, "id": ground.id, "citation": ground.citation}


def _source_line(
    finding: Finding,
    reason: str,
    mandate: Mandate,
    reasons: Mapping[str, ReasonWords],
    language: str,
) -> dict[str, Any]:
    line: dict[str, Any] = {"status": finding.status.value}
    if finding.source in mandate.permits:
        line["ground"] = ground_json(mandate.permits[finding.source].ground)
        line["message_id"] = finding.message_id
        line["took_ms"] = finding.took_ms
    if finding.answer:
        line["as_of"] = stamp(finding.answer.as_of)
    if finding.status is Status.AMBIGUOUS:
        line["candidates"] = finding.candidates
        line["likenesses"] = [
            {"confidence": likeness.confidence, "reasons": likeness.reasons}
            for likeness in finding.likenesses
        ]
    if reason:
        line["reason"] = reason
        if reason in reasons:
            line["next"] = getattr(reasons[reason].next, language)
    return line


def outcomes(disclosure: Disclosure, mandate: Mandate) -> list[SourceOutcome]:
    """Say for the record what became of each source: names of fields and codes, the exact reasons."""
    told = disclosure.told()
    return [
        _outcome(finding, sorted(told.get(finding.source, ())), mandate)
        for finding in disclosure.findings.values()
    ]


def _outcome(finding: Finding, told: list[Field], mandate: Mandate) -> SourceOutcome:
    permit = mandate.permits.get(finding.source)
    ground = permit.ground if permit else None
    return SourceOutcome(
        source=finding.source,
        status=finding.status.value,
        fields=told,
        reason=finding.reason,
        message_id=finding.message_id,
        transaction_id=finding.transaction_id,
        basis=ground.kind.value if ground else "",
        ground_id=ground.id if ground else "",
        citation=ground.citation if ground else "",
        candidates=finding.candidates,
    )


class Keeping:
    """Keeps answers for later reading: as envelopes, for as long as the contract says."""

    def __init__(self, dialect: Dialect, tenant: str) -> None:
        self.tenant = tenant
        self._upsert = Prepared(upsert_exchange(dialect), dialect)

    def keep(self, body: Mapping[str, Any], mandate: Mandate, standing: Standing, at: datetime) -> Statement:
        """Prepare the write of one answer; it is committed together with the entry that releases it."""
        contract = mandate.grant.contract
        context = self.context(mandate.exchange_id, contract.digest)
        return self._upsert.bind(
            id=mandate.exchange_id,
            agency=mandate.grant.agency,
            state="answered",
            subject_ref=mandate.subject_ref,
            contract=contract.digest,
            answer=standing.key.seal(orjson.dumps(body), context),
            problem=None,
            expires_at=micros(min([at + contract.keep, *_emergency_ends(mandate)])),
        )

    def context(self, exchange_id: str, contract: str) -> Context:
        """Name what an answer's envelope is bound to."""
        return Context(self.tenant, "exchanges", exchange_id, "answer", contract)


def _emergency_ends(mandate: Mandate) -> list[datetime]:
    """Give when what was told in an emergency may no longer be read again."""
    grounds = (permit.ground for permit in mandate.permits.values())
    return [ground.until for ground in grounds if ground.kind is Basis.EMERGENCY and ground.until is not None]


def upsert_exchange(dialect: Dialect) -> Any:
    """Write an exchange's row, or replace what stands there while it is running."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement = insert(exchanges)
    written = ("state", "subject_ref", "contract", "answer", "problem", "expires_at")
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in written}
    )

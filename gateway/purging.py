"""What is kept of an answer when a consent beneath it has been withdrawn: what another ground still holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, select, update

from audit.event import Event, Kind
from audit.log import Log
from audit.query import release_of
from audit.store import Statement
from contracts.vocabulary import Source, SubjectRef
from gateway.answer import Keeping
from gateway.consent.consents import GIVEN, Consent, Consents, Ending
from gateway.consent.recalls import RECALLED
from gateway.sealing.envelope import SubjectKey
from gateway.sealing.keys import KeyRing
from gateway.storage.engine import Database, Prepared, now
from gateway.storage.ground_tables import consent_uses
from gateway.storage.tables import exchanges, subjects

Spoken = Mapping[Source, frozenset[str]]
"""The fields that each source told, by the record."""


class Purging:
    """Purges the answers that a withdrawal has set apart. Safe to do twice."""

    def __init__(
        self, database: Database, ring: KeyRing, log: Log, keeping: Keeping, on_file: Consents
    ) -> None:
        self._database = database
        self._ring = ring
        self._log = log
        self._keeping = keeping
        self._consents = on_file
        self._forget = Prepared(
            delete(exchanges).where(exchanges.c.id == bindparam("exchange")), database.dialect
        )
        self._rewrite = Prepared(
            update(exchanges)
            .where(exchanges.c.id == bindparam("exchange"))
            .values(
                state=bindparam("new_state"), answer=bindparam("new_answer", type_=exchanges.c.answer.type)
            ),
            database.dialect,
        )

    async def purge(self, exchange_id: str | None = None) -> int:
        """Purge one answer, or all that are set apart; give how many. Each is an entry of the record."""
        query = (
            select(exchanges, subjects.c.wrapped_key, subjects.c.kek_version)
            .join(subjects, subjects.c.ref == exchanges.c.subject_ref)
            .where(exchanges.c.state == RECALLED)
        )
        if exchange_id is not None:
            query = query.where(exchanges.c.id == exchange_id)
        rows = await self._database.fetch(query)
        for row in rows:
            await self._purge(row)
        return len(rows)

    async def _purge(self, row: Any) -> None:
        gone = await self._gone(row)
        key = SubjectKey.unwrap(self._ring, SubjectRef(row.subject_ref), row.wrapped_key, row.kek_version)
        context = self._keeping.context(row.id, row.contract)
        body = orjson.loads(key.open(row.answer, context))
        left = redact(body, gone, await self._spoken(row.id))
        written: Statement = (
            self._forget.bind(exchange=row.id)
            if left is None
            else self._rewrite.bind(
                exchange=row.id, new_state="answered", new_answer=key.seal(orjson.dumps(left), context)
            )
        )
        event = Event(
            kind=Kind.CONSENT,
            at=now(),
            exchange_id=row.id,
            agency=row.agency,
            subject_ref=row.subject_ref,
            contract=row.contract,
            result="purged",
            reason="consent-withdrawn",
            details={"consents": sorted(consent.id for consent in gone), "whole": left is None},
        )
        await self._log.note(event, [written])

    async def _gone(self, row: Any) -> list[Consent]:
        """Give the withdrawn consents that this answer rested on, and that no other consent stands in for."""
        used = await self._database.fetch(
            select(consent_uses.c.consent_id).where(consent_uses.c.exchange_id == row.id)
        )
        ids = {each.consent_id for each in used}
        mine = await self._consents.of(SubjectRef(row.subject_ref))
        at = now()
        standing = [each for each in mine if each.state(at) == GIVEN and each.consumer == row.agency]
        return [
            consent
            for consent in mine
            if consent.id in ids
            and Ending.WITHDRAWN in consent.endings
            and not any(_stands_in(other, consent) for other in standing)
        ]

    async def _spoken(self, exchange_id: str) -> Spoken:
        async with self._database.reading() as connection:
            released = await release_of(connection, exchange_id)
        listed: Any = released.event.details["sources"] if released else ()
        return {Source(each["source"]): frozenset(each.get("fields", ())) for each in listed}


def _stands_in(other: Consent, withdrawn: Consent) -> bool:
    wide = other.categories is None
    return other.purpose == withdrawn.purpose and set(other.sources) >= set(withdrawn.sources) and wide


def redact(body: Mapping[str, Any], gone: list[Consent], spoken: Spoken) -> dict[str, Any] | None:
    """Take out what rested on consents that are gone; None where nothing is left that was told.

    Where the answer does not say which of its sources rested on one of them, nothing is kept.
    Sealed fields are one envelope to the recipient: one of them gone takes them all.
    """
    ids = {consent.id for consent in gone}
    lost = {s for s, line in body["sources"].items() if line.get("ground", {}).get("id") in ids}
    if len(ids) > len({body["sources"][source]["ground"]["id"] for source in lost}):
        return None
    withheld = {field for source in lost for field in spoken.get(Source(source), ())}
    fields, conflicts = _without(body, lambda fact: fact["source"] in lost)
    left: dict[str, Any] = {
        **body,
        "sources": {s: _closed(line) if s in lost else line for s, line in body["sources"].items()},
        "fields": fields,
        "conflicts": conflicts,
    }
    sealed = body.get("sealed")
    if sealed and withheld & set(sealed["fields"]):
        del left["sealed"]
        withheld |= set(sealed["fields"])
    missing = sorted(withheld - fields.keys() - {each["field"] for each in conflicts})
    left["withheld"] = [*body["withheld"], *({"field": field, "reason": "recalled"} for field in missing)]
    told = any(line["status"] in {"answered", "unknown", "ambiguous"} for line in left["sources"].values())
    return left if told else None


def _without(
    body: Mapping[str, Any], lost: Callable[[Mapping[str, Any]], bool]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give the plain fields and the conflicts without what lost sources said."""
    fields = {name: fact for name, fact in body["fields"].items() if not lost(fact)}
    conflicts = []
    for conflict in body["conflicts"]:
        values = [fact for fact in conflict["values"] if not lost(fact)]
        if len(values) == 1:
            fields[conflict["field"]] = values[0]
        elif values:
            conflicts.append({"field": conflict["field"], "values": values})
    return fields, conflicts


def _closed(line: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a source that what it said may no longer be read here."""
    return {"status": "withheld", "reason": "recalled", "took_ms": line.get("took_ms", 0)}

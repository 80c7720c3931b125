"""How often a consent may still be used: counted when it is asked, and again as the release is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from audit.store import Statement
from contracts.contract import Basis, Ground
from contracts.vocabulary import AgencyId, ExchangeId
from gateway.storage.engine import Prepared, micros
from gateway.storage.ground_tables import consent_uses
from gateway.storage.tables import consents

_COUNTED = """c.uses - (SELECT count(*) FROM consent_uses AS u WHERE u.consent_id = c.id
        AND (c.per IS NULL OR u.at > {at} - c.per))"""
_QUESTION = """SELECT named.id,
    CASE WHEN c.id IS NULL OR e.kind IS NOT NULL THEN 0 ELSE {counted} END,
    CASE WHEN c.id IS NULL THEN 'unknown' ELSE COALESCE(e.kind, 'used-up') END
FROM {named}
    LEFT JOIN consents AS c ON c.id = named.id
    LEFT JOIN consent_events AS e ON e.consent_id = c.id AND e.kind <> 'given'
WHERE c.id IS NULL OR e.kind IS NOT NULL OR c.uses IS NOT NULL
ORDER BY e.at DESC"""

ENDED: Mapping[str, str] = {
    "sqlite": _QUESTION.format(
        counted=_COUNTED.format(at="json_extract(?1, '$.at')"),
        named="(SELECT value AS id FROM json_each(?1, '$.ids')) AS named",
    ),
    "postgresql": _QUESTION.format(
        counted=_COUNTED.format(at="($1::jsonb ->> 'at')::bigint"),
        named="(SELECT jsonb_array_elements_text($1::jsonb -> 'ids') AS id) AS named",
    ),
}
"""The record's question before it takes a release: what is left of these consents? One that nobody knows
any more has ended. See `audit.store.Dialect`."""


def uses_left(beside: ColumnElement[str] | None = None) -> Any:
    """Give the column that counts what is left of `consents` at the parameter `at`; null for any number.

    `beside` is an exchange whose own use does not count: one that is tried again.
    """
    at = bindparam("at", type_=BigInteger)
    counted = (
        select(func.count())
        .select_from(consent_uses)
        .where(
            consent_uses.c.consent_id == consents.c.id,
            or_(consents.c.per.is_(None), consent_uses.c.at > at - consents.c.per),
            *(() if beside is None else (consent_uses.c.exchange_id != beside,)),
        )
        .scalar_subquery()
    )
    return case((consents.c.uses.is_not(None), consents.c.uses - counted)).label("uses_left")


class Uses:
    """Writes down which releases rest on which consents: committed with the release, read by a recall."""

    def __init__(self, dialect: Dialect) -> None:
        insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
        # A message that is sent again uses nothing more.
        self._insert = Prepared(insert(consent_uses).on_conflict_do_nothing(), dialect)

    def of(
        self, grounds: Iterable[Ground], exchange_id: ExchangeId, agency: AgencyId, at: datetime
    ) -> list[Statement]:
        """Prepare the writes for one release."""
        used = sorted({ground.id for ground in grounds if ground.kind is Basis.CONSENT})
        return [
            self._insert.bind(consent_id=consent, exchange_id=exchange_id, agency=agency, at=micros(at))
            for consent in used
        ]

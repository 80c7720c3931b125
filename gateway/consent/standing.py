"""What is on file when a query comes: person, case, consents, orders and masks, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import ColumnElement, FromClause, Row, and_, bindparam, literal, null, or_, select
from sqlalchemy import case as choose

from contracts.facts import Capacity, CaseFact, ConsentFact, OrderFact
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source, Subject, SubjectRef
from gateway.consent.using import uses_left
from gateway.sealing.envelope import SubjectKey
from gateway.storage.engine import instant, now
from gateway.storage.ground_tables import court_orders
from gateway.storage.tables import cases, consent_events, consents, subject_identifiers, subjects

ANY = "*"
"""In place of a name: whoever represents her may be the one she is protected from."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on file about the person and the case, read in one statement.

    `masks` are the categories that safety hides for this person whatever a contract says;
    `shielded`: one of those who represent her is one she is protected from.
    """

    ref: SubjectRef
    subject: Subject
    key: SubjectKey = field(repr=False)
    case: CaseFact | None
    consents: tuple[ConsentFact, ...]
    masks: frozenset[str]
    capacity: str = Capacity.ABLE
    shielded: bool = False
    orders: tuple[OrderFact, ...] = ()


def standing_statement(*, with_case: bool, with_named: bool = False) -> Any:
    """Build the statement: a row for each event that ended a consent, or one where there is none.

    Consents to others and for other purposes are read, too: the record says why one does not serve.
    Parameters: `scheme` and `blind` (how she is named), `agency`, `at` (microseconds), `case` if
    `with_case`, and `named` (a consent that the query relies on, whosever it is) if `with_named`.
    """
    matched = and_(
        subject_identifiers.c.subject_ref == subjects.c.ref,
        subject_identifiers.c.scheme == bindparam("scheme"),
        subject_identifiers.c.blind == bindparam("blind"),
    )
    case_columns: list[ColumnElement[Any]]
    if with_case:
        base = cases.join(subjects, subjects.c.ref == cases.c.subject_ref).outerjoin(
            subject_identifiers, matched
        )
        case_columns = [cases.c.officials, cases.c.opened, cases.c.closed]
    else:
        base = subjects.join(subject_identifiers, matched)
        case_columns = [null().label(name) for name in ("officials", "opened", "closed")]
    hers = consents.c.subject_ref == subjects.c.ref
    statement = _facts(
        base,
        [subject_identifiers.c.subject_ref.label("matched"), *case_columns],
        or_(hers, consents.c.id == bindparam("named")) if with_named else hers,
        bindparam("agency"),
        uses_left(),
    )
    if with_case:
        statement = statement.where(cases.c.agency == bindparam("agency"), cases.c.id == bindparam("case"))
    return statement


def push_statement(pushed: FromClause) -> Any:
    """Build the same for messages: `pushed` has a row each, with its `seq`, which comes back with the facts.

    Its `subject_ref` says who she is, `case_id` names a case of its `sender`, `agency` gets the message; its
    own use (`id`) of a consent does not count. Parameter: `at` (microseconds).
    """
    of_case = and_(cases.c.agency == pushed.c.sender, cases.c.id == pushed.c.case_id)
    base = pushed.join(subjects, subjects.c.ref == pushed.c.subject_ref).outerjoin(cases, of_case)
    matched = choose((cases.c.subject_ref == subjects.c.ref, subjects.c.ref)).label("matched")
    case_columns = [cases.c.officials, cases.c.opened, cases.c.closed]
    hers = consents.c.subject_ref == subjects.c.ref
    return _facts(base, [pushed.c.seq, matched, *case_columns], hers, pushed.c.agency, uses_left(pushed.c.id))


def _facts(
    base: Any, first: Sequence[Any], hers: ColumnElement[bool], consumer: ColumnElement[Any], left: Any
) -> Any:
    """Add person, consents with their ends, and orders that name the consumer to what `base` finds."""
    ended = and_(consent_events.c.consent_id == consents.c.id, consent_events.c.kind != literal("given"))
    ordered = and_(court_orders.c.subject_ref == subjects.c.ref, court_orders.c.consumer == consumer)
    return select(
        subjects.c.ref,
        subjects.c.wrapped_key,
        subjects.c.kek_version,
        subjects.c.identity,
        subjects.c.masks,
        subjects.c.shielded_from,
        subjects.c.capacity,
        *first,
        consents.c.id.label("consent_id"),
        consents.c.subject_ref.label("consent_of"),
        consents.c.consumer,
        consents.c.purpose,
        consents.c.sources,
        consents.c.categories,
        consents.c.operations,
        consents.c.given_by,
        consents.c.giver_ref,
        consents.c.given_at,
        consents.c.until,
        consents.c.authority_until,
        left,
        consent_events.c.kind.label("ended"),
        court_orders.c.id.label("order_id"),
        court_orders.c.citation,
        court_orders.c.sources.label("order_sources"),
        court_orders.c.begins,
        court_orders.c.until.label("order_until"),
    ).select_from(
        base.outerjoin(consents, hers).outerjoin(consent_events, ended).outerjoin(court_orders, ordered)
    )


def case_fact(row: Row[Any]) -> CaseFact | None:
    """Give the case as the evaluator sees it today (UTC); None where the query named none."""
    if row.opened is None:
        return None
    today = now().date().isoformat()
    return CaseFact(
        open=row.opened <= today and (row.closed is None or today < row.closed),
        same_person=row.matched is not None,
        officials=frozenset(map(OfficialId, orjson.loads(row.officials))),
    )


def consent_facts(rows: Sequence[Row[Any]]) -> tuple[ConsentFact, ...]:
    """Give the consents as the evaluator sees them, ended or not."""
    facts: dict[str, ConsentFact] = {}
    for row in rows:
        # A withdrawal outweighs whatever else became of it.
        if row.consent_id is not None and (row.consent_id not in facts or row.ended == "withdrawn"):
            facts[row.consent_id] = _consent_fact(row)
    return tuple(facts.values())


def _consent_fact(row: Row[Any]) -> ConsentFact:
    return ConsentFact(
        id=row.consent_id,
        consumer=AgencyId(row.consumer),
        purpose=Purpose(row.purpose),
        sources=frozenset(map(Source, orjson.loads(row.sources))),
        given_at=instant(row.given_at),
        until=instant(row.until),
        given_by=row.given_by,
        ended=row.ended or "",
        categories=None if row.categories is None else frozenset(orjson.loads(row.categories)),
        operations=frozenset(orjson.loads(row.operations)),
        authority_until=None if row.authority_until is None else instant(row.authority_until),
        uses_left=row.uses_left,
        same_person=row.consent_of == row.ref,
        giver_is_risk=_is_risk(row),
    )


def _is_risk(row: Row[Any]) -> bool:
    """Say whether whoever consented for her is, or could be, the one she is protected from."""
    feared = orjson.loads(row.shielded_from)
    return bool(feared) and (ANY in feared or row.giver_ref is None or row.giver_ref in feared)


def order_facts(rows: Sequence[Row[Any]]) -> tuple[OrderFact, ...]:
    """Give the court's orders on file about her that name this agency."""
    facts = {
        row.order_id: OrderFact(
            id=row.order_id,
            citation=row.citation,
            sources=frozenset(map(Source, orjson.loads(row.order_sources))),
            since=instant(row.begins),
            until=instant(row.order_until),
        )
        for row in rows
        if row.order_id is not None
    }
    return tuple(facts.values())

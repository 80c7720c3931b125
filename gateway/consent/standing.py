"""What is on file when a query comes: person, case, consents and masks, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, bindparam, literal, null, select

from contracts.facts import CaseFact, ConsentFact
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source, Subject, SubjectRef
from gateway.sealing.envelope import SubjectKey
from gateway.storage.engine import instant, now
from gateway.storage.tables import cases, consent_events, consents, subject_identifiers, subjects


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on file about the person and the case, read in one statement.

    `masks` are the categories that safety hides for this person whatever a contract says.
    """

    ref: SubjectRef
    subject: Subject
    key: SubjectKey = field(repr=False)
    case: CaseFact | None
    consents: tuple[ConsentFact, ...]
    masks: frozenset[str]


def standing_statement(*, with_case: bool) -> Any:
    """Build the statement: a row for each event that ended a consent, or one where there is none.

    Parameters: `scheme` and `blind` (how she is named), `agency`, `purpose`, and `case` if `with_case`.
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
    ended = and_(consent_events.c.consent_id == consents.c.id, consent_events.c.kind != literal("given"))
    mine = and_(
        consents.c.subject_ref == subjects.c.ref,
        consents.c.consumer == bindparam("agency"),
        consents.c.purpose == bindparam("purpose"),
    )
    statement = select(
        subjects.c.ref,
        subjects.c.wrapped_key,
        subjects.c.kek_version,
        subjects.c.identity,
        subjects.c.masks,
        subject_identifiers.c.subject_ref.label("matched"),
        *case_columns,
        consents.c.id.label("consent_id"),
        consents.c.sources,
        consents.c.given_by,
        consents.c.given_at,
        consents.c.until,
        consent_events.c.kind.label("ended"),
    ).select_from(base.outerjoin(consents, mine).outerjoin(consent_events, ended))
    if with_case:
        statement = statement.where(cases.c.agency == bindparam("agency"), cases.c.id == bindparam("case"))
    return statement


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


def consent_facts(rows: Sequence[Row[Any]], agency: AgencyId, purpose: Purpose) -> tuple[ConsentFact, ...]:
    """Give this agency's consents for this purpose, ended or not."""
    facts = {
        row.consent_id: ConsentFact(
            id=row.consent_id,
            consumer=agency,  # the statement asked for this agency's and purpose's alone
            purpose=purpose,
            sources=frozenset(map(Source, orjson.loads(row.sources))),
            given_at=instant(row.given_at),
            until=instant(row.until),
            given_by=row.given_by,
            ended=row.ended or "",
        )
        for row in rows
        if row.consent_id is not None
    }
    return tuple(facts.values())

"""Facts of a kept history used again: only those needed, and only what would be given anew at this moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from audit.event import Event
from contracts.contract import Mandate
from contracts.vocabulary import CaseId, ExchangeId, Field, OfficialId, Purpose, Source, SubjectRef
from gateway.answer import Answer
from gateway.exchange import Pipeline, authorise, hidden_from
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.kept import Kept
from gateway.query import Query


@dataclass(frozen=True, slots=True)
class Use:
    """What is to be used of which history (`exchange_id`), by whom, in which case and request."""

    exchange_id: str
    request_id: ExchangeId
    case: CaseId
    official: OfficialId
    fields: Collection[str]


@dataclass(frozen=True, slots=True)
class Reused:
    """What may be used: values by field, nothing sealed and nothing in conflict among them."""

    values: Mapping[str, Any]
    subject_ref: SubjectRef
    purpose: str
    contract: str

    def __repr__(self) -> str:
        return f"Reused({len(self.values)} fields)"


async def use_again(pipeline: Pipeline, kept: Kept, caller: Caller, use: Use) -> Reused:
    """Take facts from a history that this agency got in this case.

    Contract, case, official and grounds are weighed as for a new question, and the reading is on record
    before anything is used. A refusal is on record too, under the request's own id.

    Raises:
        NotFoundError: no such history of this agency and case, or it is no longer kept.
        NotPermittedError, CaseNotOpenError, ConsentMissingError: it would not be given now.
    """
    released = await kept.released(use.exchange_id, caller.id)
    if released.case != use.case:
        raise NotFoundError
    mandate, standing = await authorise(pipeline, caller, await _asked(kept, released, use))
    answer = await kept.read(use.exchange_id, caller.id)
    if not isinstance(answer, Answer):
        raise NotFoundError
    hidden = hidden_from(caller, standing)
    words = pipeline.contracts.vocabulary.fields
    values = {
        name: fact["value"]
        for name, fact in answer.body["fields"].items()
        if name in use.fields
        and words[Field(name)].category not in hidden
        and _permitted(mandate, Source(fact["source"]), Field(name))
    }
    return Reused(values, standing.ref, released.purpose, mandate.grant.contract.digest)


async def _asked(kept: Kept, released: Event, use: Use) -> Query:
    subject, scheme = await kept.subject_of(SubjectRef(released.subject_ref))
    return Query(
        exchange_id=use.request_id,
        subject=subject,
        scheme=scheme,
        purpose=Purpose(released.purpose),
        case=use.case,
        official=use.official,
        sources=None,
        fields=None,
        emergency=None,
        language="uk",
    )


def _permitted(mandate: Mandate, source: Source, field: Field) -> bool:
    permit = mandate.permits.get(source)
    return permit is not None and field in permit.fields

"""The pull pipeline: one query in, one answer out. Read this first.

1. *Authenticate*: the edge turned credentials into a `Caller` (`gateway.identity`).
2. *Contract*: is there one in force for this agency and purpose? → `Grant`
3. *Ground*: a law, or this person's consent, for every source, now → `Mandate`
4. *Intent*: what will be asked, of whom, on which ground, is durable before anyone is asked → `Intent`
5. *Fan-out*: every source at once, under its own deadline → `Findings`
6. *Minimise*: what the mandate names and safety allows → `Disclosure`
7. *Seal*: marked fields so that only the recipient can read them → `Sealed`
8. *Release*: the grounds are looked at again in the transaction that makes the release durable → `Receipt`
9. *Respond*: an `Answer` cannot be built without its receipt.

Each step takes what the one before gave, so another order does not type-check. A refusal at any
step is recorded before it is told; if it cannot be recorded, nothing but that is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from adapters.base import Adapter
from audit.event import Event, Json, Kind
from audit.log import Intent, Log, resting_on
from audit.store import AuditUnavailableError, CompanionRefusedError, GroundEndedError
from contracts.contract import Grant, Mandate
from contracts.facts import EmergencyFact
from contracts.store import ContractStore
from contracts.vocabulary import ObminError, Source
from gateway.agencies import Right
from gateway.answer import Answer, Keeping, compose, outcomes
from gateway.clock import Clock
from gateway.collection import Findings, Watcher, collect, require, unwatched
from gateway.consent.emergencies import Emergencies
from gateway.consent.ground import ConsentWithdrawnError, Weighing, confirm, consider
from gateway.consent.standing import Standing
from gateway.consent.using import Uses
from gateway.consent.watching import GroundWatch
from gateway.disclosure import minimise
from gateway.drift import DriftAlarm
from gateway.health import SourceHealth
from gateway.identity import Caller
from gateway.oversight.notices import NoticeQueue
from gateway.query import Query
from gateway.sealing.recipient import can_seal, seal_for
from gateway.storage.engine import now
from gateway.subjects import Subjects, SubjectUnfiledError
from gateway.usage import Usage

NOTHING: Mapping[str, Json] = MappingProxyType({})
WRONG_PERSON = "wrong-person"

Authority = tuple[Mandate, Standing]
"""What steps 2 and 3 give: that these sources may be asked, and what is on file of the person."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What an exchange needs, built once by `gateway.app`."""

    contracts: ContractStore
    subjects: Subjects
    log: Log
    adapters: Mapping[Source, Adapter]
    keeping: Keeping
    health: SourceHealth
    uses: Uses
    emergencies: Emergencies
    usage: Usage
    clock: Clock
    watch: GroundWatch
    notices: NoticeQueue
    drift: DriftAlarm


async def exchange(pipeline: Pipeline, caller: Caller, query: Query, watch: Watcher = unwatched) -> Answer:
    """Answer one query, or refuse it; either way the record has it before the caller does.

    Raises:
        NotPermittedError: no contract, or its terms are not met (§5 step 2).
        ConsentMissingError: nothing is left for which a ground stands (step 3).
        RequiredSourceError: a source that the contract requires is silent (step 5).
        ConsentWithdrawnError: a ground ended while sources were being asked (step 8).
        AuditUnavailableError: the record cannot be written; nothing was released.
    """
    return await pursue(pipeline, caller, query, await authorise(pipeline, caller, query), watch)


async def pursue(
    pipeline: Pipeline, caller: Caller, query: Query, authority: Authority, watch: Watcher = unwatched
) -> Answer:
    """Take steps 4 to 8 of a query that may be asked. Raises as `exchange` does."""
    mandate, standing = authority
    intent = await pipeline.log.intend(mandate, now(), via=query.via)
    try:
        asking = collect(intent, mandate, standing.subject, pipeline.adapters, pipeline.health.beside(watch))
        findings = await pipeline.watch.during(mandate, asking)
        await _alarm(pipeline, caller, query, findings)
        require(mandate, findings)
        return await _release(pipeline, caller, query, mandate, standing, intent, findings)
    except AuditUnavailableError:
        raise
    except ObminError as error:
        await pipeline.log.refuse(intent, mandate, reason=code_of(error), at=now())
        raise
    except Exception:
        await pipeline.log.refuse(intent, mandate, reason="internal", at=now())
        raise


async def authorise(pipeline: Pipeline, caller: Caller, query: Query) -> Authority:
    """Take steps 2 and 3; a refusal is on record with contract and what was weighed, as far as it came."""
    contract, weighed = "", NOTHING
    try:
        at = now()
        pipeline.log.require_witnessed()
        grant = pipeline.contracts.permit(caller.id, query.purpose, at, query.sources, query.fields)
        contract = grant.contract.digest
        standing = await _standing(pipeline, caller, query, grant)
        claimed, weighing = await _weigh(pipeline, caller, query, grant, standing)
        weighed = weighing.weighed
        mandate = confirm(weighing, standing, query)
        if claimed and grant.contract.emergency:
            await pipeline.emergencies.declare(claimed, mandate, query, standing, grant.contract.emergency)
    except ObminError as error:
        await pipeline.log.note(query.refusal(caller.id, code_of(error), now(), contract, weighed))
        raise
    return mandate, standing


async def _weigh(
    pipeline: Pipeline, caller: Caller, query: Query, grant: Grant, standing: Standing
) -> tuple[EmergencyFact | None, Weighing]:
    """Take step 3's decision; whoever claims an emergency declares it before anybody is asked."""
    if pipeline.clock.has_moved():
        await pipeline.log.note(Event(kind=Kind.ALARM, at=now(), result="noticed", reason="clock-moved"))
    earlier, later = pipeline.clock.readings()
    claimed = await pipeline.emergencies.claimed(caller.id, query, standing, later)
    usage = await pipeline.usage.of(grant.contract, later)
    words = pipeline.contracts.vocabulary
    return claimed, consider(grant, standing, query, (earlier, later), words, claimed, usage)


async def _standing(pipeline: Pipeline, caller: Caller, query: Query, grant: Grant) -> Standing:
    """Read what is on file of the person, who is filed first where the contract needs no case for her."""
    contract = grant.contract
    find = partial(
        pipeline.subjects.find,
        caller.id,
        query,
        case_required=contract.case_required,
        within=contract.deadline,
    )
    try:
        return await find()
    except SubjectUnfiledError:
        registration = await pipeline.subjects.register(query.subject)
        if registration.statements:  # none where another query filed her in between
            filed = query.event(Kind.CASE, caller.id, now(), result="filed")
            with suppress(CompanionRefusedError):  # or is doing so right now
                await pipeline.log.note(filed, registration.statements)
        return await find()


async def _alarm(pipeline: Pipeline, caller: Caller, query: Query, findings: Findings) -> None:
    """Put on record that a registry sent another person's data (nothing of it is used) or new members."""
    for finding in findings.values():
        await pipeline.drift.hear(query, caller.id, finding)
        if finding.reason == WRONG_PERSON:
            details: dict[str, Json] = {"source": finding.source, "message_id": finding.message_id}
            event = query.event(Kind.ALARM, caller.id, now(), "blocked", WRONG_PERSON, details)
            await pipeline.log.note(event)


async def _release(
    pipeline: Pipeline,
    caller: Caller,
    query: Query,
    mandate: Mandate,
    standing: Standing,
    intent: Intent,
    findings: Findings,
) -> Answer:
    """Take steps 6 to 8. From the moment `release` returns, the answer may leave."""
    recipient, (_, at) = caller.agency.recipient, pipeline.clock.readings()
    words = pipeline.contracts.vocabulary
    disclosure = minimise(
        findings,
        mandate,
        words,
        hidden_from(caller, standing),
        sealable=can_seal(recipient),
        on=at.date(),
    )
    sealed = seal_for(recipient, disclosure, mandate, at)
    body = compose(query, mandate, disclosure, sealed, words.reasons)
    told = outcomes(disclosure, mandate)
    companions = [
        pipeline.keeping.keep(body, mandate, standing, at),
        *pipeline.uses.of(resting_on(mandate, told), query.exchange_id, caller.id, at),
        *pipeline.notices.owed(mandate, at),
    ]
    try:
        receipt = await pipeline.log.release(intent, mandate, told, at, companions)
    except GroundEndedError as error:
        raise ConsentWithdrawnError(f"consent-{error.code}") from None
    return Answer(body, receipt)


def hidden_from(caller: Caller, standing: Standing) -> frozenset[str]:
    """Give what safety hides of her from this caller: a named right alone uncovers it."""
    return frozenset() if caller.may(Right.SEE_PROTECTED) else standing.masks


def code_of(error: ObminError) -> str:
    """Give the exact code of a refusal, for the record; callers see the problem's slug."""
    code = getattr(error, "code", None) or getattr(error, "reason", None)
    return str(code) if code else type(error).__name__.removesuffix("Error").lower()

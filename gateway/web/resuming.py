"""Exchanges that waited for a person's answer go on."""

from __future__ import annotations

from contracts.vocabulary import ExchangeId
from gateway.agencies import Role
from gateway.consent.asked import GIVEN, ConsentRequest
from gateway.consent.ground import ConsentMissingError
from gateway.consent.waiting import Waiting
from gateway.exchange import authorise, pursue
from gateway.faults import NotFoundError
from gateway.identity import Caller
from gateway.query import Query
from gateway.storage.engine import now
from gateway.web.gate import Gate
from gateway.web.problems import problem_of
from gateway.web.wire import HistoryBody, parse


async def await_answer(gate: Gate, caller: Caller, query: Query, body: bytes, request_id: str) -> bool:
    """Park an exchange until its consent request is answered; False where it has been, with a consent.

    Raises:
        NotFoundError: no such request of this agency about this person.
        ConsentMissingError: she refused, or let the time pass.
    """
    asked = await gate.grounds.requests.get(request_id)
    person = await gate.pipeline.subjects.register(query.subject)
    if asked.consumer != caller.id or asked.subject_ref != person.ref:
        raise NotFoundError
    state = asked.state(now())
    if state == GIVEN:
        return False
    if state != "asked":
        raise ConsentMissingError(f"consent-{state}")
    await _park(gate, caller, query, body, asked)
    return True


async def _park(gate: Gate, caller: Caller, query: Query, body: bytes, asked: ConsentRequest) -> None:
    lasting = asked.expires_at - now()
    await gate.kept.begin(query.exchange_id, caller.id, asked.subject_ref, "", lasting)
    waiting = Waiting(ExchangeId(query.exchange_id), caller.id, query.language, body)
    await gate.grounds.waiting.park(waiting, asked.id, asked.subject_ref)
    if (await gate.grounds.requests.get(asked.id)).outcome == GIVEN:  # she answered in between
        await resume(gate, request_id=asked.id)


async def resume(gate: Gate, request_id: str = "", exchange_id: str = "") -> None:
    """Take up what waited for this request, or one exchange, if the answer was a consent."""
    for waiting in await gate.grounds.waiting.take(request_id, exchange_id):
        agency = gate.agencies.get(waiting.agency)
        if agency is None or Role.CASE_SYSTEM not in agency.roles:
            await gate.kept.end(waiting.exchange_id, "role-missing")
            continue
        vocabulary = gate.pipeline.contracts.vocabulary
        query = parse(HistoryBody, waiting.body).query(waiting.exchange_id, vocabulary, waiting.language)
        gate.running.start(_resumed(gate, Caller(agency), query))


async def _resumed(gate: Gate, caller: Caller, query: Query) -> None:
    try:
        authority = await authorise(gate.pipeline, caller, query)
        mandate, _ = authority
        digest = mandate.grant.contract.digest
        await gate.kept.begin(query.exchange_id, caller.id, mandate.subject_ref, digest)
        await pursue(gate.pipeline, caller, query, authority)
    except Exception as error:  # noqa: BLE001  the reader of the exchange hears it as a problem
        await gate.kept.end(query.exchange_id, problem_of(error).slug)

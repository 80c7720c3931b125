"""Asking contracts questions: may this be seen, what differs, what would have changed, why was it so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from audit.event import Event, Kind
from audit.query import Filter, stream
from contracts.comparing import Shift, shift
from contracts.contract import Contract, NotPermittedError
from contracts.decision import Decision
from contracts.explaining import explain
from contracts.facts import CaseFact, ConsentFact, EmergencyFact, Facts, OrderFact
from contracts.replay import replay
from contracts.store import ContractStore, regrant
from contracts.telling import Speaker
from contracts.vocabulary import AgencyId, Field, OfficialId, Purpose, Source
from gateway.activation import kept_texts, unpack
from gateway.app import Foundation
from gateway.faults import NotFoundError

OFFICIAL = OfficialId("official")
DAY = timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Question:
    """A question in the words of one who asks it: `consent` is who gave one, or what became of it."""

    agency: str
    field: str
    source: str
    purpose: str
    age: int
    at: datetime
    consent: str
    selector: str
    with_case: bool
    masked: tuple[str, ...]
    emergency: str
    order: bool
    capacity: str

    def facts(self) -> Facts:
        """Give the facts that the question supposes."""
        source, at = Source(self.source), self.at
        ended = "" if self.consent in {"self", "parent", "guardian"} else self.consent
        consent = ConsentFact(
            id="supposed",
            consumer=AgencyId(self.agency),
            purpose=Purpose(self.purpose),
            sources=frozenset({source}),
            given_at=at - DAY,
            until=at - timedelta(seconds=1) if ended == "expired" else at + DAY,
            given_by="self" if ended else self.consent,
            ended="" if ended == "expired" else ended,
        )
        order = OrderFact("supposed", "", frozenset({source}), at - DAY, at + DAY)
        case = CaseFact(open=True, same_person=True, officials=frozenset({OFFICIAL}))
        declared = EmergencyFact("supposed", OFFICIAL, self.emergency, 20, second_factor=True, begun=at)
        return Facts(
            official=OFFICIAL,
            case=case if self.with_case else None,
            age=self.age if self.age >= 0 else None,
            consents=(consent,) if self.consent != "none" else (),
            capacity=self.capacity,
            orders=(order,) if self.order else (),
            emergency=declared if self.emergency else None,
            masks=frozenset(self.masked),
            selector=self.selector,
        )


def answer(store: ContractStore, question: Question, speaker: Speaker) -> tuple[bool, list[str]]:
    """Say yes or no, and each rule that spoke."""
    source, field = Source(question.source), Field(question.field)
    try:
        grant = store.permit(
            AgencyId(question.agency), Purpose(question.purpose), question.at, {source}, {field}
        )
    except NotPermittedError as refused:
        said = f"{speaker.say('rule-contract')}: {speaker.say('refuses')}: {speaker.reason(refused.code)}"
        return False, [f"{said} [{refused.code}]"]
    explained = explain(grant, question.facts(), question.at, source, field, speaker)
    return explained.permitted, explained.lines(speaker)


def instant_of(text: str, now: datetime) -> datetime:
    """Read `sunday` (the next one, at noon UTC), an ISO instant or day, or nothing, which is now."""
    if text in WEEKDAYS:
        ahead = (WEEKDAYS.index(text) - now.weekday()) % 7
        return (now + ahead * DAY).replace(hour=12, minute=0, second=0, microsecond=0)
    at = datetime.fromisoformat(text) if text else now
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again from the record. `same`: it is the one that was recorded then."""

    contract: Contract
    at: datetime
    decision: Decision
    same: bool


async def replay_exchange(foundation: Foundation, exchange_id: str) -> Replayed:
    """Make an exchange's decision again from its entry and the contract text on record.

    Raises:
        NotFoundError: nothing of that exchange was weighed, or no text of its contract, is on record.
        WeighedError: the entry does not say what was weighed.
    """
    texts = await kept_texts(foundation.database)
    async for event in _weighed(foundation, Filter(exchange_id=exchange_id)):
        if event.contract not in texts:
            raise NotFoundError
        contract = unpack(texts[event.contract])
        _, _, at, decision = replay(contract, cast("dict[str, object]", event.details.get("weighed", {})))
        return Replayed(contract, at, decision, _is_as_recorded(event, decision))
    raise NotFoundError


def _is_as_recorded(event: Event, decision: Decision) -> bool:
    """Compare with what an intent permitted, or with the reason for which a query was refused before one."""
    if event.kind is Kind.REFUSAL:
        return event.reason == (decision.refusal or next(iter(decision.withheld.values()), ""))
    return recorded_of(event) == made_of(decision)


def recorded_of(event: Event) -> tuple[object, object]:
    """Give what an intent says was permitted and withheld."""
    sources = cast("list[dict[str, object]]", event.details["sources"])
    withheld = cast("list[dict[str, str]]", event.details["withheld"])
    permitted = {}
    for each in sources:
        permitted[each["source"]] = (tuple(cast("list[str]", each["fields"])), each["ground"])
    return permitted, {each["source"]: each["reason"] for each in withheld}


def made_of(decision: Decision) -> tuple[object, object]:
    """Give a decision in the form of `recorded_of`."""
    permitted = {
        str(source): (
            tuple(sorted(permit.fields)),
            {"kind": permit.ground.kind.value, "id": permit.ground.id, "citation": permit.ground.citation},
        )
        for source, permit in decision.permits.items()
    }
    return permitted, {str(source): str(reason) for source, reason in decision.withheld.items()}


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a draft would have done to one exchange on record."""

    exchange_id: str
    shift: Shift


async def simulate(foundation: Foundation, draft: Contract) -> list[Simulated]:
    """Decide every exchange on record of the draft's agency and purpose again, under the draft."""
    texts = await kept_texts(foundation.database)
    wanted = Filter(kind=Kind.INTENT, agency=draft.consumer, purpose=draft.purpose)
    return [
        Simulated(event.exchange_id, _under(unpack(texts[event.contract]), draft, event))
        async for event in _weighed(foundation, wanted)
        if event.contract in texts
    ]


def _under(contract: Contract, draft: Contract, event: Event) -> Shift:
    grant, facts, at, then = replay(contract, cast("dict[str, object]", event.details["weighed"]))
    whole = grant.terms == contract.terms
    asked = {source: terms.fields.keys() for source, terms in grant.terms.items() if source in draft.terms}
    drafted = regrant(draft, None if whole else {s: frozenset(f) for s, f in asked.items()}, grant.operation)
    return shift(then, drafted, facts, at)


async def _weighed(foundation: Foundation, wanted: Filter) -> AsyncIterator[Event]:
    async with foundation.database.engine.connect() as connection:
        async for recorded in stream(connection, wanted):
            if "weighed" in recorded.event.details:
                yield recorded.event

"""Asking every source at once: whatever an adapter does is a finding, and nobody else's affair."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from adapters.base import (
    Ambiguous,
    Answered,
    Pending,
    Question,
    Reply,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from audit.log import Intent
from contracts.contract import Mandate
from contracts.vocabulary import ExchangeId, Identity, Scheme, Source, Subject
from gateway.collection import Finding, Findings, RequiredSourceError, Status, collect, require
from gateway.logs import configure_logs
from tests.unit.audit.records import EDUCATION, HEALTH, NOW, STATUS, mandate

INTENT = Intent(ExchangeId("exchange-1"), "event-1", 0, b"")
NUMBER = "3311845622"
SUBJECT = Subject(Identity({Scheme("rnokpp"): NUMBER}))
ANSWER = Answered({STATUS: "studying"}, NOW, "transaction-1")


@dataclass(frozen=True)
class Fake:
    """A registry that does what it is told. See `Adapter`."""

    source: Source
    does: Callable[[Question], Awaitable[Reply]]
    needs: Sequence[frozenset[Scheme]] = (frozenset({Scheme("rnokpp")}),)

    async def ask(self, question: Question) -> Reply:
        """See `Adapter.ask`."""
        return await self.does(question)


def _says(reply: Reply) -> Callable[[Question], Awaitable[Reply]]:
    async def say(_: Question) -> Reply:
        return reply

    return say


def _raises(error: Exception) -> Callable[[Question], Awaitable[Reply]]:
    async def fail(_: Question) -> Reply:
        raise error

    return fail


async def _hang(_: Question) -> Reply:
    await asyncio.Event().wait()
    return Pending()


def _hasty(given: Mandate) -> Mandate:
    """Give the mandate with a deadline of 50 ms for each source."""
    permits = {
        source: replace(permit, terms=replace(permit.terms, deadline=timedelta(milliseconds=50)))
        for source, permit in given.permits.items()
    }
    return replace(given, permits=permits)


async def _found(*adapters: Fake, given: Mandate | None = None) -> Findings:
    known = {adapter.source: adapter for adapter in adapters}
    return await collect(INTENT, given or mandate(), SUBJECT, known)


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [
        (ANSWER, Status.ANSWERED, ""),
        (Ambiguous(2, "transaction-2"), Status.AMBIGUOUS, "ambiguous"),
        (Pending("transaction-3"), Status.PENDING, "pending"),
    ],
)
async def test_each_reply_is_a_finding(reply: Reply, status: Status, reason: str) -> None:
    """Answered, ambiguous, pending: with the bus's own key, and the answer only where there is one."""
    found = (await _found(Fake(EDUCATION, _says(reply))))[EDUCATION]

    assert (found.status, found.reason) == (status, reason)
    assert found.transaction_id == reply.transaction_id
    assert (found.answer is reply) is (status is Status.ANSWERED)
    assert found.message_id


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (SubjectUnknownError(EDUCATION, "not-found"), Status.UNKNOWN, ""),
        (SourceUnavailableError(EDUCATION, "unreachable"), Status.UNAVAILABLE, "unreachable"),
        (SourceRefusedError(EDUCATION, "access-denied"), Status.UNAVAILABLE, "access-denied"),
        (SourceMisbehavedError(EDUCATION, "unreadable"), Status.UNAVAILABLE, "unreadable"),
        (TimeoutError(), Status.UNAVAILABLE, "timed-out"),
        (KeyError(NUMBER), Status.UNAVAILABLE, "internal"),
        (RecursionError(NUMBER), Status.UNAVAILABLE, "internal"),
    ],
)
async def test_each_failure_is_a_finding(error: Exception, status: Status, reason: str) -> None:
    """The four errors by their reasons, a bug of the adapter as internal; the other source answers."""
    findings = await _found(Fake(EDUCATION, _raises(error)), Fake(HEALTH, _says(Answered({}, NOW))))

    assert (findings[EDUCATION].status, findings[EDUCATION].reason) == (status, reason)
    assert findings[HEALTH].status is Status.ANSWERED


async def test_the_log_of_a_bug_names_its_class_alone() -> None:
    """What an adapter's own error holds is not written anywhere."""
    lines = io.StringIO()
    configure_logs("debug", lines)
    await _found(Fake(EDUCATION, _raises(KeyError(NUMBER))))

    assert "KeyError" in lines.getvalue()
    assert NUMBER not in lines.getvalue()


async def test_a_source_that_hangs_is_given_up_at_its_deadline() -> None:
    """It is told as timed out, and the other one is there."""
    adapters = (Fake(EDUCATION, _hang), Fake(HEALTH, _says(Answered({}, NOW))))
    findings = await _found(*adapters, given=_hasty(mandate()))

    assert findings[EDUCATION].reason == "timed-out"
    assert findings[HEALTH].status is Status.ANSWERED


async def test_all_are_asked_at_once() -> None:
    """Two that wait for each other both answer: neither was asked after the other."""
    meeting = asyncio.Barrier(2)

    async def meet(_: Question) -> Reply:
        await meeting.wait()
        return ANSWER

    findings = await _found(Fake(EDUCATION, meet), Fake(HEALTH, meet))

    assert {finding.status for finding in findings.values()} == {Status.ANSWERED, Status.WITHHELD}


async def test_what_cannot_be_asked_is_told() -> None:
    """No adapter, no identifier that the registry knows, no ground: each with its own reason."""
    elsewhere = Fake(HEALTH, _says(ANSWER), needs=(frozenset({Scheme("passport")}),))
    findings = await _found(elsewhere)
    told = {source: (finding.status, finding.reason) for source, finding in findings.items()}

    assert told == {
        HEALTH: (Status.WITHHELD, "identifier-missing"),
        EDUCATION: (Status.UNAVAILABLE, "not-connected"),
        Source("border"): (Status.WITHHELD, "identifier-missing"),
    }


async def test_a_question_carries_what_was_permitted() -> None:
    """The fields of the permit, the official and the case, and a message id of its own."""
    questions: list[Question] = []

    async def hear(question: Question) -> Reply:
        questions.append(question)
        return ANSWER

    given = mandate()
    await _found(Fake(EDUCATION, hear), Fake(HEALTH, hear))
    asked = {frozenset(question.fields) for question in questions}

    assert asked == {frozenset(permit.fields) for permit in given.permits.values()}
    assert {question.official for question in questions} == {given.official}
    assert len({question.message_id for question in questions}) == 2


async def test_a_watcher_hears_of_each_finding_once() -> None:
    """Those that were never asked come first."""
    heard: list[Finding] = []

    async def watch(finding: Finding) -> None:
        heard.append(finding)

    adapters = {EDUCATION: Fake(EDUCATION, _says(ANSWER))}
    findings = await collect(INTENT, mandate(), SUBJECT, adapters, watch)

    assert heard[0].source == "border"
    assert sorted(heard, key=lambda each: each.source) == sorted(
        findings.values(), key=lambda each: each.source
    )


@pytest.mark.parametrize(
    ("status", "silent"),
    [
        (Status.ANSWERED, False),
        (Status.UNKNOWN, False),
        (Status.AMBIGUOUS, False),
        (Status.PENDING, True),
        (Status.UNAVAILABLE, True),
        (Status.WITHHELD, True),
    ],
)
def test_a_required_source_must_have_spoken(status: Status, silent: bool) -> None:  # noqa: FBT001
    """Unknown and ambiguous are answers; pending, unavailable and withheld are not."""
    given = mandate()
    terms = {**given.grant.terms, EDUCATION: replace(given.grant.terms[EDUCATION], required=True)}
    demanding = replace(given, grant=replace(given.grant, terms=terms))
    findings = MappingProxyType({EDUCATION: Finding(EDUCATION, status, "why")})

    assert _refused(demanding, findings) == ("why" if silent else "")
    assert _refused(given, findings) == ""


def _refused(given: Mandate, findings: Findings) -> str:
    try:
        require(given, findings)
    except RequiredSourceError as error:
        return error.reason
    return ""

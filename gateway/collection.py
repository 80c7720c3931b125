"""Ask every source at once, each under its own deadline, and say honestly what each one did."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import structlog
from uuid_utils import uuid4

from adapters.base import (
    Adapter,
    Ambiguous,
    Answered,
    Likeness,
    Pending,
    Question,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SubjectUnknownError,
)
from audit.log import Intent
from contracts.contract import Mandate, Permit
from contracts.vocabulary import ObminError, Scheme, Source, Subject

log = structlog.get_logger()


class Status(StrEnum):
    """What a source did with the question (interface §3)."""

    ANSWERED = "answered"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    WITHHELD = "withheld"
    PENDING = "pending"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One source's part. `reason` is a code of the vocabulary; `answer` is there only when answered."""

    source: Source
    status: Status
    reason: str = ""
    answer: Answered | None = None
    candidates: int = 0
    likenesses: tuple[Likeness, ...] = ()
    message_id: str = ""
    transaction_id: str = ""
    took_ms: int = 0
    drift: frozenset[str] = frozenset()


Findings = Mapping[Source, Finding]
Watcher = Callable[[Finding], Awaitable[None]]


class RequiredSourceError(ObminError):
    """A source that the contract requires did not answer: the query is refused."""

    def __init__(self, source: Source, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


async def unwatched(_finding: Finding) -> None:
    """Watch nothing: the default of those who only want the end."""


async def collect(
    intent: Intent,
    mandate: Mandate,
    subject: Subject,
    adapters: Mapping[Source, Adapter],
    watch: Watcher = unwatched,
) -> Findings:
    """Ask all permitted sources at once and give every source's finding, the withheld ones too.

    Never slower than the contract's deadline, nor a source than its own. `watch` hears of each
    finding as it comes. An adapter's failure is a finding, whatever it raised.
    """
    withheld = [Finding(source, Status.WITHHELD, reason) for source, reason in mandate.withheld.items()]
    for finding in withheld:
        await watch(finding)
    known = frozenset(subject.reveal().schemes)
    end = asyncio.get_running_loop().time() + mandate.grant.contract.deadline.total_seconds()
    asked = await asyncio.gather(
        *(
            _ask(intent, mandate, permit, subject, known, adapters.get(source), end, watch)
            for source, permit in mandate.permits.items()
        )
    )
    return MappingProxyType({finding.source: finding for finding in (*asked, *withheld)})


async def _ask(
    intent: Intent,
    mandate: Mandate,
    permit: Permit,
    subject: Subject,
    known: frozenset[Scheme],
    adapter: Adapter | None,
    end: float,
    watch: Watcher,
) -> Finding:
    source = permit.terms.source
    if adapter is None:
        finding = Finding(source, Status.UNAVAILABLE, "not-connected")
    elif not any(needed <= known for needed in adapter.needs):
        finding = Finding(source, Status.WITHHELD, "identifier-missing")
    else:
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = min(end, began + permit.terms.deadline.total_seconds())
        question = Question(
            exchange_id=intent.exchange_id,
            message_id=str(uuid4()),
            agency=mandate.grant.agency,
            official=mandate.official,
            case=mandate.case,
            purpose_id=permit.terms.purpose_id,
            subject=subject,
            fields=frozenset(permit.fields),
            deadline=deadline,
            purpose=mandate.grant.purpose,
        )
        finding = await heard(adapter, question, began)
    await watch(finding)
    return finding


async def heard(adapter: Adapter, question: Question, began: float) -> Finding:
    """Ask one adapter and turn whatever comes of it into a finding."""
    loop = asyncio.get_running_loop()
    likenesses: tuple[Likeness, ...] = ()
    source, status, reason, answer, candidates, transaction_id, message_id = (
        adapter.source,
        Status.UNAVAILABLE,
        "",
        None,
        0,
        "",
        question.message_id,
    )
    drift: frozenset[str] = frozenset()
    try:
        async with asyncio.timeout_at(question.deadline):
            reply = await adapter.ask(question)
        match reply:
            case Answered():
                status, answer, drift = Status.ANSWERED, reply, reply.drift
            case Ambiguous():
                status, reason, candidates = Status.AMBIGUOUS, "ambiguous", reply.candidates
                likenesses = reply.likenesses
            case Pending():
                status, reason = Status.PENDING, "pending"
        transaction_id, message_id = reply.transaction_id, reply.message_id or message_id
    except SubjectUnknownError as error:
        status, message_id = Status.UNKNOWN, error.message_id or message_id
    except TimeoutError:
        reason = "timed-out"
    except SourceError as error:
        reason, message_id, drift = error.reason, error.message_id or message_id, error.drift
        if isinstance(error, SourceMisbehavedError | SourceRefusedError):
            log.warning("source.alarm", exchange_id=question.exchange_id, source=source, reason=reason)
    except Exception as error:  # noqa: BLE001  an adapter's bug must not take the other sources down
        reason = "internal"
        log.warning(
            "source.failed", exchange_id=question.exchange_id, source=source, code=type(error).__name__
        )
    took_ms = round((loop.time() - began) * 1000)
    return Finding(
        source, status, reason, answer, candidates, likenesses, message_id, transaction_id, took_ms, drift
    )


def require(mandate: Mandate, findings: Findings) -> None:
    """Refuse the query where its contract requires a source that was silent.

    Raises:
        RequiredSourceError: such a source neither answered nor said unknown.
    """
    for source, terms in mandate.grant.terms.items():
        finding = findings.get(source)
        if terms.required and (
            finding is None or finding.status not in {Status.ANSWERED, Status.UNKNOWN, Status.AMBIGUOUS}
        ):
            raise RequiredSourceError(source, finding.reason if finding else "not-asked")

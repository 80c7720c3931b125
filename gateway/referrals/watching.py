"""Whether something has changed: registries are asked again, politely, under the very rules of a query.

Contract, case and ground are looked at anew each time; what is found is compared and given to nobody, and the
intent of each look ends as a refusal that says so. A subscription ends with its case or its ground.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from audit.event import new_id
from contracts.contract import NotPermittedError
from contracts.reasons import Reason
from contracts.vocabulary import (
    NAME,
    AgencyId,
    ExchangeId,
    Field,
    ObminError,
    Source,
    Subject,
    Value,
)
from gateway.agencies import Agency
from gateway.collection import collect
from gateway.consent.ground import CaseNotOpenError, ConsentMissingError
from gateway.disclosure import Disclosure, minimise
from gateway.exchange import Pipeline, authorise, code_of
from gateway.faults import ConflictError
from gateway.identity import Caller
from gateway.query import Query
from gateway.referrals.subscriptions import Seen, Subscription, Subscriptions
from gateway.sealing.keys import KeyRing
from gateway.sealing.recipient import can_seal
from gateway.storage.engine import Database, now
from gateway.subjects import open_identity

log = structlog.get_logger()

AT_ONCE: Final = 20
WATCHED: Final = "watched"
"""Why the intent of a look is refused: what was found is given to nobody."""
WAITING: Final = frozenset(
    {Reason.OUTSIDE_HOURS, Reason.RATE_EXCEEDED, Reason.VOLUME_EXCEEDED, Reason.UNDECIDABLE}
)
"""What refuses a look today and not tomorrow."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look needs besides the pipeline: how to open who is on file, and how long to wait after it."""

    database: Database
    ring: KeyRing
    tenant: str
    every: timedelta


class Watching:
    """Looks again, each subscription in its time. Any number of processes may: a look is claimed."""

    def __init__(
        self,
        pipeline: Pipeline,
        kept: Subscriptions,
        agencies: Mapping[AgencyId, Agency],
        look: Look,
    ) -> None:
        self._pipeline = pipeline
        self._kept = kept
        self._agencies = agencies
        self._look_by = look

    async def run(self, every: float = 1.0) -> None:
        """Look again and again, until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.round()
            except (SQLAlchemyError, ObminError, OSError) as error:
                log.warning("subscriptions.failed", code=type(error).__name__)
            await asyncio.sleep(every)

    async def round(self) -> int:
        """Look at what is due; give at how many."""
        due = await self._kept.due(AT_ONCE)
        for subscription in due:
            claimed = await self._kept.claim(subscription, now() + self._look_by.every)
            if claimed is not None:
                await self._look(claimed)
        return len(due)

    async def _look(self, subscription: Subscription) -> None:
        agency = self._agencies.get(subscription.agency)
        try:
            if agency is None:
                await self._kept.end(subscription, "agency-gone")
                return
            await self._kept.saw(subscription, await self._found(subscription, Caller(agency)))
        except (CaseNotOpenError, ConsentMissingError) as error:
            await self._kept.end(subscription, error.code)
        except NotPermittedError as error:
            if error.code not in WAITING:
                await self._kept.end(subscription, error.code)
        except ConflictError:
            return  # it was ended meanwhile
        except ObminError as error:
            log.warning("subscriptions.look_failed", code=code_of(error))

    async def _found(self, subscription: Subscription, caller: Caller) -> Seen:
        """Ask, and give a digest of what each source would tell this agency; nothing of it leaves."""
        pipeline = self._pipeline
        query = await self._query(subscription)
        mandate, standing = await authorise(pipeline, caller, query)
        intent = await pipeline.log.intend(mandate, now(), via={"protocol": "subscription"})
        try:
            findings = await pipeline.watch.during(
                mandate, collect(intent, mandate, standing.subject, pipeline.adapters)
            )
        finally:
            await pipeline.log.refuse(intent, mandate, reason=WATCHED, at=now())
        words, at = pipeline.contracts.vocabulary, now()
        sealable = can_seal(caller.agency.recipient)
        return digests(minimise(findings, mandate, words, standing.masks, sealable=sealable, on=at.date()))

    async def _query(self, subscription: Subscription) -> Query:
        by = self._look_by
        identity = await open_identity(by.database, by.ring, by.tenant, subscription.subject_ref)
        scheme = next(iter(sorted(identity.identifiers)), NAME)
        return Query(
            exchange_id=ExchangeId(new_id()),
            subject=Subject(identity),
            scheme=scheme,
            purpose=subscription.purpose,
            case=subscription.case,
            official=subscription.official,
            sources=None,
            fields=subscription.fields or None,
            emergency=None,
            language="uk",
        )


def digests(disclosure: Disclosure) -> Seen:
    """Give a digest of what each source says, whenever it says it: only values count."""
    said: dict[Source, dict[Field, Value]] = {}
    for name, fact in disclosure.plain.items():
        said.setdefault(fact.source, {})[name] = fact.value
    for several in (disclosure.sealed, disclosure.conflicts):
        for name, facts in several.items():
            for fact in facts:
                said.setdefault(fact.source, {})[name] = fact.value
    return {source: _digest(values) for source, values in said.items()}


def _digest(values: Mapping[Field, Value]) -> str:
    return hashlib.sha256(orjson.dumps(dict(values), option=orjson.OPT_SORT_KEYS)).hexdigest()

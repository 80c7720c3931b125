"""The append-only record: nothing is asked before the intent is durable, nothing released before the release.

`intend` and `release` give proofs (`Intent`, `Receipt`) that only this module makes, so that
the pipeline cannot reach a registry or a caller past the record.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from audit import promise
from audit.event import Event, Json, Kind, SourceOutcome, stamp
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.store import Entry, GroundEndedError, Statement, Store
from audit.stores import store_at
from audit.vigil import Vigil
from audit.writer import Writer
from contracts.clauses import Tell
from contracts.contract import Basis, Ground, Mandate, Permit
from contracts.notices import due
from contracts.vocabulary import ExchangeId, Field, Source

_TELLS_NOTHING = frozenset({"withheld", "pending", "unavailable"})


@dataclass(frozen=True, slots=True)
class Intent:
    """Proof that a query is on record, durably, before any registry is asked. Made by `Log` alone."""

    exchange_id: ExchangeId
    event_id: str
    index: int
    leaf_hash: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a release is on record, durably, before its first byte leaves. Made by `Log` alone.

    `promise` is the log's signature over origin, exchange id and leaf hash; see `audit.promise`.
    """

    origin: str
    index: int
    leaf_hash: bytes
    promise: str

    def as_json(self) -> dict[str, str | int]:
        """Give the receipt as the answer carries it; hashes in base64, as in checkpoints."""
        return {
            "origin": self.origin,
            "index": self.index,
            "leaf_hash": b64encode(self.leaf_hash).decode(),
            "promise": self.promise,
        }


@dataclass(frozen=True, slots=True)
class Noted:
    """Proof that any other event is on record, durably."""

    event_id: str
    index: int
    leaf_hash: bytes


class Log:
    """The only writer of the record in this process; others may write to the same database.

    Every method returns only when its entry is durable. Whatever goes wrong raises
    `AuditUnavailableError` and gives no proof; the entry may then still turn out to be kept
    (the record can say too much, never too little). Calls run concurrently and share commits.
    Companions are written in the entry's own transaction; one that breaks a rule of the database
    raises `CompanionRefusedError` and takes its entry with it, and nobody else's.
    """

    def __init__(
        self, store: Store, signer: Signer, most_waiting: int = 4096, vigil: Vigil | None = None
    ) -> None:
        self._writer = Writer(store, most_waiting)
        self._signer = signer
        self._vigil = vigil

    @classmethod
    def at(cls, url: str, signer: Signer, ended: str, vigil: Vigil | None = None) -> Self:
        """Give the log in the database at an SQLAlchemy URL; `ended` is explained at `store_at`."""
        return cls(store_at(url, ended), signer, vigil=vigil)

    @property
    def origin(self) -> str:
        """The log's name, as receipts and checkpoints say it."""
        return self._signer.name

    def require_witnessed(self) -> None:
        """Raise `UnwitnessedError` while nothing may be released, so that nobody is asked in vain."""
        if self._vigil is not None:
            self._vigil.require()

    async def intend(
        self,
        mandate: Mandate,
        at: datetime,
        companions: Sequence[Statement] = (),
        via: Mapping[str, Json] | None = None,
    ) -> Intent:
        """Record who is about to ask what of whom, on which grounds, and what is withheld and why.

        `via` names the protocol by which the query came, and its ids there.
        """
        details: dict[str, Json] = {
            "contract": _contract(mandate),
            "sources": [_permitted(source, permit) for source, permit in sorted(mandate.permits.items())],
            "withheld": [
                {"source": source, "reason": reason} for source, reason in sorted(mandate.withheld.items())
            ],
        }
        if via:
            details["via"] = via
        if mandate.weighed:
            details["weighed"] = dict(mandate.weighed)
        noted = await self.note(_event(Kind.INTENT, mandate, at, details), companions)
        return Intent(mandate.exchange_id, noted.event_id, noted.index, noted.leaf_hash)

    async def release(
        self,
        intent: Intent,
        mandate: Mandate,
        outcomes: Sequence[SourceOutcome],
        at: datetime,
        companions: Sequence[Statement] = (),
    ) -> Receipt:
        """Record exactly what is about to leave, and promise it to the recipient.

        Raises `UnwitnessedError` where the log has been without witnesses for too long, and
        `GroundEndedError` where a ground that `outcomes` rest on has
        ended: expired at `at`, or withdrawn by an entry that came first in the log's order.
        """
        if intent.exchange_id != mandate.exchange_id:
            raise ValueError("another-exchange")
        self.require_witnessed()
        grounds = _standing(resting_on(mandate, outcomes), at)
        details = _told(intent, mandate, outcomes, at)
        event = _event(Kind.RELEASE, mandate, at, details, result="released")
        noted = await self._append(event, companions, grounds)
        return self._receipt(mandate.exchange_id, noted.index, noted.leaf_hash)

    async def refuse(
        self,
        intent: Intent,
        mandate: Mandate,
        reason: str,
        at: datetime,
        outcomes: Sequence[SourceOutcome] = (),
        companions: Sequence[Statement] = (),
    ) -> Noted:
        """Record that a query that was intended is refused after all, and end its intent.

        A refusal from before the intent has no mandate: give it to `note`.
        """
        details = _told(intent, mandate, outcomes, at)
        event = _event(Kind.REFUSAL, mandate, at, details, result="refused", reason=reason)
        return await self.note(event, companions)

    async def dispatch(
        self, event: Event, grounds: frozenset[Ground], companions: Sequence[Statement] = ()
    ) -> Receipt:
        """Record a message that is about to leave, and promise it to whoever gets it. Raises as `release`."""
        self.require_witnessed()
        noted = await self._append(event, companions, _standing(grounds, event.at))
        return self._receipt(event.exchange_id, noted.index, noted.leaf_hash)

    async def note(self, event: Event, companions: Sequence[Statement] = ()) -> Noted:
        """Record any other event. Raises `EventError` for one that has no canonical form."""
        return await self._append(event, companions, frozenset())

    def reissue(self, event: Event, index: int) -> Receipt:
        """Give the receipt of a release that was read back from the record (see `audit.query`)."""
        if event.kind is not Kind.RELEASE:
            raise ValueError("not-a-release")
        return self._receipt(event.exchange_id, index, leaf_hash(event.canonical()))

    def attest(self, content: bytes) -> str:
        """Sign a document for a person with the log's key. See `audit.promise.attest`."""
        return promise.attest(self._signer, content)

    async def close(self) -> None:
        """Record what waits, then take nothing more."""
        await self._writer.close()

    async def _append(self, event: Event, companions: Sequence[Statement], grounds: frozenset[str]) -> Noted:
        content = event.canonical()
        leaf = leaf_hash(content)
        index = await self._writer.append(Entry(event, content, leaf, companions, grounds))
        return Noted(event.id, index, leaf)

    def _receipt(self, exchange_id: str, index: int, leaf: bytes) -> Receipt:
        return Receipt(self.origin, index, leaf, promise.sign(self._signer, exchange_id, leaf))


def _event(
    kind: Kind,
    mandate: Mandate,
    at: datetime,
    details: dict[str, Json],
    result: str = "",
    reason: str = "",
) -> Event:
    return Event(
        kind=kind,
        at=at,
        exchange_id=mandate.exchange_id,
        agency=mandate.grant.agency,
        official=mandate.official,
        case=mandate.case or "",
        purpose=mandate.grant.purpose,
        subject_ref=mandate.subject_ref,
        contract=mandate.grant.contract.digest,
        result=result,
        reason=reason,
        details=details,
    )


def _contract(mandate: Mandate) -> dict[str, Json]:
    return {"id": mandate.grant.contract.id, "version": mandate.grant.contract.version}


def _permitted(source: Source, permit: Permit) -> dict[str, Json]:
    ground = permit.ground
    return {
        "source": source,
        "fields": sorted(permit.fields),
        "ground": {"kind": ground.kind.value, "id": ground.id, "citation": ground.citation},
    }


def _told(
    intent: Intent, mandate: Mandate, outcomes: Sequence[SourceOutcome], at: datetime
) -> dict[str, Json]:
    told: dict[str, Json] = {
        "contract": _contract(mandate),
        "intent": intent.index,
        "sources": [outcome.as_json() for outcome in sorted(outcomes, key=lambda each: each.source)],
    }
    if notices := notices_of(mandate, at):
        told["notices"] = notices
    if onward := mandate.obligations.onward:
        told["onward"] = sorted(onward)
    return told


def notices_of(mandate: Mandate, at: datetime) -> dict[str, Json]:
    """Say of which sources the person is told later or never, by which article; of all others, now."""
    return {
        source: {
            "tell": rule.tell.value,
            "article": rule.article,
            **({"until": stamp(told_at)} if (told_at := due(rule, at)) else {}),
        }
        for source, rule in sorted(mandate.obligations.notices.items())
        if rule.tell is not Tell.NOW
    }


def resting_on(mandate: Mandate, outcomes: Sequence[SourceOutcome]) -> frozenset[Ground]:
    """Give the grounds on which what is told rests.

    That a person is unknown to a source is itself told on that source's ground. A source for which
    the mandate holds no permit can have told nothing, and saying otherwise is our own fault.
    """
    used = [each for each in outcomes if each.fields or each.status not in _TELLS_NOTHING]
    permits = [mandate.permits[Source(each.source)] for each in used]
    if any(not permit.fields.keys() >= set(each.fields) for permit, each in zip(permits, used, strict=True)):
        raise ValueError("beyond-mandate")
    return frozenset[Ground]().union(
        *(
            permit.grounds_of(map(Field, each.fields or permit.fields))
            for permit, each in zip(permits, used, strict=True)
        )
    )


def _standing(grounds: frozenset[Ground], at: datetime) -> frozenset[str]:
    """Give the consents among the grounds; raise for those that have run out by `at`."""
    expired = frozenset(each.id for each in grounds if each.until is not None and at >= each.until)
    if expired:
        raise GroundEndedError(expired, "expired")
    return frozenset(each.id for each in grounds if each.kind is Basis.CONSENT)

"""May this be told to this agency, now: the same question at submission and before each attempt.

The recipient is the contract's consumer, the operation a push. What a message holds of a person must
all be permitted: it goes whole or not at all, and is never thinned on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, literal_column, select

from audit.event import Json
from audit.log import notices_of
from contracts.contract import Ground, Mandate, NotPermittedError, Operation
from contracts.facts import NO_USAGE, UsageFact
from contracts.reasons import Reason
from contracts.store import ContractStore
from contracts.vocabulary import OfficialId, Scheme, SubjectRef
from gateway.clock import Clock
from gateway.consent.ground import ConsentMissingError, SafetyWithheldError, confirm, consider
from gateway.consent.standing import Standing, push_statement
from gateway.outbox.message import Draft, Message
from gateway.query import Query
from gateway.sealing.envelope import SubjectKey
from gateway.storage.engine import Database, micros
from gateway.storage.outbox_tables import outbox
from gateway.subjects import Subjects, SubjectUnfiledError
from gateway.usage import Usage


@dataclass(frozen=True, slots=True)
class Authority:
    """That a message may leave: on a mandate, or on a duty. `told` is what the record says of it."""

    ref: SubjectRef
    key: SubjectKey = field(repr=False)
    contract: str
    mandate: Mandate | None
    grounds: frozenset[Ground]
    told: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an agency may be told of a person now, of what was asked: the permits, and what is on file."""

    mandate: Mandate
    standing: Standing


class Weighing:
    """Asks the evaluator of the contracts about messages."""

    def __init__(
        self, contracts: ContractStore, database: Database, subjects: Subjects, usage: Usage, clock: Clock
    ) -> None:
        self._contracts = contracts
        self._database = database
        self._subjects = subjects
        self._usage = usage
        self._clock = clock
        self._of_draft = push_statement(_drafted().subquery("pushed"))
        self._of_rows = push_statement(_stored().subquery("pushed"))

    async def submission(self, draft: Draft) -> Authority:
        """Weigh a draft. Raises what `weigh` does, and `SubjectUnfiledError`."""
        standing = await self._standing_of(draft)
        if draft.duty:
            return self.weigh(draft, standing)
        _, later = self._clock.readings()
        grant = self._contracts.permit(draft.agency, draft.purpose, later, draft.covers, None, Operation.PUSH)
        usage = await self._usage.of(grant.contract, later, Operation.PUSH)
        return self.weigh(draft, standing, usage)

    async def reading(self, draft: Draft) -> Reading:
        """Weigh what is told outside a message, or is about to become one.

        What may not be told is left out of the mandate instead of refusing the whole. On whose initiative
        it goes was settled when it was first told. Raises what `weigh` does, and `SubjectUnfiledError`.
        """
        standing = _on_initiative(await self._standing_of(draft), draft.official)
        readings = self._clock.readings()
        grant = self._contracts.permit(
            draft.agency, draft.purpose, readings[1], draft.covers, None, Operation.PUSH
        )
        query = _query(draft, standing)
        weighing = consider(grant, standing, query, readings, self._contracts.vocabulary)
        return Reading(confirm(weighing, standing, query), standing)

    async def standings(self, messages: Sequence[Message]) -> Mapping[int, Standing]:
        """Read what is on file for each message, in one statement; whose person was erased has none."""
        if not messages:
            return {}
        _, later = self._clock.readings()
        seqs = [message.seq for message in messages]
        rows: dict[int, list[Any]] = {}
        for row in await self._database.fetch(self._of_rows, seqs=seqs, at=micros(later)):
            rows.setdefault(row.seq, []).append(row)
        return {seq: self._subjects.read(each) for seq, each in rows.items()}

    def attempt(self, message: Message, standing: Standing | None) -> Authority:
        """Weigh a message again. Raises as `weigh` does, and `SubjectUnfiledError`.

        On whose initiative it goes was settled when it was submitted: a worker who has left the case since
        takes nothing back. How often may be pushed was counted then, too.
        """
        if standing is None:
            raise SubjectUnfiledError
        return self.weigh(message, _on_initiative(standing, message.official))

    def weigh(self, pushed: Draft | Message, standing: Standing, usage: UsageFact = NO_USAGE) -> Authority:
        """Decide at both readings of the clock.

        Raises:
            NotPermittedError: no contract, its terms are not met, or the duty is none of the country's.
            CaseNotOpenError, ConsentMissingError: see `gateway.consent.ground.confirm`.
        """
        if pushed.duty:
            return self._owed(pushed, standing)
        readings = self._clock.readings()
        vocabulary = self._contracts.vocabulary
        grant = self._contracts.permit(
            pushed.agency, pushed.purpose, readings[1], pushed.covers, None, Operation.PUSH
        )
        query = _query(pushed, standing)
        weighing = consider(grant, standing, query, readings, vocabulary, None, usage)
        mandate = confirm(weighing, standing, query)
        _require_all(pushed, mandate)
        told = {**_told(pushed, mandate, readings[1]), "weighed": dict(weighing.weighed)}
        return Authority(
            standing.ref, standing.key, grant.contract.digest, mandate, _grounds(pushed, mandate), told
        )

    def _owed(self, pushed: Draft | Message, standing: Standing) -> Authority:
        """Let through what holds nothing of her and an article of law makes us tell."""
        citation = self._contracts.vocabulary.duties.get(pushed.duty)
        if citation is None or pushed.covers:
            raise NotPermittedError(Reason.GROUND_UNKNOWN)
        duty: dict[str, Json] = {"id": pushed.duty, "citation": citation}
        return Authority(standing.ref, standing.key, "", None, frozenset(), {"duty": duty})

    async def _standing_of(self, draft: Draft) -> Standing:
        _, later = self._clock.readings()
        rows = await self._database.fetch(
            self._of_draft,
            of=draft.subject_ref,
            by=draft.sender,
            case=draft.case,
            to=draft.agency,
            named=draft.id,
            at=micros(later),
        )
        if not rows:
            raise SubjectUnfiledError
        return self._subjects.read(rows)


def _on_initiative(standing: Standing, official: OfficialId) -> Standing:
    """Take an official as one of the case's, who was when this was first told."""
    case = standing.case
    if case is None:
        return standing
    return replace(standing, case=replace(case, officials=case.officials | {official}))


def _query(pushed: Draft | Message, standing: Standing) -> Query:
    """Write a message as the question that the evaluator knows; nobody is named by an identifier."""
    return Query(
        exchange_id=pushed.exchange_id,
        subject=standing.subject,
        scheme=Scheme(""),
        purpose=pushed.purpose,
        case=pushed.case,
        official=pushed.official,
        sources=None,
        fields=None,
        emergency=None,
        language="",
    )


def _require_all(pushed: Draft | Message, mandate: Mandate) -> None:
    """Raise where something that the message holds may not be told."""
    for source, fields in pushed.covers.items():
        left = mandate.withheld_fields.get(source, {})
        for why in (mandate.withheld.get(source), *(left.get(name) for name in sorted(fields))):
            if why:
                raise (SafetyWithheldError if why == Reason.SAFETY else ConsentMissingError)(why)
        if not fields or not fields <= mandate.permits[source].fields.keys():
            raise NotPermittedError(Reason.NOT_IN_CONTRACT)


def _grounds(pushed: Draft | Message, mandate: Mandate) -> frozenset[Ground]:
    return frozenset[Ground]().union(
        *(mandate.permits[source].grounds_of(fields) for source, fields in pushed.covers.items())
    )


def _told(pushed: Draft | Message, mandate: Mandate, at: datetime) -> dict[str, Json]:
    """Say what leaves as a release does: sources with fields and ground, and of what she is told later."""
    contract = mandate.grant.contract
    told: dict[str, Json] = {
        "contract": {"id": contract.id, "version": contract.version},
        "sources": [
            {
                "source": source,
                "status": "answered",
                "fields": sorted(fields),
                "ground": {
                    "kind": (ground := mandate.permits[source].ground).kind.value,
                    "id": ground.id,
                    "citation": ground.citation,
                },
            }
            for source, fields in sorted(pushed.covers.items())
        ],
    }
    if notices := notices_of(mandate, at):
        told["notices"] = notices
    if mandate.obligations.onward:
        told["onward"] = sorted(mandate.obligations.onward)
    return told


def _drafted() -> Any:
    return select(
        bindparam("of", type_=String).label("subject_ref"),
        bindparam("by", type_=String).label("sender"),
        bindparam("case", type_=String).label("case_id"),
        bindparam("to", type_=String).label("agency"),
        bindparam("named", type_=String).label("id"),
        literal_column("0").label("seq"),
    )


def _stored() -> Any:
    read = outbox.c
    columns = (read.seq, read.id, read.subject_ref, read.sender, read.case_id, read.agency)
    return select(*columns).where(outbox.c.seq.in_(bindparam("seqs", expanding=True)))

"""Looking through the record: raising findings, hearing what auditors make of them, drawing samples."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.event import Event, Json, Kind, new_id
from audit.findings import Finding, describe
from audit.log import Log
from audit.query import Filter, Recorded, by_id, stream
from audit.rules import all_rules
from audit.sampling import Plan, Sampler
from audit.thresholds import Thresholds
from audit.tree import size_of
from contracts.vocabulary import AgencyId, OfficialId, SubjectRef
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.oversight.acquaintances import AcquaintanceList
from gateway.oversight.sealed import SEALED, SealedParts
from gateway.storage.engine import Database, now

RAISED, VERDICTS = "raised", ("confirmed", "dismissed")


@dataclass(frozen=True, slots=True)
class Question:
    """A finding as the record has it: the entry that raised it, and the entry of its verdict, if any."""

    raised: Recorded
    verdict: Recorded | None = None

    @property
    def state(self) -> str:
        """Give `open`, `confirmed` or `dismissed`."""
        return self.verdict.event.result if self.verdict else "open"

    def why(self, language: str) -> str:
        """Say why it was raised."""
        return describe(self.raised.event.details, language)


@dataclass(frozen=True, slots=True)
class Bench:
    """The auditor's bench."""

    database: Database
    log: Log
    acquaintances: AcquaintanceList
    parts: SealedParts
    thresholds: Thresholds

    async def look(
        self, agency: AgencyId, start: datetime | None, end: datetime | None
    ) -> Sequence[Recorded]:
        """Look through a period by every rule; give the entries of what was not raised before.

        What the record told of cases before the period is heard first, so that a case closed years ago
        counts as closed.
        """
        known = {str(each.raised.event.details["key"]) for each in await self.questions()}
        fresh = [each for each in await self._raise(start, end) if each.key not in known]
        ids = [await self._note(finding, agency) for finding in fresh]
        async with self.database.reading() as connection:
            found = [await by_id(connection, each) for each in ids]
        return [each for each in found if each]

    async def _raise(self, start: datetime | None, end: datetime | None) -> Sequence[Finding]:
        rules = all_rules(self.thresholds, await self.acquaintances.all(), now())
        found: list[Finding] = []
        async with self.database.reading() as connection:
            if start is not None:
                async for recorded in stream(connection, Filter(kind=Kind.CASE, end=start)):
                    found += [each for rule in rules for each in rule.hear(recorded)]
            async for recorded in stream(connection, Filter(start=start, end=end)):
                found += [each for rule in rules for each in rule.hear(recorded)]
        return [*found, *(each for rule in rules for each in rule.end())]

    async def _note(self, finding: Finding, agency: AgencyId) -> str:
        """Put a finding on record: `agency` and `official` are those it is about, `by` is who looked."""
        event = Event(
            kind=Kind.FINDING,
            at=now(),
            agency=finding.agency,
            official=finding.official,
            case=finding.case,
            subject_ref=finding.subject_ref,
            result=RAISED,
            details={**finding.details(), "by": agency},
        )
        await self.log.note(event)
        return event.id

    async def questions(self, state: str | None = None) -> Sequence[Question]:
        """Give all findings in the order in which they were raised, with the last verdict on each."""
        raised: dict[str, Recorded] = {}
        verdicts: dict[str, Recorded] = {}
        async with self.database.reading() as connection:
            async for recorded in stream(connection, Filter(kind=Kind.FINDING)):
                if recorded.event.result == RAISED:
                    raised[recorded.event.id] = recorded
                else:
                    verdicts[str(recorded.event.details["finding"])] = recorded
        found = [Question(each, verdicts.get(event_id)) for event_id, each in raised.items()]
        return [each for each in found if state in {None, each.state}]

    async def judge(
        self, finding_id: str, verdict: str, agency: AgencyId, official: OfficialId, code: str, note: str
    ) -> Question:
        """Confirm or dismiss a finding, with a code, and a note that is sealed under the person's key.

        Raises:
            NotFoundError: no such finding.
            ConflictError: it was judged already.
            BodyInvalidError: a note, but the finding is about no single person whose key could seal it.
        """
        async with self.database.reading() as connection:
            found = await by_id(connection, finding_id)
        if found is None or found.event.kind is not Kind.FINDING or found.event.result != RAISED:
            raise NotFoundError
        if any(each.raised.event.id == finding_id and each.verdict for each in await self.questions()):
            raise ConflictError("judged-already")
        event_id, ref = new_id(), SubjectRef(found.event.subject_ref)
        details: dict[str, Json] = {"finding": finding_id, "by": f"{agency}/{official}"}
        if note and not ref:
            raise BodyInvalidError("not-as-described", [{"pointer": "/note", "code": "no-person-to-seal-it"}])
        if note:
            details[SEALED] = await self.parts.seal(ref, event_id, Kind.FINDING, note)
        event = Event(
            kind=Kind.FINDING,
            at=now(),
            id=event_id,
            agency=found.event.agency,
            official=found.event.official,
            case=found.event.case,
            subject_ref=ref,
            result=verdict,
            reason=code,
            details=details,
        )
        noted = await self.log.note(event)
        content = event.canonical()
        return Question(found, Recorded(noted.index, event, content, noted.leaf_hash))

    async def sample(
        self, agency: AgencyId, each: int, seed: str = "", size: int | None = None
    ) -> tuple[Plan, Mapping[str, list[Recorded]]]:
        """Draw so many releases of every agency; the plan is on record before anything is drawn.

        The `seed` and `size` of an earlier plan draw its sample again.
        """
        async with self.database.reading() as connection:
            whole = await size_of(connection)
        plan = Plan(seed or secrets.token_hex(16), each, whole if size is None else min(size, whole))
        await self.log.note(
            Event(kind=Kind.SAMPLE, at=now(), agency=agency, result="planned", details=plan.as_json())
        )
        sampler = Sampler(plan)
        async with self.database.reading() as connection:
            async for recorded in stream(connection, Filter(kind=plan.kind)):
                sampler.hear(recorded)
        return plan, sampler.drawn()

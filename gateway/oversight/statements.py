"""What a person is told about who asked about her: a line for each exchange, with a proof of her own.

Whatever the law delays is told as delayed, with the article and the end of the delay; what it forbids
to tell is left out. Everybody but the person herself is told nothing, and the attempt is on record.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Event, Json, Kind
from audit.log import Log
from audit.proof import Proof
from audit.publisher import Publisher
from audit.query import Filter, Recorded, follow_ups, latest, search, stream
from audit.tree import inclusion
from contracts.vocabulary import AgencyId, Subject, SubjectRef
from gateway.faults import ConflictError, NotFoundError
from gateway.storage.engine import Database, now, translated
from gateway.subjects import Subjects

_ENDED = frozenset({Kind.RELEASE, Kind.REFUSAL})


@dataclass(frozen=True, slots=True, order=True)
class Delay:
    """That something is not told yet: until when, and by which article."""

    until: str
    article: str


@dataclass(slots=True)
class Line:
    """One exchange as the person may see it. `recorded` is None where nothing but its delay is told."""

    index: int
    recorded: Recorded | None
    sources: Sequence[Mapping[str, Json]] = ()
    delays: Sequence[Delay] = ()
    whole: bool = True
    read_again: list[datetime] = field(default_factory=list)
    proof: Proof | None = None

    @property
    def entry(self) -> str:
        """Give the entry's own bytes in base64, empty where a part of it may not be told."""
        return b64encode(self.recorded.content).decode() if self.recorded and self.whole else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines, oldest first, whether there are more behind `after`; what she was offered or given.

    `referrals` are the entries of referrals and of parts of her assessment (`gateway.oversight.referred`).
    """

    lines: Sequence[Line]
    after: int | None
    offers: Sequence[Recorded] = ()
    referrals: Sequence[Recorded] = ()


class Statements:
    """Tells people who asked about them."""

    def __init__(self, database: Database, log: Log, publisher: Publisher, subjects: Subjects) -> None:
        self._database = database
        self._log = log
        self._publisher = publisher
        self._subjects = subjects

    async def give(
        self,
        portal: AgencyId,
        subject: Subject,
        person: Subject | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: int | None = None,
        limit: int = 1000,
        *,
        proved: bool = True,
    ) -> Statement:
        """Give a person's statement to the portal she signed in at; it is on record before it is given.

        `person` is who asks, where the portal says so: anybody but the subject is refused, whoever it is.
        Somebody who was never asked about gets a statement without lines.

        Raises:
            NotFoundError: it is about somebody else, or she was named in a way that others share.
        """
        ref = await self.whose(portal, subject, person)
        if ref is None:
            await self._note(portal, SubjectRef(""), "given", "", {"count": 0, "delayed": 0})
            return Statement((), None)
        about = await self._recorded(Filter(start=start, end=end, subject_ref=ref))
        lines, offers = told(about, now()), [each for each in about if each.event.kind is Kind.ALLOCATION]
        page = [line for line in lines if line.index > (-1 if after is None else after)][:limit]
        counts: dict[str, Json] = {
            "count": sum(line.recorded is not None for line in page),
            "delayed": sum(bool(line.delays) for line in page),
        }
        await self._note(portal, ref, "given", "", counts)
        if proved:
            await self._prove(page)
        more = bool(page) and page[-1].index < lines[-1].index
        referred = [each for each in about if each.event.kind is Kind.REFERRAL]
        return Statement(page, page[-1].index if more else None, offers, referred)

    async def recent(
        self,
        portal: AgencyId,
        ref: SubjectRef,
        before: int | None = None,
        limit: int = 50,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Statement:
        """Give the newest lines of somebody who has signed in, the newest first; on record before.

        `before` is the `after` of the page before it. A line is proved when it is asked for by itself.
        """
        wanted = Filter(start=start, end=end, subject_ref=ref)
        async with self._database.reading() as connection:
            ended = await latest(connection, wanted, limit, before, _ENDED)
            again = await follow_ups(
                connection, [each.event.exchange_id for each in ended], Kind.DELIVERY, "read-again"
            )
        lines = told([*ended, *again], now())
        counts: dict[str, Json] = {"count": len(lines), "delayed": sum(bool(each.delays) for each in lines)}
        await self._note(portal, ref, "given", "", counts)
        return Statement(lines, ended[-1].index if len(ended) == limit else None)

    async def one(self, ref: SubjectRef, exchange_id: str) -> Line:
        """Give one exchange about somebody as she may see it, without a proof.

        Raises:
            NotFoundError: none of that id, somebody else's, or the law lets nothing of it be told yet.
        """
        async with self._database.reading() as connection:
            found = await search(connection, Filter(exchange_id=exchange_id, subject_ref=ref))
        lines = [line for line in told(found, now()) if line.recorded]
        if not lines:
            raise NotFoundError
        return lines[0]

    async def proved(self, portal: AgencyId, ref: SubjectRef, exchange_id: str) -> Line:
        """Give one line with its proof, on record before it is given. See `one`."""
        line = await self.one(ref, exchange_id)
        await self._note(portal, ref, "given", "", {"count": 1, "delayed": int(bool(line.delays))})
        await self._prove([line])
        return line

    async def note_given(self, portal: AgencyId, ref: SubjectRef | None, count: int) -> None:
        """Put on record that a person was given what others have said of her."""
        await self._note(portal, ref or SubjectRef(""), "given", "", {"count": count, "delayed": 0})

    async def whose(self, portal: AgencyId, subject: Subject, person: Subject | None) -> SubjectRef | None:
        """Say whose statement it is, if it is that of the one who asks; None for somebody not on file."""
        try:
            ref = await self._subjects.known(subject)
            asking = await self._subjects.known(person) if person else ref
        except ConflictError:
            await self._note(portal, SubjectRef(""), "refused", "not-one-person", {})
            raise NotFoundError from None
        if asking != ref or (person and ref is None and not self._subjects.same(person, subject)):
            await self._note(portal, ref or SubjectRef(""), "refused", "somebody-else", {})
            raise NotFoundError
        return ref

    async def _recorded(self, wanted: Filter) -> list[Recorded]:
        async with self._database.reading() as connection:
            return [each async for each in stream(connection, wanted)]

    async def _prove(self, lines: Sequence[Line]) -> None:
        """Add each line's proof, once a signed head covers them all."""
        proved = [line.recorded for line in lines if line.recorded]
        if not proved:
            return
        with translated():
            await self._publisher.inclusion(proved[-1].index)
        async with self._database.reading() as connection:
            for line in lines:
                if line.recorded:
                    line.proof = await self._proof(connection, line.recorded)

    async def _proof(self, connection: AsyncConnection, recorded: Recorded) -> Proof | None:
        found = await inclusion(connection, recorded.index, self._publisher.signer.verifier)
        return Proof(found.index, found.proof, found.checkpoint) if found else None

    async def _note(
        self, portal: AgencyId, ref: SubjectRef, result: str, reason: str, details: Mapping[str, Json]
    ) -> None:
        await self._log.note(
            Event(
                kind=Kind.STATEMENT,
                at=now(),
                agency=portal,
                subject_ref=ref,
                result=result,
                reason=reason,
                details=details,
            )
        )


def told(events: Sequence[Recorded], at: datetime) -> list[Line]:
    """Turn the entries about one person into the lines that she may see at an instant."""
    lines: dict[str, Line] = {}
    for recorded in events:
        event = recorded.event
        if event.kind in _ENDED and (line := _line(recorded, at)):
            lines[event.exchange_id] = line
        elif event.kind is Kind.PUSH and event.result == "sent" and (line := _line(recorded, at)):
            lines[str(event.details["message"])] = line  # tried again, it is the same telling
        elif event.kind is Kind.DELIVERY and event.result == "read-again" and event.exchange_id in lines:
            lines[event.exchange_id].read_again.append(event.at)
    return list(lines.values())


def _line(recorded: Recorded, at: datetime) -> Line | None:
    """Give one line; None where the law lets nothing of it be told."""
    listed = recorded.event.details.get("sources")
    sources = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    rules = _rules(recorded)
    hidden = {source for source, rule in rules.items() if not may_tell(rule, at)}
    delays = _delays(rules[source] for source in hidden)
    shown = [each for each in sources if each["source"] not in hidden]
    # A refusal names no source: it cannot be shown in part.
    if shown or not hidden:
        return Line(recorded.index, recorded, shown, delays, whole=not hidden)
    return Line(recorded.index, None, (), delays, whole=False) if delays else None


def _rules(recorded: Recorded) -> Mapping[str, Mapping[str, Json]]:
    """Give of which sources the law lets a person be told later or never, as the entry itself says."""
    rules = recorded.event.details.get("notices")
    if not isinstance(rules, Mapping):
        return {}
    return {source: rule for source, rule in rules.items() if isinstance(rule, Mapping)}


def may_tell(rule: Mapping[str, Json], at: datetime) -> bool:
    """Say whether she may be told by now of what an entry's rule delays or forbids to tell."""
    return rule["tell"] == "later" and datetime.fromisoformat(str(rule["until"])) <= at


def _delays(rules: Iterable[Mapping[str, Json]]) -> list[Delay]:
    later = [rule for rule in rules if rule["tell"] == "later"]
    return sorted({Delay(str(rule["until"]), str(rule["article"])) for rule in later})

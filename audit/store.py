"""How entries become durable: what a store promises, and the one transaction that both stores run.

The transaction is written once, as a generator of steps without I/O; each database's module
only carries the steps out.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import orjson

from audit.event import Event
from contracts.vocabulary import ObminError


class AuditUnavailableError(ObminError):
    """The record could not be written: nothing may be asked or released. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OutcomeUnknownError(AuditUnavailableError):
    """The commit itself failed: the batch may have been kept. Only looking it up can tell."""


class CompanionRefusedError(ObminError):
    """A companion write broke a rule of the database, so its entry was not kept either."""


class GroundEndedError(ObminError):
    """A ground ended before the release was recorded; nothing was.

    `grounds` holds consent ids, `code` says what became of the first of them (`withdrawn`, `used-up`).
    """

    def __init__(self, grounds: frozenset[str], code: str = "ended") -> None:
        super().__init__("ground-ended")
        self.grounds = grounds
        self.code = code


class UnwitnessedError(ObminError):
    """No quorum of witnesses has seen the log for too long: nothing is released until one has."""

    def __init__(self) -> None:
        super().__init__("unwitnessed")
        self.code = "unwitnessed"


class LogDamagedError(ObminError):
    """What is stored contradicts itself or what was signed. Nothing may be appended or signed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Statement:
    """A write that lives and dies with its entry, in the database's own placeholder style."""

    sql: str
    parameters: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An event on its way into the log. `grounds` are the consents that must not have ended."""

    event: Event
    content: bytes
    leaf_hash: bytes
    companions: Sequence[Statement] = ()
    grounds: frozenset[str] = frozenset()

    def row(self, index: int) -> tuple[object, ...]:
        """Give the columns of `audit_entries`, in `COLUMNS`' order."""
        event = self.event
        return (
            index,
            event.id,
            event.kind.value,
            microseconds(event.at),
            _column(event.exchange_id),
            _column(event.agency),
            _column(event.official),
            _column(event.case),
            _column(event.purpose),
            _column(event.subject_ref),
            _sources(event.details.get("sources")),
            _column(event.result),
            _column(event.reason),
            self.content,
            self.leaf_hash,
        )


COLUMNS = (
    "idx, id, kind, at, exchange_id, agency, official, case_id, purpose, subject_ref, sources, result,"
    " reason, entry, leaf_hash"
)

_SOURCES = COLUMNS.split(", ").index("sources")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Give an instant as whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def instant(at: int) -> datetime:
    """Give the instant of `microseconds`."""
    return _EPOCH + at * _MICROSECOND


def tellings(rows: Sequence[tuple[object, ...]]) -> list[tuple[str, object]]:
    """Give the rows of `audit_sources`: each source that an entry tells of, with the entry's index."""
    return [(source, row[0]) for row in rows if row[_SOURCES] for source in set(str(row[_SOURCES]).split())]


def _column(text: str) -> str:
    """Give what may stand in a searchable column: PostgreSQL's text holds no NUL, the entry does."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _sources(listed: object) -> str:
    if not isinstance(listed, list | tuple):
        return ""
    names = [str(each["source"]) for each in listed if isinstance(each, dict) and "source" in each]
    return _column(f" {' '.join(names)} ") if names else ""


class Store(Protocol):
    """Where entries become durable. One caller at a time; the `Writer` sees to that.

    `write` returns when the whole batch is durable (a synced commit), in order and without a gap,
    also against other processes on the same database. It gives each entry's index, or the
    `GroundEndedError` that kept it out. It raises

    - `CompanionRefusedError` when some companion broke a rule: nothing of the batch is kept;
    - `OutcomeUnknownError` when the commit failed: the batch is kept whole or not at all;
    - `AuditUnavailableError` when nothing is kept for any other reason.

    After an error the next call starts from a fresh connection. `find` gives the indexes of those
    ids that are durable; it does not trust the connection on which a commit has failed.
    """

    async def write(self, batch: Sequence[Entry]) -> Sequence[int | GroundEndedError]:
        """Make the batch durable in one commit."""

    async def find(self, ids: Sequence[str]) -> Mapping[str, int]:
        """Look up, after an unknown outcome, which entries are in the log after all."""

    async def close(self) -> None:
        """Let go of the database."""


Row = Sequence[object]
Outcomes = list[int | GroundEndedError]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement to carry out: once for each row of parameters; a single one's rows come back."""

    sql: str
    rows: Sequence[Row]
    companion: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the databases.

    `claim` adds its one parameter to the size, locks the head and gives the new size. `ended` takes
    a JSON object, `ids` of consents and the instant `at` in microseconds; it gives a row for each of
    them that cannot be used freely: its id, how many more releases may rest on it (none once it has
    ended), and what became of it. `insert` makes the steps that write rows.
    """

    claim: str
    ended: str
    insert: Callable[[Sequence[tuple[object, ...]]], Iterator[Step]]


def transaction(batch: Sequence[Entry], dialect: Dialect) -> Generator[Step, Sequence[Row], Outcomes]:
    """Give the steps between BEGIN and COMMIT; return each entry's index or why it was kept out.

    1. Claim indexes; this locks the head, so from here on everything is in one order with
       every other writer of the log.
    2. Write the companions of entries that need no ground: a withdrawal in this very batch counts.
    3. Ask which grounds have ended or may be used how often. What another gateway committed before
       our lock is seen, and entries of this batch use up a ground one after another.
    4. Write the companions of the entries whose grounds stand, then give unused indexes back.
    5. Insert the entries.
    """
    size = yield Step(dialect.claim, [(len(batch),)])
    base = int(str(size[0][0])) - len(batch)
    yield from _companions([entry for entry in batch if not entry.grounds])
    barred = _barred(batch, (yield from _limits(batch, dialect)))
    kept = [entry for entry, reason in zip(batch, barred, strict=True) if reason is None]
    yield from _companions([entry for entry in kept if entry.grounds])
    if len(kept) < len(batch):
        yield Step(dialect.claim, [(len(kept) - len(batch),)])
    yield from dialect.insert([entry.row(index) for index, entry in enumerate(kept, base)])
    indexes = iter(range(base, base + len(kept)))
    return [next(indexes) if reason is None else reason for reason in barred]


def _limits(batch: Sequence[Entry], dialect: Dialect) -> Generator[Step, Sequence[Row], Sequence[Row]]:
    """Ask what is left of the grounds that this batch rests on."""
    resting = [entry for entry in batch if entry.grounds]
    if not resting:
        return ()
    question = {
        "ids": sorted(frozenset[str]().union(*(entry.grounds for entry in resting))),
        "at": max(microseconds(entry.event.at) for entry in resting),
    }
    return (yield Step(dialect.ended, [(orjson.dumps(question).decode(),)]))


def _barred(batch: Sequence[Entry], limits: Sequence[Row]) -> list[GroundEndedError | None]:
    """Say of each entry, in order, whether a ground keeps it out; one that is kept uses its grounds."""
    left = {str(row[0]): int(str(row[1])) for row in limits}
    fate = {str(row[0]): str(row[2]) for row in limits}
    barred: list[GroundEndedError | None] = []
    for entry in batch:
        if not entry.grounds:
            barred.append(None)
            continue
        gone = sorted(ground for ground in entry.grounds if left.get(ground, 1) < 1)
        barred.append(GroundEndedError(frozenset(gone), fate[gone[0]]) if gone else None)
        if not gone:
            for ground in entry.grounds & left.keys():
                left[ground] -= 1
    return barred


def _companions(entries: Sequence[Entry]) -> Iterator[Step]:
    """Group equal statements so that each text is sent once, keeping every entry's own order."""
    longest = max((len(entry.companions) for entry in entries), default=0)
    for rank in range(longest):
        groups: dict[str, list[Row]] = {}
        for entry in entries:
            if rank < len(entry.companions):
                statement = entry.companions[rank]
                groups.setdefault(statement.sql, []).append(statement.parameters)
        for sql, rows in groups.items():
            yield Step(sql, rows, companion=True)

"""What a check of the record found: problems with their places, counts, what is still open."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.event import Json

_MOST = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be in an honest log. `index` is None where no entry can be named.

    `what` is a code from `audit.verify` or `audit.story`; `where` a file, a size or a field.
    """

    what: str
    index: int | None = None
    where: str = ""

    def as_json(self) -> dict[str, Json]:
        """Give the problem for machines."""
        return {"what": self.what, "index": self.index, "where": self.where}


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """An intent that nothing has ended yet, and its age when the newest entry was made, in seconds."""

    index: int
    exchange_id: str
    age: int

    def as_json(self) -> dict[str, Json]:
        """Give the open intent for machines."""
        return {"index": self.index, "exchange_id": self.exchange_id, "age": self.age}


@dataclass(slots=True)
class Report:
    """The outcome of a check. Of each kind of finding the first hundred are kept, all are counted.

    `key_given` is false where the key came from the checked folder itself: then whoever made the
    folder could have signed anything. `witnessed` is how many entries the newest head with a quorum of
    witnesses covers, 0 without a policy.
    """

    origin: str = ""
    size: int = 0
    key_given: bool = False
    checkpoints: int = 0
    witnessed: int = 0
    receipts: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    open_intents: list[OpenIntent] = field(default_factory=list)
    open_count: int = 0

    def add(self, what: str, index: int | None = None, where: str = "") -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < _MOST:
            self.problems.append(Problem(what, index, where))

    def add_open(self, intent: OpenIntent) -> None:
        """Note an intent without an end."""
        self.open_count += 1
        if len(self.open_intents) < _MOST:
            self.open_intents.append(intent)

    def take(self, stretch: Report) -> None:
        """Add the counts of a stretch in which nothing was wrong."""
        self.checkpoints += stretch.checkpoints
        self.witnessed = max(self.witnessed, stretch.witnessed)
        for kind, count in stretch.kinds.items():
            self.count(kind, count)

    def count(self, kind: str, count: int) -> None:
        """Count events of a kind."""
        self.kinds[kind] = self.kinds.get(kind, 0) + count

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Open intents alone are not."""
        return not self.problem_count

    @property
    def first(self) -> Problem | None:
        """The problem at the lowest index, hashes before stories; one without a place only if it is alone."""
        placed = [problem for problem in self.problems if problem.index is not None]
        return min(placed, key=_place, default=next(iter(self.problems), None))

    def as_json(self) -> dict[str, Json]:
        """Give the report for machines."""
        return {
            "ok": self.ok,
            "origin": self.origin,
            "size": self.size,
            "key_given": self.key_given,
            "checkpoints": self.checkpoints,
            "witnessed": self.witnessed,
            "receipts": self.receipts,
            "kinds": dict(sorted(self.kinds.items())),
            "first": self.first.as_json() if self.first else None,
            "problems": [problem.as_json() for problem in self.problems],
            "problem_count": self.problem_count,
            "open_intents": [intent.as_json() for intent in self.open_intents],
            "open_count": self.open_count,
        }


def _place(problem: Problem) -> tuple[int, bool]:
    return problem.index or 0, problem.what != "entry-differs"

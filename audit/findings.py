"""Questions that the record raises: what a finding is, and what a rule must do to raise one.

A finding is a question for a person, never a verdict. It says which rule spoke, the figures that made
it speak, and the entries it rests on. Its `key` is the same whenever the same entries raise it
again, so that it is put on record once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from audit.event import Json
from audit.query import Recorded

MOST_EVIDENCE = 50
"""How many entries a finding names; `entries` in its figures counts all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, with its reasons. Members that do not apply are empty."""

    rule: str
    evidence: Sequence[int]
    agency: str = ""
    official: str = ""
    case: str = ""
    subject_ref: str = ""
    figures: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Give what recognises it when it is raised again: 32 hexadecimal digits."""
        parts = (self.rule, self.agency, self.official, self.case, self.subject_ref, str(self.evidence[0]))
        return sha256("\0".join(parts).encode()).hexdigest()[:32]

    def details(self) -> dict[str, Json]:
        """Give what the record keeps of it besides whom it is about."""
        return {
            "rule": self.rule,
            "key": self.key,
            "evidence": list(self.evidence[:MOST_EVIDENCE]),
            "figures": {**self.figures, "entries": len(self.evidence)},
        }


class Rule(Protocol):
    """Hears every entry in the log's order; speaks at once, or when the last one was heard."""

    def hear(self, recorded: Recorded) -> Iterable[Finding]:
        """Take in one entry and give what it makes certain."""

    def end(self) -> Iterable[Finding]:
        """Give what only the whole could tell."""


def describe(finding: Mapping[str, Json], language: str) -> str:
    """Say in words why a finding was raised, from its recorded details (see `WORDS`)."""
    figures = finding["figures"]
    text = WORDS[str(finding["rule"])][language]
    return text.format_map(figures if isinstance(figures, Mapping) else {})


WORDS: Mapping[str, Mapping[str, str]] = {
    "no-open-case": {
        "uk": "Запит без відкритого випадку: {state}. Для чого дивилися?",
        "en": "Asked without an open case: {state}. What was it for?",
    },
    "acquainted": {
        "uk": "Фахівець запитав про того, кого знає особисто: {relation}.",
        "en": "The official asked about somebody known in private: {relation}.",
    },
    "burst": {
        "uk": "{people} різних осіб за {minutes} хв: так швидко випадки не ведуть.",
        "en": "{people} different people within {minutes} minutes: no case work is so fast.",
    },
    "night-work": {
        "uk": "{entries} запитів уночі або у вихідний ({night}).",
        "en": "{entries} questions in a night or on a weekend ({night}).",
    },
    "near-misses": {
        "uk": "{entries} відмов і невпізнаних осіб за {hours} год: хтось може добирати.",
        "en": "{entries} refusals and people not found within {hours} hours: somebody may be trying.",
    },
    "many-agencies": {
        "uk": "Про одну особу питали {agencies} установи за {days} дн.",
        "en": "{agencies} agencies asked about one person within {days} days.",
    },
    "emergency-unreviewed": {
        "uk": "Екстрений доступ не переглянуто вчасно (до {due}).",
        "en": "Emergency access was not reviewed in time (by {due}).",
    },
    "above-peers": {
        "uk": "{people} осіб; у колег медіана {median}.",
        "en": "{people} people; the median of the colleagues is {median}.",
    },
}
"""What each rule says, in both languages."""

"""What the page of a history shows: sources with their facts, conflicts, gaps with reason and next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.vocabulary import Field
from contracts.words import Vocabulary
from gateway.casework import Opened
from gateway.collection import Finding, Status
from gateway.consent.ground import outward
from gateway.spelling import Spelling
from gateway.web.cabinets.words import N_

STATUSES: Mapping[str, tuple[str, str]] = {
    "answered": (N_("answered"), "green"),
    "unknown": (N_("no entry"), "grey"),
    "ambiguous": (N_("several people fit"), "yellow"),
    "withheld": (N_("not given"), "orange"),
    "pending": (N_("will answer later"), "blue"),
    "unavailable": (N_("did not answer"), "red"),
    "asked": (N_("is being asked"), "blue"),
}
"""How each status is told, and the colour of its tag; the words alone say everything."""

GROUNDS: Mapping[str, str] = {
    "consent": N_("the person's consent"),
    "law": N_("law"),
    "emergency": N_("emergency access"),
    "court-order": N_("a court's order"),
    "vital-interest": N_("vital interest"),
}
DOUBTS: Mapping[str, str] = {
    "check-digit": N_("its check digit does not hold"),
    "birth-date-differs": N_("it tells another birth date than the same registry does"),
}
LIKENESSES: Mapping[str, str] = {
    "number-equal": N_("the number is the same"),
    "number-differs": N_("another number"),
    "family-name-equal": N_("the family name is the same"),
    "family-name-near": N_("the family name is nearly the same"),
    "family-name-differs": N_("another family name"),
    "given-name-equal": N_("the given name is the same"),
    "given-name-near": N_("the given name is nearly the same"),
    "given-name-differs": N_("another given name"),
    "names-exchanged": N_("family name and given name are exchanged"),
    "patronymic-equal": N_("the patronymic is the same"),
    "patronymic-absent": N_("no patronymic to compare"),
    "patronymic-differs": N_("another patronymic"),
    "birth-date-equal": N_("the birth date is the same"),
    "birth-date-exchanged": N_("day and month of birth are exchanged"),
    "birth-date-absent": N_("no birth date to compare"),
    "birth-date-differs": N_("another birth date"),
    "name-absent": N_("no name to compare"),
}
"""Why a candidate fits or does not (`adapters.likeness`): never who the candidate is."""


@dataclass(frozen=True, slots=True)
class Said:
    """One fact: what, whose, from when, what is doubtful; `sealed` where it travelled sealed."""

    title: str
    lines: Sequence[str]
    source: str
    source_title: str
    field: str
    as_of: datetime
    doubts: Sequence[str] = ()
    sealed: bool = False

    def __repr__(self) -> str:
        return f"Said({self.source}, {self.field})"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not told: why, and what to do next. `masked` where safety hides it."""

    title: str
    reason: str
    next: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One source: how it went, on which ground, what it said."""

    code: str
    title: str
    status: str
    words: str
    colour: str
    reason: str = ""
    next: str = ""
    as_of: datetime | None = None
    ground: str = ""
    citation: str = ""
    facts: Sequence[Said] = ()
    candidates: int = 0
    likenesses: Sequence[tuple[int, Sequence[str]]] = ()
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """A whole history as its page shows it."""

    exchange_id: str
    purpose: str
    contract: str
    sources: Sequence[Heard]
    conflicts: Sequence[tuple[str, Sequence[Said]]]
    gaps: Sequence[Gap]
    still_sealed: Sequence[str]

    @property
    def told(self) -> int:
        """How many facts there are."""
        return sum(len(source.facts) for source in self.sources)

    @property
    def silent(self) -> Sequence[Heard]:
        """The sources that told nothing."""
        return [each for each in self.sources if each.status != Status.ANSWERED]


def read_history(opened: Opened, spelling: Spelling) -> History:
    """Lay out an answer for reading."""
    body, words = opened.body, spelling.vocabulary
    facts = [_said(name, fact, spelling) for name, fact in body["fields"].items()]
    for name, several in opened.sealed.items():
        facts += [_said(name, fact, spelling, sealed=True) for fact in several]
    still = [] if opened.sealed else body.get("sealed", {}).get("fields", [])
    return History(
        exchange_id=body["exchange_id"],
        purpose=getattr(words.purposes[body["purpose"]], spelling.language),
        contract=f"{body['contract']['id']}/{body['contract']['version']}",
        sources=[
            _heard(code, line, [fact for fact in facts if fact.source == code], spelling)
            for code, line in sorted(body["sources"].items(), key=_order)
        ],
        conflicts=[
            (
                spelling.title(Field(each["field"])),
                [_said(each["field"], fact, spelling) for fact in each["values"]],
            )
            for each in body["conflicts"]
        ],
        gaps=[_gap(each["field"], each["reason"], spelling) for each in body["withheld"]],
        still_sealed=[spelling.title(Field(name)) for name in still],
    )


def read_progress(finding: Finding, spelling: Spelling) -> Heard:
    """Tell that a source has spoken. What it said of the person waits for the release."""
    spoken = finding.status in {Status.ANSWERED, Status.UNKNOWN, Status.AMBIGUOUS}
    reason = "" if spoken or not finding.reason else outward({finding.source: finding.reason})[finding.source]
    line = {"status": "answered" if spoken else finding.status.value, "took_ms": finding.took_ms}
    return _heard(finding.source, {**line, "reason": reason}, [], spelling)


def reason_words(reason: str, words: Vocabulary, language: str) -> tuple[str, str]:
    """Give why, and the next step; a code that has no words stands for itself."""
    known = words.reasons.get(reason)
    return (getattr(known, language), getattr(known.next, language)) if known else (reason, "")


def _order(pair: tuple[str, Mapping[str, Any]]) -> tuple[bool, str]:
    code, line = pair
    return line["status"] != "answered", code


def _heard(code: str, line: Mapping[str, Any], facts: Sequence[Said], spelling: Spelling) -> Heard:
    words, colour = STATUSES[line["status"]]
    reason, following = (
        reason_words(line["reason"], spelling.vocabulary, spelling.language)
        if line.get("reason")
        else ("", "")
    )
    ground = line.get("ground", {})
    return Heard(
        code=code,
        title=spelling.source(code),
        status=line["status"],
        words=words,
        colour=colour,
        reason=reason,
        next=following,
        as_of=datetime.fromisoformat(line["as_of"]) if line.get("as_of") else None,
        ground=GROUNDS.get(ground.get("kind", ""), ""),
        citation=ground.get("citation", ""),
        facts=facts,
        candidates=line.get("candidates", 0),
        likenesses=[
            (each["confidence"], [LIKENESSES[reason] for reason in each["reasons"]])
            for each in line.get("likenesses", ())
        ],
        took_ms=line.get("took_ms", 0),
    )


def _said(name: str, fact: Mapping[str, Any], spelling: Spelling, *, sealed: bool = False) -> Said:
    field = Field(name)
    return Said(
        title=spelling.title(field),
        lines=spelling.value(field, fact["value"]).split("\n"),
        source=fact["source"],
        source_title=spelling.source(fact["source"]),
        field=name,
        as_of=datetime.fromisoformat(fact["as_of"]),
        doubts=[DOUBTS[each] for each in fact.get("quality", ()) if each in DOUBTS],
        sealed=sealed,
    )


def _gap(field: str, reason: str, spelling: Spelling) -> Gap:
    told, following = reason_words(reason, spelling.vocabulary, spelling.language)
    return Gap(spelling.title(Field(field)), told, following, masked=reason == "safety")

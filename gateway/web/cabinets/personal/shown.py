"""What the person's pages show: plain views of what the services give, with the words for every code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.vocabulary import SubjectRef
from gateway.consent.consents import Consent
from gateway.faults import NotFoundError
from gateway.oversight.appeal import Appeal
from gateway.oversight.statements import Line
from gateway.storage.engine import now
from gateway.web.cabinets.shell import SignedIn
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate

Named = Mapping[str, str]
"""A name that data brings, in each language."""

CONSENT_STATES: Mapping[str, str] = {
    "given": N_("in force"),
    "not-yet-valid": N_("not in force yet"),
    "used-up": N_("used as often as you allowed"),
    "refused": N_("you refused"),
    "withdrawn": N_("withdrawn"),
    "expired": N_("its time is over"),
    "superseded": N_("replaced by a newer one"),
    "suspended": N_("suspended because of a dispute"),
    "guardian-authority-ended": N_("ended with the authority of whoever gave it"),
    "came-of-age": N_("ended when the child came of age"),
}
REQUEST_STATES: Mapping[str, str] = {
    "given": N_("you agreed"),
    "refused": N_("you refused"),
    "expired": N_("the time to answer is over"),
}
MATTERS: Mapping[str, str] = {
    "objection": N_("Objection to the use of my data"),
    "complaint": N_("Complaint to the oversight body"),
    "correction": N_("Correction of a wrong entry"),
}
OUTCOMES: Mapping[str, str] = {
    "upheld": N_("upheld"),
    "partly-upheld": N_("upheld in part"),
    "rejected": N_("rejected"),
}
RECALL_OUTCOMES: Mapping[str, str] = {
    "deleted": N_("deleted what it had received"),
    "restricted": N_("no longer uses what it had received"),
    "kept-by-law": N_("keeps what it had received, because a law demands it"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One exchange about her. `told` is `Wordings.line`; `at` is None where only its delay may be told."""

    told: Mapping[str, Any]
    at: datetime | None
    delays: Sequence[tuple[datetime, str]]

    @classmethod
    def of(cls, gate: Gate, line: Line) -> Look:
        """Put a line into words."""
        return cls(
            told=gate.oversight.wordings.line(line),
            at=line.recorded.event.at if line.recorded else None,
            delays=[(datetime.fromisoformat(each.until), each.article) for each in line.delays],
        )


@dataclass(frozen=True, slots=True)
class Agreed:
    """One consent with its names."""

    consent: Consent
    to: Named
    purpose: Named
    sources: Sequence[Named]
    state: str
    in_force: bool

    @classmethod
    def of(cls, gate: Gate, consent: Consent) -> Agreed:
        """Put a consent into words."""
        words, state = gate.oversight.wordings, consent.state(now())
        return cls(
            consent=consent,
            to=words.agency(consent.consumer),
            purpose=words.purpose(consent.purpose),
            sources=[words.source(each) for each in consent.sources],
            state=CONSENT_STATES[state],
            in_force=state in {"given", "not-yet-valid"},
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One appeal with its names."""

    appeal: Appeal
    matter: str
    to: Named | None
    source: Named | None
    outcome: str
    overdue: bool

    @classmethod
    def of(cls, gate: Gate, appeal: Appeal) -> Asked:
        """Put an appeal into words; `to` is None where the oversight body answers."""
        words = gate.oversight.wordings
        return cls(
            appeal=appeal,
            matter=MATTERS[appeal.matter],
            to=words.agency(appeal.to) if appeal.to else None,
            source=words.source(appeal.source) if appeal.source else None,
            outcome=OUTCOMES.get(appeal.outcome, ""),
            overdue=appeal.is_overdue(now().date()),
        )


def person(who: SignedIn) -> SubjectRef:
    """Give whose cabinet it is. Raises `NotFoundError` for a session without a person."""
    if who.subject is None:
        raise NotFoundError
    return who.subject

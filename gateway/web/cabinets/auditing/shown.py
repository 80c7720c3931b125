"""What the auditor's pages show of entries: codes with their names, and no case of whom safety hides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from audit.event import Kind
from audit.query import Recorded
from audit.timeline import Chapter
from gateway.oversight.sealed import SEALED
from gateway.web.cabinets.shell import SignedIn
from gateway.web.cabinets.words import N_
from gateway.web.gate import Gate, gate_of
from gateway.web.record import note_reading

KINDS: Mapping[Kind, str] = {
    Kind.INTENT: N_("Question"),
    Kind.RELEASE: N_("Release"),
    Kind.REFUSAL: N_("Refusal"),
    Kind.ABANDONED: N_("Broken off"),
    Kind.DELIVERY: N_("Delivery"),
    Kind.AGREEMENT: N_("Data agreement"),
    Kind.APPEAL: N_("Appeal of a person"),
    Kind.ASSESSMENT: N_("Act of needs assessment"),
    Kind.CONSENT: N_("Consent"),
    Kind.CASE: N_("Case"),
    Kind.CONTRACT: N_("Contract"),
    Kind.CORRECTION: N_("Correction"),
    Kind.KEY: N_("Key"),
    Kind.OFFER: N_("Offer"),
    Kind.ALLOCATION: N_("Help held or given"),
    Kind.PARTNER: N_("Partner's admission"),
    Kind.REPLAY: N_("Sending again"),
    Kind.REPORT: N_("Report without people"),
    Kind.TOKEN: N_("Agency signed in"),
    Kind.SIGN_IN: N_("Signing in and out"),
    Kind.READ: N_("Reading"),
    Kind.EXPORT: N_("Export"),
    Kind.ALARM: N_("Alarm"),
    Kind.CONFIG: N_("Setting"),
    Kind.BUNDLE: N_("Bundle of messages"),
    Kind.EMERGENCY: N_("Emergency"),
    Kind.ENDPOINT: N_("Address for messages"),
    Kind.PROTECTION: N_("Protection of a person"),
    Kind.PUSH: N_("Message to an agency"),
    Kind.REFERRAL: N_("Referral or contribution"),
    Kind.SUBSCRIPTION: N_("Watch for changes"),
    Kind.STATEMENT: N_("Statement to a person"),
    Kind.NOTICE: N_("Notice to a person"),
    Kind.UNSEALING: N_("Unsealing"),
    Kind.ERASURE: N_("Erasure"),
    Kind.HOLD: N_("Legal hold"),
    Kind.RETENTION: N_("Round of deletion"),
    Kind.SAMPLE: N_("Sample"),
    Kind.FINDING: N_("Finding"),
}
"""Every kind of entry in words: a test compares this with `Kind`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `hidden`: its case is not shown, for the person's safety."""

    index: int
    id: str
    at: datetime
    kind: str
    exchange_id: str
    agency: Mapping[str, str]
    official: str
    purpose: Mapping[str, str]
    case: str
    hidden: bool
    subject_ref: str
    result: str
    reason: str
    sources: Sequence[tuple[Mapping[str, str], str]]
    sealed: bool


async def entries_of(gate: Gate, who: SignedIn, found: Sequence[Recorded]) -> list[Entry]:
    """Put entries into words."""
    hidden = await gate.oversight.veil.over(who.caller, {each.event.subject_ref for each in found})
    return [_entry(gate, each, hidden) for each in found]


async def chapters_of(gate: Gate, who: SignedIn, found: Sequence[Chapter]) -> list[tuple[Chapter, str, bool]]:
    """Give chapters, each with the case as this auditor may see it, and whether safety hides it."""
    refs = await gate.oversight.veil.over(who.caller, {each.subject_ref for each in found})
    return [
        (each, "" if each.subject_ref in refs else each.case, each.subject_ref in refs and bool(each.case))
        for each in found
    ]


async def note(request: Request, who: SignedIn, what: str, count: int, kind: Kind = Kind.READ) -> None:
    """Put on record that this official reads, before anything of it is shown."""
    await note_reading(gate_of(request), who.caller, request, kind, what, count, who.official)


def _entry(gate: Gate, recorded: Recorded, hidden: Collection[str]) -> Entry:
    event, words = recorded.event, gate.oversight.wordings
    listed = event.details.get("sources", ())
    told = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list | tuple) else []
    return Entry(
        index=recorded.index,
        id=event.id,
        at=event.at,
        kind=KINDS[event.kind],
        exchange_id=event.exchange_id,
        agency=words.agency(event.agency) if event.agency else {},
        official=event.official,
        purpose=words.purpose(event.purpose) if event.purpose else {},
        case="" if event.subject_ref in hidden else event.case,
        hidden=event.subject_ref in hidden and bool(event.case),
        subject_ref=event.subject_ref,
        result=event.result,
        reason=event.reason,
        sources=[(words.source(str(each["source"])), str(each.get("status", ""))) for each in told],
        sealed=SEALED in event.details,
    )

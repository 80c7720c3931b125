"""What each kind of entry says: the one table of who, what and which details an auditor may count on.

`undeclared` compares an entry with its row; the journeys compare everything that the gateway writes.
Wherever a member or a detail is named here, it is a code, a reference, a count, the name of a field,
a date or ciphertext: never a value of a person, never an identifier of hers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.event import Event, Kind

_QUESTION = frozenset({"exchange_id", "agency", "official", "purpose"})
_EXCHANGE = _QUESTION | {"subject_ref", "contract"}


@dataclass(frozen=True, slots=True)
class Row:
    """One kind: what it tells, the members that are always filled, its details, always and sometimes.

    `results` are the codes that `result` can be; empty means that the kind has none.
    """

    tells: str
    members: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()


def _row(
    tells: str,
    members: frozenset[str] = frozenset(),
    always: str = "",
    sometimes: str = "",
    results: str = "",
) -> Row:
    return Row(tells, members, *(frozenset(text.split()) for text in (always, sometimes, results)))


_AGENCY = frozenset({"agency"})
_READER = frozenset({"agency", "result"})
_PERSON = frozenset({"agency", "subject_ref"})

TABLE: Mapping[Kind, Row] = {
    Kind.INTENT: _row(
        "who is about to ask which sources for which fields, on which ground with which citation",
        _EXCHANGE,
        "contract sources withheld",
        "via weighed",
    ),
    Kind.RELEASE: _row(
        "what left: for each source the names of fields, ground, message and transaction on the bus",
        _EXCHANGE,
        "contract intent sources",
        "notices onward",
        "released",
    ),
    Kind.REFUSAL: _row(
        "that nothing left, and the exact reason; from before the intent it knows no person",
        _QUESTION | {"reason"},
        sometimes="contract intent sources notices onward via weighed",
        results="refused",
    ),
    Kind.ABANDONED: _row(
        "that the process died between intent and end; nothing left",
        _EXCHANGE | {"reason"},
        "intent",
        results="abandoned",
    ),
    Kind.DELIVERY: _row(
        "what became of an answer: the recipient said it came, hung up, or read it again",
        frozenset({"exchange_id", "agency"}),
        sometimes="release via",
        results="acknowledged unknown read-again",
    ),
    Kind.AGREEMENT: _row(
        "a revision of a policy, a data agreement or a signature, by its digest",
        frozenset({"agency", "result"}),
        "schema object revision digest",
        results="revised deleted",
    ),
    Kind.ASSESSMENT: _row(
        "that an act of needs assessment was begun, read, written in (which cells), completed or exported",
        _PERSON | {"official", "case", "exchange_id"},
        "assessment form",
        "cells format",
        "begun read changed completed exported",
    ),
    Kind.APPEAL: _row(
        "that a person objected, complained or asked for a correction, to whom, and what she was answered",
        _PERSON | {"result"},
        "appeal about sealed",
        "to due of",
        "made answered",
    ),
    Kind.CONSENT: _row(
        "what a person was asked, agreed to or no longer does, the text she was shown, and what followed",
        frozenset({"subject_ref"}),
        sometimes="consent consumer sources given_by notice supersedes witness scan due request consents "
        "whole approval sent attempts push",
        results="given refused withdrawn expired superseded suspended guardian-authority-ended came-of-age "
        "recalled recall-acknowledged recall-unanswered purged request-asked request-reached "
        "request-not-reached request-expired approval-asked approval-sent approval-resent "
        "approval-code-wrong approval-code-not-checked approval-code-not-sent approval-verified "
        "approval-ended approval-expired approval-failed",
    ),
    Kind.CASE: _row(
        "that a case was opened or changed, a person filed without one, or her standing in law",
        _AGENCY,
        sometimes="officials opened closed via capacity evidence order citation",
        results="opened changed filed capacity court-order",
    ),
    Kind.CONTRACT: _row(
        "which contracts are in force from here on, by digest; the text of each, once; who activated one",
        sometimes="contracts id version text signed",
        results="in-force refused kept activated",
    ),
    Kind.CORRECTION: _row(
        "that a register's owner is asked to correct a field, the words sealed; and what came of it",
        _PERSON | {"official"},
        sometimes="source field sealed push correction due recipients",
        results="recorded corrected refused acknowledged correction-unanswered",
    ),
    Kind.KEY: _row(
        "what was done with the gateway's keys",
        _AGENCY,
        "version",
        "rewrapped raced broken",
        "rotated destroyed",
    ),
    Kind.TOKEN: _row(
        "that an agency signed in, or could not and why",
        frozenset({"exchange_id"}),
        results="issued refused",
    ),
    Kind.SIGN_IN: _row(
        "that an official, or a person herself, signed in to a cabinet, left it, or could not and why",
        sometimes="level",
        results="signed-in refused signed-out",
    ),
    Kind.READ: _row(
        "who read the record, how, and how many entries",
        _READER,
        sometimes="count filter seed via",
        results="search event bundle timeline findings sample preview correction appeal sealed",
    ),
    Kind.EXPORT: _row(
        "that entries left as files: begun, done up to where, or failed and why",
        _READER,
        sometimes="count format filter after export",
        results="started done failed",
    ),
    Kind.ALARM: _row(
        "that something was stopped that must not happen, or that a registry sends other members than before",
        _AGENCY,
        sometimes="source message_id via new gone code witness",
    ),
    Kind.CONFIG: _row("that a setting of the deployment was changed", _READER, sometimes="count official"),
    Kind.EMERGENCY: _row(
        "emergency access: declared with its reason sealed, reviewed by a second person, ended",
        _AGENCY,
        sometimes="emergency role review_due late sealed",
        results="declared reviewed",
    ),
    Kind.PROTECTION: _row(
        "that a person at risk was hidden, or no longer is, and by whose word",
        _AGENCY | {"official", "subject_ref"},
        "protection masks",
        sometimes="second evidence",
        results="set lifted",
    ),
    Kind.STATEMENT: _row(
        "that a person was told who asked about her; for somebody else it is refused",
        _AGENCY,
        sometimes="count delayed",
        results="given refused",
    ),
    Kind.NOTICE: _row(
        "that a person was told that she was asked about, over which channel",
        _PERSON,
        "notices channel",
        results="sent",
    ),
    Kind.UNSEALING: _row(
        "who asked to read a sealed part, who else agreed, and that it was read",
        _AGENCY | {"official"},
        "unsealing of",
        "requested_by approved_by",
        "requested approved refused opened",
    ),
    Kind.ERASURE: _row(
        "that a person's key and everything that leads to her were destroyed, on which ground",
        _PERSON | {"reason"},
        "tables key_version",
        results="erased",
    ),
    Kind.HOLD: _row(
        "that a legal hold keeps a person's data from erasure, or no longer does",
        _PERSON,
        "hold",
        "citation until",
        "placed lifted",
    ),
    Kind.RETENTION: _row(
        "the certificate of a round of deletion: what had run out, and how much went",
        _AGENCY,
        "classes erased kept certificate",
        results="done",
    ),
    Kind.SAMPLE: _row(
        "the seed and size of a sample before it is drawn, so that anybody can draw it again",
        _AGENCY,
        "seed each size of",
        results="planned",
    ),
    Kind.FINDING: _row(
        "a question that the record raised, and what an auditor made of it",
        frozenset(),
        sometimes="rule key evidence figures finding sealed by",
        results="raised confirmed dismissed",
    ),
    Kind.OFFER: _row(
        "what became of an offer, or that offers were looked for; facts by name alone",
        _READER,
        sometimes="offer external_id state category total import count known digest facts matches fields",
    ),
    Kind.ALLOCATION: _row(
        "that something was held for a person, promised, given or taken back",
        _PERSON | {"result"},
        "offer allocation quantity",
    ),
    Kind.PUSH: _row(
        "what becomes of a message to an agency: intended, sent (each attempt), and how it ended",
        _PERSON | {"result"},
        "message type sender",
        sometimes="contract sources notices onward duty weighed attempt attempts expires priority by "
        "official replay preview count",
        results="intended refused sent delivered unknown dead cancelled replayed",
    ),
    Kind.REPLAY: _row(
        "that dead letters are to be sent again, by whose word, and how that ended",
        _READER | {"official"},
        "replay",
        sometimes="selection preview per_minute revived refused by",
        results="started stopped done",
    ),
    Kind.BUNDLE: _row(
        "that messages left in a file to be carried, or came in one: for whom, which, from which gateway",
        _READER,
        "bundle messages",
        "sender known",
        "exported imported",
    ),
    Kind.ENDPOINT: _row(
        "where an agency takes messages: registered, proved, paused and why, its secret rotated, deleted",
        _READER | {"official"},
        "endpoint channel",
        results="registered verified verification-failed secret-rotated paused deleted",
    ),
    Kind.PARTNER: _row("how far a partner's admission has come", _READER, "partner approvals registered"),
    Kind.REFERRAL: _row(
        "what became of a referral, or of a part of an assessment that was asked for",
        _PERSON | {"result", "purpose"},
        "referral asks sender receiver stage version",
        sometimes="due sections predecessor push sources contribution key",
        results="drafted changed sent transferred received accepted rejected in-progress completed revoked "
        "reassigned reminded escalated refused read contributed",
    ),
    Kind.SUBSCRIPTION: _row(
        "who watches for changes about a person, that one was seen, and when it ended",
        _PERSON | {"result", "purpose"},
        "subscription",
        sometimes="sources push via",
        results="begun seen changed refused ended",
    ),
    Kind.REPORT: _row(
        "that a report without people was given: which template, area and period",
        _READER,
        "release template area from until",
        results="told",
    ),
}


def undeclared(event: Event) -> list[str]:
    """Name what an entry lacks of its row or says beyond it; an empty list is as it should be."""
    row = TABLE[event.kind]
    missing = {name for name in row.members if not getattr(event, name)} | (row.always - event.details.keys())
    beyond = event.details.keys() - row.always - row.sometimes
    wrong = {f"result={event.result}"} if event.result not in (row.results or {event.result}) else set()
    return sorted(missing | beyond | wrong)

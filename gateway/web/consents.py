"""Consents: recorded by the case system on the person's behalf, or by the person's own portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.facts import Giver
from contracts.vocabulary import AgencyId, OfficialId, Purpose, Source, SubjectRef
from contracts.words import Vocabulary
from gateway.agencies import Role
from gateway.consent.consents import GIVEN, Assistance, Consent, Ending, notice_digest
from gateway.consent.receipts import canonical, describe
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.identity import Caller
from gateway.storage.engine import now
from gateway.web.cabinets.personal.shown import CONSENT_STATES
from gateway.web.cabinets.shell import page
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.ground_wire import LONGEST_CONSENT, ConsentBody, EndBody, WithdrawalBody
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(prefix="/v1/consents", tags=["consents"])


@router.post("", openapi_extra=described(ConsentBody), summary="Put a consent on file")
async def give(request: Request) -> Response:
    """Record that a person, a parent or a guardian agreed, to what, until when, and which text was shown."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        consent = await put_on_file(gate, caller, parse(ConsentBody, content))
        return reply(_shown(consent), 201, {"Location": f"/v1/consents/{consent.id}"})

    return await once(request, caller, content, produce)


@router.get("/{consent_id}", summary="One consent")
async def get(request: Request, consent_id: Code) -> Response:
    """Show one consent and what it is worth now."""
    _, consent = await _found(request, consent_id)
    return reply(_shown(consent))


@router.get("", summary="A person's consents")
async def of_person(request: Request, subject_ref: Code) -> Response:
    """List a person's consents, the newest first, as far as the caller may see them."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    visible = [c for c in await gate.grounds.consents.of(SubjectRef(subject_ref)) if _may_see(caller, c)]
    return reply({"consents": [_shown(c) for c in visible]})


@router.post(
    "/{consent_id}/withdrawal", openapi_extra=described(WithdrawalBody), summary="Withdraw a consent"
)
async def withdraw(request: Request, consent_id: Code) -> Response:
    """Withdraw it for every release that is not yet on record, those already under way included."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        reason = parse(WithdrawalBody, content or b"{}").reason
        _, consent = await _found(request, consent_id)
        withdrawn = await gate.grounds.recalls.withdraw(consent, caller.id, reason)
        await gate.grounds.purging.purge()
        return reply(_shown(withdrawn))

    return await once(request, caller, content, produce)


@router.post("/{consent_id}/end", openapi_extra=described(EndBody), summary="Suspend a consent, or end it")
async def end(request: Request, consent_id: Code) -> Response:
    """End it for a dispute, or because the authority of the parent or guardian has ended."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(EndBody, content)
        _, consent = await _found(request, consent_id)
        if Ending(body.ending) is Ending.AUTHORITY_ENDED and consent.given_by is Giver.SELF:
            raise ConflictError("given-by-herself")
        ended = await gate.grounds.consents.end(consent, Ending(body.ending), caller.id, body.reason)
        return reply(_shown(ended))

    return await once(request, caller, content, produce)


@router.get("/{consent_id}/receipt", summary="The person's copy")
async def receipt(request: Request, consent_id: Code) -> Response:
    """Give the person's copy, signed by the log: JSON, or a page in her language (`Accept: text/html`)."""
    gate, consent = await _found(request, consent_id)
    record = receipt_of(gate, consent)
    if "text/html" in request.headers.get("accept", ""):
        return page(
            request,
            None,
            "personal/copy.html",
            language=consent.language,
            record=record,
            states=CONSENT_STATES,
        )
    return reply(record)


def receipt_of(gate: Gate, consent: Consent) -> dict[str, Any]:
    """Give the person's copy of a consent as it stands now, signed by the log."""
    controller = gate.agencies.get(consent.consumer)
    names = controller.name if controller else {}
    record = describe(consent, _shown(consent), gate.pipeline.contracts.vocabulary, names)
    log = gate.pipeline.log
    record["signature"] = {"key": log.origin, "value": log.attest(canonical(record))}
    return record


async def put_on_file(gate: Gate, caller: Caller, body: ConsentBody) -> Consent:
    """Check a consent against the vocabulary and the agencies, and file it with whom it names.

    Raises:
        BodyInvalidError: something of it cannot be; its place is named.
        NotFoundError, ConflictError: what it supersedes is not there, or has ended.
    """
    checked = _checked(gate, caller, body)
    subjects, vocabulary = gate.pipeline.subjects, gate.pipeline.contracts.vocabulary
    person = await subjects.register(body.subject.subject(vocabulary))
    giver = await subjects.register(body.giver.subject(vocabulary)) if body.giver else None
    older = await _older(gate, caller, body.supersedes, person.ref) if body.supersedes else None
    return await gate.grounds.consents.give(
        replace(checked, subject_ref=person.ref, giver=giver.ref if giver else None),
        [*person.statements, *(giver.statements if giver else ())],
        older,
        refused=body.answer == "refused",
    )


async def _found(request: Request, consent_id: Code) -> tuple[Gate, Consent]:
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    consent = await gate.grounds.consents.get(consent_id)
    if not _may_see(caller, consent):
        raise NotFoundError
    return gate, consent


async def _older(gate: Gate, caller: Caller, consent_id: str, ref: SubjectRef) -> Consent:
    """Give the consent that a new one supersedes: the same person's, and one that the caller may see."""
    older = await gate.grounds.consents.get(consent_id)
    if not _may_see(caller, older) or older.subject_ref != ref:
        raise NotFoundError
    if older.endings:
        raise ConflictError("ended-before")
    return older


def _may_see(caller: Caller, consent: Consent) -> bool:
    return caller.has(Role.PERSON_PORTAL) or caller.id in {consent.consumer, consent.recorded_by}


def _checked(gate: Gate, caller: Caller, body: ConsentBody) -> Consent:
    """Check the consent against the vocabulary and the agencies; whose it is, is still open.

    A case system records consents only to itself. What cannot be checked is refused with its place.
    """
    vocabulary = gate.pipeline.contracts.vocabulary
    _refuse_unknown(gate, caller, body, vocabulary)
    at = now()
    given_at = body.given_at or at
    if given_at.tzinfo is None or body.until.tzinfo is None:
        raise _wrong("/until", "without-time-zone")
    # A difference fits where a sum could run past the last year there is.
    if not timedelta(0) < body.until - given_at <= LONGEST_CONSENT:
        raise _wrong("/until", "too-long-or-inverted")
    _refuse_unfounded(body)
    helped = body.assistance
    return Consent(
        id="",
        subject_ref=SubjectRef(""),
        consumer=AgencyId(body.consumer),
        purpose=Purpose(body.purpose),
        sources=tuple(sorted({Source(source) for source in body.sources})),
        given_by=body.given_by,
        evidence=body.evidence,
        notice_digest=body.notice_digest,
        language=body.language,
        given_at=given_at,
        until=body.until,
        recorded_by=caller.id,
        authority_until=body.authority_until,
        categories=None if body.categories is None else tuple(sorted(set(body.categories))),
        operations=tuple(sorted(set(body.operations))),
        uses=body.uses,
        per=timedelta(days=body.per_days) if body.per_days else None,
        assistance=Assistance(OfficialId(helped.official), helped.witness, helped.scan_digest)
        if helped
        else None,
    )


def _refuse_unfounded(body: ConsentBody) -> None:
    """Refuse what contradicts itself: authority without evidence, a period without a number."""
    others = body.giver is not None or body.authority_until is not None
    if body.given_by is not Giver.SELF and not body.evidence:
        raise _wrong("/evidence", "missing")
    if body.given_by is Giver.SELF and others:
        raise _wrong("/given_by", "not-by-herself")
    if body.authority_until is not None and body.authority_until.tzinfo is None:
        raise _wrong("/authority_until", "without-time-zone")
    if body.per_days is not None and body.uses is None:
        raise _wrong("/uses", "missing")
    if body.assistance and body.assistance.witness == body.assistance.official:
        raise _wrong("/assistance/witness", "same-as-official")


def _refuse_unknown(gate: Gate, caller: Caller, body: ConsentBody, vocabulary: Vocabulary) -> None:
    if body.consumer not in gate.agencies:
        raise _wrong("/consumer", "unknown")
    if not caller.has(Role.PERSON_PORTAL) and body.consumer != caller.id:
        raise _wrong("/consumer", "not-the-caller")
    if body.purpose not in vocabulary.purposes:
        raise _wrong("/purpose", "unknown")
    if not vocabulary.sources.keys() >= {Source(source) for source in body.sources}:
        raise _wrong("/sources", "unknown")
    if not vocabulary.categories.keys() >= set(body.categories or ()):
        raise _wrong("/categories", "unknown")
    notice = vocabulary.purposes[Purpose(body.purpose)].notice
    text: str = getattr(notice, body.language)
    if body.notice_digest != notice_digest(text):
        raise _wrong("/notice_digest", "not-the-text-in-force")


def _wrong(pointer: str, code: str) -> BodyInvalidError:
    return BodyInvalidError("not-as-described", [{"pointer": pointer, "code": code}])


def _shown(consent: Consent) -> Mapping[str, Any]:
    state = consent.state(now())
    return {
        "id": consent.id,
        "state": state,
        "valid": state == GIVEN,
        "subject_ref": consent.subject_ref,
        "consumer": consent.consumer,
        "purpose": consent.purpose,
        "sources": consent.sources,
        "categories": consent.categories,
        "operations": consent.operations,
        "given_by": consent.given_by.value,
        "authority_until": consent.authority_until,
        "notice_digest": consent.notice_digest,
        "language": consent.language,
        "given_at": consent.given_at,
        "until": consent.until,
        "uses": consent.uses,
        "uses_left": consent.uses_left,
        "per_days": consent.per.days if consent.per else None,
        "withdrawn_at": consent.endings.get(Ending.WITHDRAWN),
        "events": [
            {"event": ending, "at": at}
            for ending, at in sorted(consent.endings.items(), key=lambda pair: pair[1])
        ],
    }

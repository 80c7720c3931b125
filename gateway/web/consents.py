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
from contracts.vocabulary import AgencyId, Purpose, Source, SubjectRef
from contracts.words import Vocabulary
from gateway.agencies import Role
from gateway.consent.consents import Consent, ConsentState, notice_digest
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.identity import Caller
from gateway.storage.engine import now
from gateway.web.gate import Gate, caller_of, gate_of
from gateway.web.idempotency import once
from gateway.web.replying import reply
from gateway.web.wire import (
    LONGEST_CONSENT,
    Code,
    ConsentBody,
    WithdrawalBody,
    described,
    parse,
    read_bytes,
)

router = APIRouter(prefix="/v1/consents", tags=["consents"])


@router.post("", openapi_extra=described(ConsentBody), summary="Put a consent on file")
async def give(request: Request) -> Response:
    """Record that a person, a parent or a guardian agreed, to what, until when, and which text was shown."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ConsentBody, content)
        checked = _checked(gate, caller, body)
        registration = await gate.pipeline.subjects.register(
            body.subject.subject(gate.pipeline.contracts.vocabulary)
        )
        consent = await gate.consents.give(
            replace(checked, subject_ref=registration.ref), registration.statements
        )
        headers = {"Location": f"/v1/consents/{consent.id}"}
        return reply(_shown(consent), 201, headers)

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
    visible = [c for c in await gate.consents.of(SubjectRef(subject_ref)) if _may_see(caller, c)]
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
        withdrawn = await gate.consents.withdraw(consent, caller.id, reason)
        return reply(_shown(withdrawn))

    return await once(request, caller, content, produce)


@router.get("/{consent_id}/receipt", summary="The person's copy")
async def receipt(request: Request, consent_id: Code) -> Response:
    """Give the consent as a record for the person: parties, purpose, what, until when, how to withdraw."""
    gate, consent = await _found(request, consent_id)
    words = gate.pipeline.contracts.vocabulary
    purpose = words.purposes[consent.purpose]
    controller = gate.agencies.get(consent.consumer)
    copy = {
        **_shown(consent),
        "purpose_text": {"uk": purpose.uk, "en": purpose.en},
        "controller": dict(controller.name) if controller else {},
        "notice": {"uk": purpose.notice.uk, "en": purpose.notice.en}[consent.language],
        "source_titles": {s: {"uk": words.sources[s].uk, "en": words.sources[s].en} for s in consent.sources},
        "withdrawal": f"/v1/consents/{consent.id}/withdrawal",
    }
    return reply(copy)


async def _found(request: Request, consent_id: Code) -> tuple[Gate, Consent]:
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM, Role.PERSON_PORTAL)
    consent = await gate.consents.get(consent_id)
    if not _may_see(caller, consent):
        raise NotFoundError
    return gate, consent


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
    if body.given_by is not Giver.SELF and not body.evidence:
        raise _wrong("/evidence", "missing")
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
    )


def _refuse_unknown(gate: Gate, caller: Caller, body: ConsentBody, vocabulary: Vocabulary) -> None:
    if body.consumer not in gate.agencies:
        raise _wrong("/consumer", "unknown")
    if not caller.has(Role.PERSON_PORTAL) and body.consumer != caller.id:
        raise _wrong("/consumer", "not-the-caller")
    if body.purpose not in vocabulary.purposes:
        raise _wrong("/purpose", "unknown")
    if not vocabulary.sources.keys() >= {Source(source) for source in body.sources}:
        raise _wrong("/sources", "unknown")
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
        "state": state.value,
        "valid": state is ConsentState.GIVEN,
        "subject_ref": consent.subject_ref,
        "consumer": consent.consumer,
        "purpose": consent.purpose,
        "sources": consent.sources,
        "given_by": consent.given_by.value,
        "notice_digest": consent.notice_digest,
        "language": consent.language,
        "given_at": consent.given_at,
        "until": consent.until,
        "withdrawn_at": consent.withdrawn_at,
    }

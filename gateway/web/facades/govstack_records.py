"""GovStack's Consent Building Block: people and their consent records, which are our own consents.

Every consent on file is a record here, by whatever way it was given. What is written here is a consent or
its withdrawal, as if it had come to `/v1/consents`; beside it stand at most the signatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter

from audit.event import Event, Kind
from audit.store import CompanionRefusedError
from contracts.vocabulary import AgencyId, SubjectRef
from gateway.agencies import Role
from gateway.consent.consents import GIVEN, Consent
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.revisions import Schema
from gateway.storage.engine import now
from gateway.web.facades.govstack_consents import (
    agreement_in_force,
    agreement_of,
    all_shown,
    check_signature,
    drafted,
    keep_signature,
    payload_of,
    person_of,
    seen_by,
    sees,
    shown,
    vocabulary_of,
)
from gateway.web.facades.govstack_edge import PEOPLES, Visit, checked, operation
from gateway.web.facades.govstack_wire import (
    IndividualBody,
    RecordBody,
    SignatureBody,
    SignedRecordBody,
    record_json,
)
from gateway.web.wire import SubjectBody

router = APIRouter(prefix="/govstack", tags=["GovStack"])

RECORD: Final = "/service/individual/record"


@operation(router, "POST", "/service/individual/", *PEOPLES)
@operation(router, "POST", "/config/individual/", *PEOPLES)
async def create_individual(visit: Visit) -> Mapping[str, Any]:
    """File a person by scheme and identifier, unless she is on file, and give her pseudonym."""
    registration = await visit.gate.pipeline.subjects.register(_subject(visit).subject(vocabulary_of(visit)))
    if registration.statements:
        filed = Event(
            kind=Kind.CASE, at=now(), agency=visit.caller.id, subject_ref=registration.ref, result="filed"
        )
        try:
            await visit.gate.pipeline.log.note(filed, registration.statements)
        except CompanionRefusedError:
            raise ConflictError("changed-meanwhile") from None
    return {"individual": {"id": registration.ref}}


@operation(router, "GET", "/service/individual/{individualId}/", *PEOPLES)
@operation(router, "GET", "/config/individual/{individualId}/", *PEOPLES)
async def read_individual(visit: Visit) -> Mapping[str, Any]:
    """Say that a person is on file; more than her pseudonym is given to nobody."""
    return {"individual": {"id": await person_of(visit, visit.place("individualId"))}}


@operation(router, "PUT", "/service/individual/{individualId}/", *PEOPLES)
async def update_individual(visit: Visit) -> Mapping[str, Any]:
    """Confirm a person's identifier: another one would be another person's."""
    ref = await person_of(visit, visit.place("individualId"))
    if await visit.gate.pipeline.subjects.known(_subject(visit).subject(vocabulary_of(visit))) != ref:
        raise ConflictError("identifiers-of-different-people")
    return {"individual": {"id": ref}}


@operation(router, "GET", "/service/individuals/", *PEOPLES)
@operation(router, "GET", "/config/individuals/", *PEOPLES)
async def list_individuals(visit: Visit) -> Mapping[str, Any]:
    """Give the people of whom the caller has consents."""
    found = await visit.gate.consents.page(seen_by(visit), *visit.page())
    return {"individuals": [{"id": ref} for ref in sorted({consent.subject_ref for consent in found})]}


@operation(router, "POST", f"{RECORD}/data-agreement/{{dataAgreementId}}/", *PEOPLES)
async def give(visit: Visit) -> Mapping[str, Any]:
    """Put a person's consent to a data agreement on file."""
    agreement = await agreement_in_force(visit, visit.place("dataAgreementId"), visit.named("revisionId"))
    consent = await visit.gate.consents.give(await drafted(visit, agreement, visit.named("individualId")))
    return await shown(visit, consent, revised=True)


@operation(router, "POST", f"{RECORD}/consent-record/draft/", *PEOPLES)
async def write_draft(visit: Visit) -> Mapping[str, Any]:
    """Give a record that is not on file yet, and the snapshot that is to be signed."""
    agreement = await agreement_in_force(visit, visit.named("dataAgreementId"), visit.named("revisionId"))
    consent = await drafted(visit, agreement, visit.named("individualId"))
    payload, digest = payload_of(consent, agreement)
    signature = {
        "id": "",
        "payload": payload,
        "signature": "",
        "verificationMethod": "",
        "verificationPayload": payload,
        "verificationPayloadHash": digest,
        "verificationSignedBy": consent.subject_ref,
        "timestamp": "",
    }
    record = record_json(consent, agreement, visit.gate.agencies, signed=False)
    return {"consentRecord": record, "signature": signature}


@operation(router, "POST", f"{RECORD}/consent-record/", *PEOPLES)
async def give_signed(visit: Visit) -> Mapping[str, Any]:
    """Put a drafted consent on file, with the signature over what the draft showed."""
    body = visit.body(SignedRecordBody)
    record = body.consentRecord
    if record.dataAgreement is None or record.individual is None or record.optIn is False:
        raise BodyInvalidError("not-as-described")
    agreement = await agreement_in_force(visit, checked(record.dataAgreement.id), "")
    draft = await drafted(visit, agreement, checked(record.individual.id))
    check_signature(body.signature, draft, agreement)
    consent = await visit.gate.consents.give(draft)
    signature = await keep_signature(visit, consent, body.signature)
    return {**await shown(visit, consent, revised=True), "signature": signature}


@operation(router, "PUT", f"{RECORD}/consent-record/{{consentRecordId}}/", *PEOPLES)
async def opt(visit: Visit) -> Mapping[str, Any]:
    """Withdraw a consent by `optIn: false`. One that has ended is not revived: a new yes is a new record."""
    wanted = visit.body(RecordBody).consentRecord.optIn
    consent = await _consent(visit)
    if wanted is False:
        consent = await _withdrawn(visit, consent)
        await visit.gate.grounds.purging.purge()
    elif consent.state(now()) != GIVEN:
        raise ConflictError("ended")
    return await shown(visit, consent, revised=True)


@operation(router, "POST", f"{RECORD}/consent-record/{{consentRecordId}}/signature/", *PEOPLES)
@operation(router, "PUT", f"{RECORD}/consent-record/{{consentRecordId}}/signature/", *PEOPLES)
async def sign(visit: Visit) -> Mapping[str, Any]:
    """Keep a signature over a record as it is on file; a further one is its next revision."""
    consent = await _consent(visit)
    signature = visit.body(SignatureBody).signature
    check_signature(signature, consent, await agreement_of(visit, consent))
    return {"signature": await keep_signature(visit, consent, signature)}


@operation(router, "GET", f"{RECORD}/data-agreement/{{dataAgreementId}}/", *PEOPLES)
async def read_to_agreement(visit: Visit) -> Mapping[str, Any]:
    """Give the newest record to a data agreement, of the person whom the query may name."""
    found = await _to_agreement(visit)
    if not found:
        raise NotFoundError
    return await shown(visit, found[0])


@operation(router, "GET", f"{RECORD}/data-agreement/{{dataAgreementId}}/all/", *PEOPLES)
async def list_to_agreement(visit: Visit) -> Mapping[str, Any]:
    """Give the records to a data agreement, the newest first."""
    return await all_shown(visit, await _to_agreement(visit))


@operation(router, "GET", f"{RECORD}/consent-record/", *PEOPLES)
@operation(router, "GET", "/service/verification/consent-records/", *PEOPLES)
@operation(router, "GET", "/audit/consent-records/", Role.AUDITOR)
async def list_records(visit: Visit) -> Mapping[str, Any]:
    """Give the records that the caller may see."""
    return await all_shown(visit, await visit.gate.consents.page(seen_by(visit), *visit.page()))


@operation(router, "GET", "/service/verification/consent-record/{consentRecordId}/", *PEOPLES)
@operation(router, "GET", "/audit/consent-record/{consentRecordId}/", Role.AUDITOR)
async def read_record(visit: Visit) -> Mapping[str, Any]:
    """Give one record, and its revision."""
    return await shown(visit, await _consent(visit), revised=True)


@operation(router, "DELETE", f"{RECORD}/", *PEOPLES)
async def withdraw_all(visit: Visit) -> Mapping[str, Any]:
    """Withdraw every consent of the person whom the query names. The record keeps them."""
    ref = await person_of(visit, visit.named("individualId"))
    for consent in await visit.gate.consents.of(ref):
        if sees(visit, consent) and consent.state(now()) == GIVEN:
            await _withdrawn(visit, consent)
    await visit.gate.grounds.purging.purge()
    return {}


async def _withdrawn(visit: Visit, consent: Consent) -> Consent:
    """Withdraw a consent as `/v1/consents` does: its recalls are made, and what is kept of it set apart."""
    return await visit.gate.grounds.recalls.withdraw(consent, visit.caller.id, "not-stated")


def _subject(visit: Visit) -> SubjectBody:
    said = visit.body(IndividualBody).individual
    if not said.externalIdType or not said.externalId:
        raise BodyInvalidError("not-as-described")
    return SubjectBody(scheme=checked(said.externalIdType), value=said.externalId[:64])


async def _consent(visit: Visit) -> Consent:
    consent = await visit.gate.consents.get(visit.place("consentRecordId"))
    if not sees(visit, consent):
        raise NotFoundError
    return consent


async def _to_agreement(visit: Visit) -> Sequence[Consent]:
    """Give the records to an agreement that the caller may see, as far as the page goes."""
    agreement = await visit.revisions.current(Schema.DATA_AGREEMENT, visit.place("dataAgreementId"))
    document, person = agreement.document or {}, visit.named("individualId")
    asked = (document["controller"]["id"], document["purpose"])
    offset, limit = visit.page()
    found = (
        await visit.gate.consents.of(SubjectRef(person))
        if person
        else await visit.gate.consents.page(AgencyId(asked[0]), offset, limit)
    )
    return [each for each in found if (each.consumer, each.purpose) == asked and sees(visit, each)]

"""GovStack's consent records and our consents: the one drawn from the other, and written as the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import select

from contracts.contract import Basis
from contracts.facts import Giver
from contracts.vocabulary import AgencyId, Purpose, SubjectRef
from contracts.words import Vocabulary
from gateway.agencies import Role
from gateway.consent.consents import Consent, notice_digest
from gateway.faults import BodyInvalidError, ConflictError, ForbiddenError, NotFoundError
from gateway.revisions import Revision, Schema, snapshot_of
from gateway.storage.engine import now
from gateway.storage.tables import subjects
from gateway.web.facades.govstack_edge import Visit
from gateway.web.facades.govstack_wire import Signature, record_document, record_json, record_revision

PERIOD: Final = timedelta(days=365)
"""How long a consent lasts where the policy names no retention."""


def vocabulary_of(visit: Visit) -> Vocabulary:
    """Give the words in force."""
    return visit.gate.pipeline.contracts.vocabulary


async def person_of(visit: Visit, ref: str) -> SubjectRef:
    """Give the pseudonym of somebody on file. Raises `NotFoundError`."""
    if not await visit.gate.database.fetch(select(subjects.c.ref).where(subjects.c.ref == ref)):
        raise NotFoundError
    return SubjectRef(ref)


async def agreement_in_force(visit: Visit, object_id: str, revision_id: str) -> Revision:
    """Give a data agreement in force. One can agree to what it says now, and to no older text."""
    current = await visit.revisions.current(Schema.DATA_AGREEMENT, object_id)
    document = current.document or {}
    if not document["active"] or document["lawfulBasis"] != "consent" or revision_id not in {"", current.id}:
        raise ConflictError("not-in-force")
    return current


async def drafted(visit: Visit, agreement: Revision, individual: str) -> Consent:
    """Lay out the consent that an agreement stands for: to its controller, for the sources that need one.

    Raises:
        ForbiddenError: another agency's agreement.
        ConflictError: no contract of that agency needs a consent for this purpose.
    """
    document = agreement.document or {}
    controller, purpose = AgencyId(document["controller"]["id"]), Purpose(document["purpose"])
    if controller != visit.caller.id and not visit.has(Role.PERSON_PORTAL):
        raise ForbiddenError
    ref = await person_of(visit, individual)
    contracts = [each for each in visit.gate.pipeline.contracts.of(controller) if each.purpose == purpose]
    sources = {
        source for each in contracts for source, terms in each.terms.items() if terms.basis is Basis.CONSENT
    }
    if not sources:
        raise ConflictError("no-consent-needed")
    policy = (await visit.revisions.current(Schema.POLICY, document["policy"]["id"])).document or {}
    days = policy.get("dataRetentionPeriodDays")
    at = now()
    return Consent(
        id="",
        subject_ref=ref,
        consumer=controller,
        purpose=purpose,
        sources=tuple(sorted(sources)),
        given_by=Giver.SELF,
        evidence="",
        notice_digest=notice_digest(vocabulary_of(visit).purposes[purpose].notice.uk),
        language="uk",
        given_at=at,
        until=at.replace(hour=0, minute=0, second=0, microsecond=0)
        + (timedelta(days=days) if days else PERIOD),
        recorded_by=visit.caller.id,
    )


def payload_of(consent: Consent, agreement: Revision) -> tuple[str, str]:
    """Give what is signed, and its SHA-256: the same for a draft and for the record that becomes of it."""
    content = record_document(consent, agreement, opted_in=True)
    return snapshot_of("", content, "", consent.until)


def check_signature(signature: Signature, consent: Consent, agreement: Revision) -> None:
    """Refuse a signature over anything but this record.

    Its value is kept as evidence and not verified: GovStack names no method for it.
    """
    payload, _ = payload_of(consent, agreement)
    if signature.verificationPayload != payload or not signature.is_of_its_payload:
        raise BodyInvalidError("signature-of-another-record")
    if signature.verificationSignedBy != consent.subject_ref:
        raise BodyInvalidError("signature-of-another-person")


async def keep_signature(visit: Visit, consent: Consent, signature: Signature) -> Mapping[str, Any]:
    """Keep a signature as the next revision of its record's."""
    kept = {**signature.document(), "payload": signature.verificationPayload, "objectType": "ConsentRecord"}
    revision = await visit.revisions.write(
        Schema.SIGNATURE,
        consent.id,
        {**kept, "objectReference": consent.id},
        visit.caller.id,
        consent.subject_ref,
    )
    timestamp = orjson.loads(revision.snapshot)["timestamp"]
    return {"id": revision.id, "timestamp": timestamp, **(revision.document or {})}


def seen_by(visit: Visit) -> AgencyId | None:
    """Give the agency whose consents are seen: the caller; None for auditors and the people's portal."""
    everything = visit.has(Role.AUDITOR) or visit.has(Role.PERSON_PORTAL)
    return None if everything else visit.caller.id


def sees(visit: Visit, consent: Consent) -> bool:
    """Say whether a consent is the caller's to see."""
    return seen_by(visit) in {None, consent.consumer}


async def agreement_of(visit: Visit, consent: Consent) -> Revision:
    """Give the agreement that a consent was given to, as it was then. Raises `NotFoundError` for none."""
    for each in await visit.revisions.listed(Schema.DATA_AGREEMENT, 0, 1000):
        document = each.document or {}
        if (document["controller"]["id"], document["purpose"]) == (consent.consumer, consent.purpose):
            history = await visit.revisions.history(Schema.DATA_AGREEMENT, each.object_id)
            then = [revision for revision in history if revision.at <= consent.given_at and revision.document]
            return then[-1] if then else history[0]
    raise NotFoundError


async def shown(visit: Visit, consent: Consent, *, revised: bool = False) -> dict[str, Any]:
    """Write a consent as the operations have it, with its revision where they do."""
    agreement = await agreement_of(visit, consent)
    signed = await visit.revisions.has(Schema.SIGNATURE, consent.id)
    record = {"consentRecord": record_json(consent, agreement, visit.gate.agencies, signed=signed)}
    return {**record, "revision": record_revision(consent, agreement)} if revised else record


async def all_shown(visit: Visit, consents: Sequence[Consent]) -> dict[str, Any]:
    """Write several; consents to what no data agreement describes are left out."""
    records = []
    for consent in consents:
        with suppress(NotFoundError):
            records.append((await shown(visit, consent))["consentRecord"])
    return {"consentRecords": records}

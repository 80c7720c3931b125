"""GovStack's schemas (Consent Building Block 1.1), as far as they say what we know.

What its schemas leave open is let through unread. A person's identifier is read where she is filed, and is
never given out again: an individual's id here is her pseudonym.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from audit.event import stamp
from contracts.vocabulary import AgencyId
from gateway.agencies import Agency
from gateway.consent.consents import GIVEN, Consent
from gateway.revisions import Revision, snapshot_of
from gateway.storage.engine import now

Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[Words, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Days = Annotated[int, Field(ge=1, le=5 * 366)]


class Part(BaseModel):
    """A part of a body."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)

    def document(self) -> dict[str, Any]:
        """Give what is kept: the members that were said."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Policy(Part):
    """How an organisation treats personal data; its text is at `url`."""

    name: Name
    version: Name
    url: Name
    jurisdiction: Words | None = None
    industrySector: Words | None = None  # noqa: N815  GovStack's own names
    dataRetentionPeriodDays: Days | None = None  # noqa: N815  the same
    geographicRestriction: Words | None = None  # noqa: N815  the same
    storageLocation: Words | None = None  # noqa: N815  the same


class Reference(Part):
    """Another object, of which the id alone is read."""

    id: Name


class DataAgreement(Part):
    """What a person is asked to agree to: `purpose` is our purpose's code, `controller` the agency's id."""

    version: Name
    controller: Reference
    policy: Reference
    purpose: Name
    lawfulBasis: Literal[  # noqa: N815  GovStack's own name
        "consent", "legal_obligation", "contract", "vital_interest", "public_task", "legitimate_interest"
    ]
    dpia: Words
    dataUse: Literal["data_source", "data_using_service"] | None = None  # noqa: N815  the same
    active: bool = True
    forgettable: bool = False


class Individual(Part):
    """A person: by scheme and identifier when she is filed, by her pseudonym after that."""

    id: Words | None = None
    externalId: Words | None = None  # noqa: N815  GovStack's own name
    externalIdType: Words | None = None  # noqa: N815  the same


class Signature(Part):
    """A signature over a record's snapshot. `verificationPayload` is that snapshot, as the draft gave it."""

    signature: Annotated[Text, StringConstraints(min_length=1)]
    verificationMethod: Name  # noqa: N815  GovStack's own name
    verificationPayload: Text  # noqa: N815  the same
    verificationPayloadHash: Name  # noqa: N815  the same
    verificationSignedBy: Name  # noqa: N815  the same

    @property
    def is_of_its_payload(self) -> bool:
        """Say whether the hash is the payload's own."""
        payload = self.verificationPayload.encode("utf-8", "surrogatepass")
        return hashlib.sha256(payload).hexdigest() == self.verificationPayloadHash


class Record(Part):
    """A consent record as a client sends it: whose, to which agreement, yes or no."""

    dataAgreement: Reference | None = None  # noqa: N815  GovStack's own name
    individual: Reference | None = None
    optIn: bool | None = None  # noqa: N815  the same


class PolicyBody(Part):
    """`/config/policy/`."""

    policy: Policy


class DataAgreementBody(Part):
    """`/config/data-agreement/`."""

    dataAgreement: DataAgreement  # noqa: N815  GovStack's own name


class IndividualBody(Part):
    """`/service/individual/`."""

    individual: Individual


class RecordBody(Part):
    """`/service/individual/record/consent-record/{id}/`."""

    consentRecord: Record  # noqa: N815  GovStack's own name


class SignatureBody(Part):
    """`/service/individual/record/consent-record/{id}/signature/`."""

    signature: Signature


class SignedRecordBody(RecordBody, SignatureBody):
    """`/service/individual/record/consent-record/`: a draft, signed."""


def revision_json(revision: Revision) -> dict[str, Any]:
    """Write a revision as GovStack has it; its hash is SHA-256, where GovStack's examples have SHA-1."""
    return {
        "id": revision.id,
        "schemaName": revision.schema.value,
        "objectId": revision.object_id,
        "signedWithoutObjectId": False,
        "serializedSnapshot": revision.snapshot,
        "serializedHash": revision.digest,
        "timestamp": stamp(revision.at),
        "authorizedByOther": revision.by,
        "predecessorHash": revision.predecessor,
        "predecessorSignature": "",
    }


def object_json(revision: Revision) -> dict[str, Any]:
    """Write a document as GovStack has it, under its own id."""
    return {"id": revision.object_id, **(revision.document or {})}


def agreement_json(revision: Revision, agencies: Mapping[AgencyId, Agency]) -> dict[str, Any]:
    """Write a data agreement, its controller by name."""
    document = object_json(revision)
    controller = document["controller"]["id"]
    agency = agencies.get(controller)
    document["controller"] = {"id": controller, "name": agency.name["en"] if agency else "", "url": ""}
    del document["policy"]  # its own address says it whole
    return document


def record_document(consent: Consent, agreement: Revision, *, opted_in: bool) -> dict[str, Any]:
    """Give what a consent record's snapshot is about: codes and references alone."""
    return {
        "dataAgreement": agreement.object_id,
        "dataAgreementRevisionHash": agreement.digest,
        "individual": consent.subject_ref,
        "optIn": opted_in,
        "notice": consent.notice_digest,
        "until": stamp(consent.until),
    }


def record_json(
    consent: Consent, agreement: Revision, agencies: Mapping[AgencyId, Agency], *, signed: bool
) -> dict[str, Any]:
    """Write one of our consents as GovStack's consent record."""
    return {
        "id": consent.id,
        "dataAgreement": agreement_json(agreement, agencies),
        "dataAgreementRevision": revision_json(agreement),
        "dataAgreementRevisionHash": agreement.digest,
        "individual": {"id": consent.subject_ref},
        "optIn": consent.state(now()) == GIVEN,
        "state": "signed" if signed else "unsigned",
    }


def record_revision(consent: Consent, agreement: Revision) -> dict[str, Any]:
    """Write the newest revision of a consent record, drawn from the consent's events and kept nowhere else.

    The first is the yes, and the second, which names the first one's hash, is its end.
    """
    number, predecessor, at = 0, "", consent.given_at
    snapshot, digest = snapshot_of(consent.id, record_document(consent, agreement, opted_in=True), "", at)
    if consent.endings:
        number, predecessor, at = 1, digest, min(consent.endings.values())
        ended = record_document(consent, agreement, opted_in=False)
        snapshot, digest = snapshot_of(consent.id, ended, predecessor, at)
    return {
        "id": f"{consent.id}.{number}",
        "schemaName": "ConsentRecord",
        "objectId": consent.id,
        "signedWithoutObjectId": False,
        "serializedSnapshot": snapshot,
        "serializedHash": digest,
        "timestamp": stamp(at),
        "authorizedByOther": consent.recorded_by,
        "predecessorHash": predecessor,
        "predecessorSignature": "",
    }

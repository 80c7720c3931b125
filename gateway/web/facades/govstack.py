"""GovStack's Consent Building Block: configuration and audit. See `govstack_records` for people's records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter

from contracts.vocabulary import AgencyId, Purpose
from gateway.agencies import Role
from gateway.faults import BodyInvalidError, NotFoundError
from gateway.revisions import Revision, Schema
from gateway.web.facades.govstack_edge import PEOPLES, READERS, Visit, operation
from gateway.web.facades.govstack_wire import (
    DataAgreement,
    DataAgreementBody,
    PolicyBody,
    agreement_json,
    object_json,
    revision_json,
)

router = APIRouter(prefix="/govstack", tags=["GovStack"])


@operation(router, "POST", "/config/policy/", Role.OPERATOR)
async def create_policy(visit: Visit) -> Mapping[str, Any]:
    """Write the first revision of a policy, under an id of ours."""
    return await _write(visit, Schema.POLICY, str(uuid4()), visit.body(PolicyBody).policy.document())


@operation(router, "GET", "/config/policy/{policyId}/", *READERS)
@operation(router, "GET", "/service/policy/{policyId}/", *PEOPLES)
async def read_policy(visit: Visit) -> Mapping[str, Any]:
    """Give a policy as it is, or as the revision named had it."""
    return _policy(await _chosen(visit, Schema.POLICY, visit.place("policyId")))


@operation(router, "PUT", "/config/policy/{policyId}/", Role.OPERATOR)
async def update_policy(visit: Visit) -> Mapping[str, Any]:
    """Write a policy's next revision."""
    current = await visit.revisions.current(Schema.POLICY, visit.place("policyId"))
    return await _write(visit, Schema.POLICY, current.object_id, visit.body(PolicyBody).policy.document())


@operation(router, "DELETE", "/config/policy/{policyId}/", Role.OPERATOR)
async def delete_policy(visit: Visit) -> Mapping[str, Any]:
    """Write the revision that ends a policy; its history stays."""
    return await _delete(visit, Schema.POLICY, "policyId")


@operation(router, "GET", "/config/policy/{policyId}/revisions/", *READERS)
async def policy_history(visit: Visit) -> Mapping[str, Any]:
    """Give a policy and its revisions."""
    offset, limit = visit.page()
    history = await visit.revisions.history(Schema.POLICY, visit.place("policyId"))
    current = await visit.revisions.current(Schema.POLICY, visit.place("policyId"))
    revisions = [revision_json(revision) for revision in history[offset : offset + limit]]
    return {"policy": object_json(current), "revisions": revisions}


@operation(router, "GET", "/config/policies/", *READERS)
async def list_policies(visit: Visit) -> Mapping[str, Any]:
    """Give the policies that there are."""
    return {
        "policies": [object_json(each) for each in await visit.revisions.listed(Schema.POLICY, *visit.page())]
    }


@operation(router, "POST", "/config/data-agreement/", Role.OPERATOR)
async def create_agreement(visit: Visit) -> Mapping[str, Any]:
    """Write the first revision of a data agreement, about a purpose, a controller and a policy known here."""
    agreement = visit.body(DataAgreementBody).dataAgreement
    await _check(visit, agreement)
    return await _write(visit, Schema.DATA_AGREEMENT, str(uuid4()), agreement.document())


@operation(router, "GET", "/config/data-agreement/{dataAgreementId}/", *READERS)
@operation(router, "GET", "/service/data-agreement/{dataAgreementId}/", *PEOPLES)
@operation(router, "GET", "/audit/data-agreement/{dataAgreementId}/", Role.AUDITOR)
async def read_agreement(visit: Visit) -> Mapping[str, Any]:
    """Give a data agreement as it is, or as the revision named had it."""
    revision = await _chosen(visit, Schema.DATA_AGREEMENT, visit.place("dataAgreementId"))
    return _agreement(visit, revision)


@operation(router, "PUT", "/config/data-agreement/{dataAgreementId}/", Role.OPERATOR)
async def update_agreement(visit: Visit) -> Mapping[str, Any]:
    """Write a data agreement's next revision. Consents given to the one before stay what they are."""
    current = await visit.revisions.current(Schema.DATA_AGREEMENT, visit.place("dataAgreementId"))
    agreement = visit.body(DataAgreementBody).dataAgreement
    await _check(visit, agreement)
    return await _write(visit, Schema.DATA_AGREEMENT, current.object_id, agreement.document())


@operation(router, "DELETE", "/config/data-agreement/{dataAgreementId}/", Role.OPERATOR)
async def delete_agreement(visit: Visit) -> Mapping[str, Any]:
    """Write the revision that ends a data agreement: nobody is asked for it any more."""
    return await _delete(visit, Schema.DATA_AGREEMENT, "dataAgreementId")


@operation(router, "GET", "/config/data-agreements/", *READERS)
async def list_agreements(visit: Visit) -> Mapping[str, Any]:
    """Give the data agreements that there are."""
    return {"dataAgreement": await _agreements(visit)}  # its own spelling, in this one operation


@operation(router, "GET", "/service/verification/data-agreements/", *PEOPLES)
@operation(router, "GET", "/audit/data-agreements/", Role.AUDITOR)
async def list_agreements_for_others(visit: Visit) -> Mapping[str, Any]:
    """Give the data agreements that there are."""
    return {"dataAgreements": await _agreements(visit)}


@operation(router, "GET", "/config/webhooks/", Role.OPERATOR)
async def list_webhooks(visit: Visit) -> Mapping[str, Any]:
    """Give none: this gateway calls nobody back, and so takes no address and no secret to do it with."""
    visit.page()
    return {"webhooks": []}


@operation(router, "POST", "/config/webhook/", Role.OPERATOR)
@operation(router, "GET", "/config/webhook/{webhookId}/", Role.OPERATOR)
@operation(router, "PUT", "/config/webhook/{webhookId}/", Role.OPERATOR)
@operation(router, "DELETE", "/config/webhook/{webhookId}/", Role.OPERATOR)
async def refuse_webhook(_visit: Visit) -> Mapping[str, Any]:
    """Refuse, as for an id that is unknown."""
    raise NotFoundError


async def _agreements(visit: Visit) -> list[dict[str, Any]]:
    listed = await visit.revisions.listed(Schema.DATA_AGREEMENT, *visit.page())
    return [agreement_json(each, visit.gate.agencies) for each in listed]


async def _check(visit: Visit, agreement: DataAgreement) -> None:
    """Refuse an agreement about what is not known here."""
    await visit.revisions.current(Schema.POLICY, agreement.policy.id)
    known = visit.gate.pipeline.contracts.vocabulary.purposes
    if (
        Purpose(agreement.purpose) not in known
        or AgencyId(agreement.controller.id) not in visit.gate.agencies
    ):
        raise BodyInvalidError("not-as-described")


async def _write(
    visit: Visit, schema: Schema, object_id: str, document: Mapping[str, Any]
) -> Mapping[str, Any]:
    revision = await visit.revisions.write(schema, object_id, document, visit.caller.id)
    return _policy(revision) if schema is Schema.POLICY else _agreement(visit, revision)


async def _delete(visit: Visit, schema: Schema, place: str) -> Mapping[str, Any]:
    current = await visit.revisions.current(schema, visit.place(place))
    return {
        "revision": revision_json(
            await visit.revisions.write(schema, current.object_id, None, visit.caller.id)
        )
    }


async def _chosen(visit: Visit, schema: Schema, object_id: str) -> Revision:
    """Give the revision that the query names, else the current one. Raises `NotFoundError`."""
    wanted = visit.named("revisionId")
    if not wanted:
        return await visit.revisions.current(schema, object_id)
    history = await visit.revisions.history(schema, object_id)
    found = [revision for revision in history if revision.id == wanted and revision.document is not None]
    if not found:
        raise NotFoundError
    return found[0]


def _policy(revision: Revision) -> Mapping[str, Any]:
    return {"policy": object_json(revision), "revision": revision_json(revision)}


def _agreement(visit: Visit, revision: Revision) -> Mapping[str, Any]:
    shown = agreement_json(revision, visit.gate.agencies)
    return {"dataAgreement": shown, "revision": revision_json(revision)}

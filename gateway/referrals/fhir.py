"""Referrals as FHIR R4: the request is a `ServiceRequest`, how far it has come is its `Task`. Pure.

The pair is that of the Gravity project's referrals (HL7 SDOH Clinical Care): whoever speaks it reads what
is asked of it, and answers by the task's status. Who the person is stands in a contained `Patient`, as far
as the reader may know it; before that she is known by the referral alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from audit.event import stamp
from contracts.vocabulary import Field
from gateway.referrals.referral import Asks, Referral
from gateway.referrals.stages import Side, Stage, Step

VERSION: Final = "4.0.1"
TYPE: Final = "application/fhir+json"
AGENCY, REFERRAL, SERVICE, REASON, SECTION = (
    f"urn:obmin:{name}" for name in ("agency", "referral", "service", "reason", "section")
)
SOCIAL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "coding": [
            {"system": "http://snomed.info/sct", "code": "410606002", "display": "Social service procedure"}
        ]
    }
)
TASK: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.DRAFT: "draft",
        Stage.SENT: "requested",
        Stage.RECEIVED: "received",
        Stage.ACCEPTED: "accepted",
        Stage.REJECTED: "rejected",
        Stage.IN_PROGRESS: "in-progress",
        Stage.COMPLETED: "completed",
        Stage.REVOKED: "cancelled",
    }
)
REQUEST: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        **dict.fromkeys((Stage.SENT, Stage.RECEIVED, Stage.ACCEPTED, Stage.IN_PROGRESS), "active"),
        Stage.DRAFT: "draft",
        Stage.REJECTED: "revoked",
        Stage.COMPLETED: "completed",
        Stage.REVOKED: "revoked",
    }
)
STEPS: Final[Mapping[tuple[Side, str], Step]] = MappingProxyType(
    {
        (Side.RECEIVER, "received"): Step.RECEIPT,
        (Side.RECEIVER, "accepted"): Step.ACCEPTANCE,
        (Side.RECEIVER, "rejected"): Step.REJECTION,
        (Side.RECEIVER, "in-progress"): Step.COMMENCEMENT,
        (Side.RECEIVER, "completed"): Step.COMPLETION,
        (Side.SENDER, "requested"): Step.SENDING,
        (Side.SENDER, "cancelled"): Step.REVOCATION,
    }
)
"""Which step it is to set a task to a status."""

Resource = dict[str, Any]
Facts = Mapping[Field, Any]


def service_request(referral: Referral, facts: Facts | None = None) -> Resource:
    """Write what is asked; without facts as a subset that says nothing of the person."""
    said = facts or {}
    person = _patient(said)
    shown: Resource = {
        "resourceType": "ServiceRequest",
        "id": referral.id,
        "meta": _meta(referral, whole=facts is not None),
        "status": REQUEST[referral.stage],
        "intent": "order",
        "priority": _priority(referral),
        "category": [dict(SOCIAL)],
        "code": _code(referral, said),
        "subject": {"reference": "#person"} if person else _unnamed(referral),
        "authoredOn": stamp(referral.made_at),
        "requester": _agency(referral.sender),
        "performer": [_agency(referral.receiver)],
    }
    if person:
        shown["contained"] = [person]
    if need := said.get(Field("referral.need")):
        shown["reasonCode"] = [{"text": str(need)}]
    return shown


def task(referral: Referral, outcome: str = "") -> Resource:
    """Write how far it has come."""
    shown: Resource = {
        "resourceType": "Task",
        "id": referral.id,
        "meta": _meta(referral, whole=True),
        "status": TASK[referral.stage],
        "intent": "order",
        "priority": _priority(referral),
        "code": {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]},
        "focus": {"reference": f"ServiceRequest/{referral.id}"},
        "for": _unnamed(referral),
        "authoredOn": stamp(referral.made_at),
        "requester": _agency(referral.sender),
        "owner": _agency(referral.receiver),
    }
    if referral.reason:
        shown["statusReason"] = {"coding": [{"system": REASON, "code": referral.reason}]}
    if referral.due_at:
        shown["restriction"] = {"period": {"end": stamp(referral.due_at)}}
    if outcome:
        shown["output"] = [{"type": {"text": "outcome"}, "valueString": outcome}]
    return shown


def bundle(resources: Sequence[Resource], base: str, here: str, following: str) -> Resource:
    """Write a page of a search; `here` and `following` are its own address and that of the next page."""
    links = [{"relation": "self", "url": f"{base}/{here}"}]
    if following:
        links.append({"relation": "next", "url": f"{base}/{following}"})
    shown: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if resources:
        shown["entry"] = [
            {
                "fullUrl": f"{base}/{each['resourceType']}/{each['id']}",
                "resource": each,
                "search": {"mode": "match"},
            }
            for each in resources
        ]
    return shown


def outcome(issue: str, text: str) -> Resource:
    """Write why something was not done."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": issue, "details": {"text": text}}],
    }


def capability(url: str, on: date) -> Resource:
    """Say what is served."""
    status = [{"name": "status", "type": "token"}]
    both = [{"code": "read"}, {"code": "search-type"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": on.isoformat(),
        "kind": "instance",
        "software": {"name": "Obmin"},
        "implementation": {"description": "Referrals between agencies", "url": f"{url}/fhir"},
        "fhirVersion": VERSION,
        "format": [TYPE],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "description": "A bearer token by private_key_jwt (RFC 7523), as for the rest of Obmin."
                },
                "resource": [
                    {"type": "ServiceRequest", "interaction": both, "searchParam": status},
                    {
                        "type": "Task",
                        "interaction": [*both, {"code": "update"}],
                        "versioning": "versioned-update",
                        "searchParam": status,
                    },
                ],
            }
        ],
    }


def stages_of(kind: str, statuses: Sequence[str]) -> list[Stage]:
    """Give the stages that have one of these statuses; none where nobody knows them."""
    table = TASK if kind == "Task" else REQUEST
    return [stage for stage, status in table.items() if status in statuses]


def _patient(facts: Facts) -> Resource | None:
    """Write who she is; None as long as the reader may not know."""
    family, given = facts.get(Field("person.family_name")), facts.get(Field("person.given_name"))
    if not family and not given:
        return None
    name: Resource = {}
    if family:
        name["family"] = family
    if names := [each for each in (given, facts.get(Field("person.patronymic"))) if each]:
        name["given"] = names
    person: Resource = {"resourceType": "Patient", "id": "person", "name": [name]}
    born = facts.get(Field("person.birth_date"))
    if isinstance(born, date) and not isinstance(born, datetime):
        person["birthDate"] = born.isoformat()
    if phone := facts.get(Field("referral.phone")):
        person["telecom"] = [{"system": "phone", "value": phone}]
    if address := facts.get(Field("referral.address")):
        person["address"] = [{"text": address}]
    return person


def _code(referral: Referral, facts: Facts) -> Resource:
    if referral.kind is Asks.CONTRIBUTION:
        return {"coding": [{"system": SECTION, "code": section} for section in referral.sections]}
    service = facts.get(Field("referral.service"))
    return {"coding": [{"system": SERVICE, "code": service}]} if service else {"text": referral.purpose}


def _unnamed(referral: Referral) -> Resource:
    return {"type": "Patient", "identifier": {"system": REFERRAL, "value": referral.id}}


def _agency(agency: str) -> Resource:
    return {"type": "Organization", "identifier": {"system": AGENCY, "value": agency}}


def _meta(referral: Referral, *, whole: bool) -> Resource:
    meta: Resource = {"versionId": str(referral.version)}
    if not whole:
        system = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
        meta["tag"] = [{"system": system, "code": "SUBSETTED"}]
    return meta


def _priority(referral: Referral) -> str:
    return "stat" if referral.priority == "crisis" else "routine"

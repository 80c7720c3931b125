"""Entries as FHIR R4 AuditEvents, shaped by IHE Basic Audit Log Patterns: a view, never the storage.

A release is BALP's "Privacy Disclosure at Source": source, recipient, the person as authorizer where she
consented, one entity for each registry that told something. Everything else is an AuditEvent of the
DICOM code that fits it best. People and officials appear by pseudonym and id alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.event import Event, Json, Kind, stamp

PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
DISCLOSURE = f"{PROFILE}IHE.BasicAudit.PrivacyDisclosure.Source"

DCM = "http://dicom.nema.org/resources/ontology/DCM"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
SCT = "http://snomed.info/sct"
ENTITY, ROLE = (
    "http://terminology.hl7.org/CodeSystem/audit-entity-type",
    "http://terminology.hl7.org/CodeSystem/object-role",
)
SUBJECT, AGENCY, OFFICIAL = "urn:obmin:subject", "urn:obmin:agency", "urn:obmin:official"

Members = dict[str, Json]


@dataclass(frozen=True, slots=True)
class _Shape:
    code: str
    display: str
    action: str
    lifecycle: str = ""


_QUERY = _Shape("110112", "Query", "E")
_LOG_USED = _Shape("110101", "Audit Log Used", "R")
_SECURITY = _Shape("110129", "Security Configuration", "U")
_ALERT = _Shape("110113", "Security Alert", "E")

SHAPES: Mapping[Kind, _Shape] = {
    Kind.INTENT: _QUERY,
    Kind.RELEASE: _Shape("110106", "Export", "R", "disclose"),
    Kind.REFUSAL: _ALERT,
    Kind.ABANDONED: _QUERY,
    Kind.DELIVERY: _Shape("110104", "DICOM Instances Transferred", "R", "receive"),
    Kind.CONSENT: _Shape("110110", "Patient Record", "U"),
    Kind.PROTECTION: _Shape("110110", "Patient Record", "U"),
    Kind.CORRECTION: _Shape("110110", "Patient Record", "U"),
    Kind.CASE: _Shape("110110", "Patient Record", "U"),
    Kind.CONTRACT: _SECURITY,
    Kind.KEY: _SECURITY,
    Kind.TOKEN: _Shape("110114", "User Authentication", "E"),
    Kind.SIGN_IN: _Shape("110114", "User Authentication", "E"),
    Kind.READ: _LOG_USED,
    Kind.EXPORT: _LOG_USED,
    Kind.ALARM: _ALERT,
    Kind.CONFIG: _SECURITY,
    Kind.EMERGENCY: _Shape("110127", "Emergency Override Started", "E"),
    Kind.STATEMENT: _Shape("110106", "Export", "R", "access"),
    Kind.NOTICE: _Shape("110106", "Export", "R", "transmit"),
    Kind.UNSEALING: _Shape("110134", "Use of Restricted Function", "E", "access"),
    Kind.ERASURE: _Shape("110110", "Patient Record", "D", "destroy"),
    Kind.HOLD: _Shape("110110", "Patient Record", "U", "hold"),
    Kind.RETENTION: _Shape("110110", "Patient Record", "D", "destroy"),
    Kind.SAMPLE: _LOG_USED,
    Kind.FINDING: _ALERT,
    Kind.AGREEMENT: _SECURITY,
    Kind.APPEAL: _Shape("110110", "Patient Record", "U"),
    Kind.ASSESSMENT: _Shape("110110", "Patient Record", "U"),
    Kind.OFFER: _Shape("110100", "Application Activity", "U"),
    Kind.ALLOCATION: _Shape("110110", "Patient Record", "U"),
    Kind.PARTNER: _SECURITY,
    Kind.ENDPOINT: _SECURITY,
    Kind.BUNDLE: _Shape("110106", "Export", "R", "transmit"),
    Kind.PUSH: _Shape("110106", "Export", "R", "transmit"),
    Kind.REFERRAL: _Shape("110106", "Export", "R", "transmit"),
    Kind.SUBSCRIPTION: _Shape("110100", "Application Activity", "U"),
    Kind.REPLAY: _Shape("110100", "Application Activity", "E"),
    Kind.REPORT: _Shape("110106", "Export", "R", "deidentify"),
}
"""The DICOM code, action and ISO 21089 life-cycle event of each kind."""

_FAILED: Mapping[str, str] = {"refused": "4", "failed": "4", "abandoned": "8", "blocked": "4"}
"""Which results are failures, minor (4) or serious (8); all others are successes."""


def audit_event(index: int, event: Event, origin: str) -> Members:
    """Give the resource of one entry of the log named `origin`."""
    shape = SHAPES[event.kind]
    shown: Members = {
        "resourceType": "AuditEvent",
        "id": event.id,
        "type": _coding(DCM, shape.code, shape.display),
        "subtype": list(_subtypes(event, shape)),
        "action": shape.action,
        "recorded": stamp(event.at),
        "outcome": _FAILED.get(event.result, "0"),
        "agent": list(_agents(event, origin)),
        "source": {
            "site": origin,
            "observer": {"display": origin},
            "type": [
                _coding(
                    "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"
                )
            ],
        },
        "entity": list(_entities(index, event, origin)),
    }
    if event.kind is Kind.RELEASE:
        shown["meta"] = {"profile": [DISCLOSURE]}
    if event.reason:
        shown["outcomeDesc"] = event.reason
    if event.purpose:
        shown["purposeOfEvent"] = [{"coding": [{"system": "urn:obmin:purpose", "code": event.purpose}]}]
    return shown


def _subtypes(event: Event, shape: _Shape) -> Iterator[Json]:
    if shape.lifecycle:
        yield {"system": LIFECYCLE, "code": shape.lifecycle}
    yield {"system": "urn:obmin:kind", "code": event.kind.value}
    if event.result:
        yield {"system": "urn:obmin:result", "code": event.result}


def _agents(event: Event, origin: str) -> Iterator[Json]:
    """Name who took part. A release flows from the gateway to the agency; everything else is the agency's."""
    gateway: Members = {
        "type": _concept(DCM, "110153", "Source Role ID"),
        "who": {"display": origin},
        "requestor": False,
        "network": {"address": origin, "type": "1"},
    }
    agency = event.agency or "gateway"
    recipient: Members = {
        "type": _concept(DCM, "110152", "Destination Role ID"),
        "who": {"type": "Organization", "identifier": {"system": AGENCY, "value": agency}},
        "requestor": not event.official,
        "network": {"address": agency, "type": "1"},
    }
    yield gateway
    yield recipient
    if event.official:
        official = f"{agency}/{event.official}"
        yield {
            "type": _concept(
                "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient"
            ),
            "who": {"identifier": {"system": OFFICIAL, "value": official}},
            "requestor": True,
        }
    if event.kind is Kind.RELEASE and any(_ground(each).get("kind") == "consent" for each in _sources(event)):
        yield {
            "type": _concept(SCT, "429577009", "Patient Advocate"),
            "who": _person(event),
            "requestor": False,
        }


def _entities(index: int, event: Event, origin: str) -> Iterator[Json]:
    if event.subject_ref:
        yield {
            "type": _coding(ENTITY, "1", "Person"),
            "role": _coding(ROLE, "1", "Patient"),
            "what": _person(event),
        }
    for source in _sources(event):
        yield {
            "type": _coding(ENTITY, "2", "System Object"),
            "role": _coding(ROLE, "3", "Report"),
            "what": {"identifier": {"system": "urn:obmin:source", "value": str(source["source"])}},
            "detail": list(_details(source)),
        }
    yield {
        "type": _coding(ENTITY, "2", "System Object"),
        "role": _coding(ROLE, "21", "Job Stream"),
        "what": {"identifier": {"system": f"urn:obmin:log:{origin}", "value": str(index)}},
        "detail": [
            {"type": name, "valueString": value}
            for name, value in (
                ("exchange", event.exchange_id),
                ("case", event.case),
                ("contract", event.contract),
            )
            if value
        ]
        or [{"type": "entry", "valueString": str(index)}],
    }


def _details(source: Mapping[str, Json]) -> Iterator[Json]:
    ground = _ground(source)
    fields = source.get("fields", ())
    said = {
        "status": source.get("status"),
        "reason": source.get("reason"),
        "fields": " ".join(map(str, fields)) if isinstance(fields, list | tuple) else "",
        "ground": ground.get("kind"),
        "citation": ground.get("citation"),
        "consent": ground.get("id"),
        "message": source.get("message_id"),
        "transaction": source.get("transaction_id"),
    }
    for name, value in said.items():
        if value:
            yield {"type": name, "valueString": str(value)}


def _person(event: Event) -> Members:
    return {"type": "Patient", "identifier": {"system": SUBJECT, "value": event.subject_ref}}


def _sources(event: Event) -> Sequence[Mapping[str, Json]]:
    listed = event.details.get("sources")
    found = listed if isinstance(listed, list | tuple) else ()
    return [each for each in found if isinstance(each, Mapping) and "source" in each]


def _ground(source: Mapping[str, Json]) -> Mapping[str, Json]:
    ground = source.get("ground")
    return ground if isinstance(ground, Mapping) else {}


def _coding(system: str, code: str, display: str) -> Members:
    return {"system": system, "code": code, "display": display}


def _concept(system: str, code: str, display: str) -> Members:
    return {"coding": [_coding(system, code, display)]}

"""A clinic that speaks FHIR R4 finds its referrals, reads them, and answers by the task's status."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.servicerequest import ServiceRequest
from fhir.resources.R4B.task import Task

from tests.journeys.house import House
from tests.journeys.referring import NEED, OUTCOME, PHONE, referred, stepped
from tests.journeys.test_contributions import asked

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def got(house: House, place: str, agency: str = "clinic") -> Any:
    """Read a resource."""
    found = await house.http.get(f"/fhir/{place}", headers=await house.bearer(agency))
    assert found.headers["content-type"] == "application/fhir+json"
    return found.json()


async def answered(
    house: House,
    task: dict[str, Any],
    status: str,
    agency: str = "clinic",
    if_match: str = "",
    **changes: Any,
) -> httpx.Response:
    """Set a task's status."""
    headers = {"If-Match": if_match} if if_match else {}
    body = {**task, "status": status, **changes}
    return await house.put(f"/fhir/Task/{task['id']}", body, agency, **headers)


async def test_a_request_grows_with_its_tasks_acceptance(common: House) -> None:
    """Before, the service and the need; after, a contained patient. Every resource is valid R4."""
    made = await referred(common)
    before = await got(common, f"ServiceRequest/{made['id']}")
    task = await got(common, f"Task/{made['id']}")
    accepted = await answered(common, task, "accepted")
    after = await got(common, f"ServiceRequest/{made['id']}")
    resources = [ServiceRequest.model_validate(before), ServiceRequest.model_validate(after)]

    assert (before["status"], task["status"], accepted.json()["status"]) == (
        "active",
        "requested",
        "accepted",
    )
    assert before["reasonCode"] == [{"text": NEED}]
    assert "contained" not in before
    assert after["contained"][0]["telecom"] == [{"system": "phone", "value": PHONE}]
    assert after["contained"][0]["birthDate"] == "1990-09-03"
    assert [each.get_resource_type() for each in resources] == ["ServiceRequest", "ServiceRequest"]
    assert Task.model_validate(accepted.json()).status == "accepted"
    assert task["owner"]["identifier"]["value"] == "clinic"


async def test_a_task_is_taken_to_its_end_with_words(common: House) -> None:
    """In progress, then completed with an outcome that the case worker reads."""
    made = await referred(common)
    task = await got(common, f"Task/{made['id']}")
    states = [
        (await answered(common, task, status, note=[{"authorString": "dr-1", "text": OUTCOME}])).json()[
            "status"
        ]
        for status in ("received", "accepted", "in-progress", "completed", "completed")
    ]
    read = await got(common, f"Task/{made['id']}", "case-system")

    assert states == ["received", "accepted", "in-progress", "completed", "completed"]
    assert read["output"] == [{"type": {"text": "outcome"}, "valueString": OUTCOME}]


async def test_tasks_are_searched_by_status_in_pages(common: House) -> None:
    """A page names the next; a search tells nothing of the person."""
    await referred(common)
    second = await referred(common)
    await stepped(common, second["id"], "rejection", reason="out-of-area")
    rejected = await got(common, "Task?status=rejected,cancelled&_count=100")
    page = await got(common, "ServiceRequest?status=active&_count=1")
    nothing = await got(common, "Task?status=lost")

    assert Bundle.model_validate(rejected).type == "searchset"
    assert second["id"] in [each["resource"]["id"] for each in rejected["entry"]]
    assert [link["relation"] for link in page["link"]] == ["self", "next"]
    assert page["entry"][0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert NEED not in str(page)
    assert "entry" not in nothing


@pytest.mark.parametrize(
    ("agency", "status", "changes", "code", "issue"),
    [
        ("clinic", "completed", {}, 409, "conflict"),
        ("clinic", "cancelled", {}, 409, "conflict"),
        ("clinic", "nonsense", {}, 409, "conflict"),
        ("clinic", "rejected", {}, 422, "invalid"),
        ("clinic", "rejected", {"statusReason": {"coding": [{"code": "tired"}]}}, 422, "invalid"),
        ("clinic", "accepted", {"id": "other"}, 422, "invalid"),
        ("clinic", "accepted", {"resourceType": "Patient"}, 422, "invalid"),
        ("clinic", "accepted", {"note": [{"authorString": "не код"}]}, 422, "invalid"),
        ("clinic", "accepted", {"if_match": 'W/"9"'}, 412, "conflict"),
        ("clinic", "accepted", {"if_match": "yesterday"}, 412, "conflict"),
        ("case-system", "accepted", {}, 409, "conflict"),
        ("career-centre", "accepted", {}, 404, "not-found"),
        ("auditor", "accepted", {}, 403, "forbidden"),
    ],
)
async def test_a_wrong_answer_is_an_operation_outcome(
    common: House, agency: str, status: str, changes: dict[str, Any], code: int, issue: str
) -> None:
    """A step that may not follow, a missing reason, another version or side: said as FHIR has it."""
    made = await referred(common)
    task = await got(common, f"Task/{made['id']}", "case-system")
    place = f"/fhir/Task/{made['id']}"
    more = {name: value for name, value in changes.items() if name != "if_match"}
    headers = {"If-Match": changes["if_match"]} if "if_match" in changes else {}
    refused = await common.put(place, {**task, "status": status, **more}, agency, **headers)

    assert refused.status_code == code
    assert OperationOutcome.model_validate(refused.json()).issue[0].code == issue


async def test_the_sender_revokes_by_the_task_and_a_contribution_asks_for_sections(common: House) -> None:
    """Cancelled is revoked; an assessment's sections are codes, and no status completes it."""
    made, part = await referred(common), await asked(common)
    task = await got(common, f"Task/{made['id']}", "case-system")
    cancelled = await answered(common, task, "cancelled", "case-system")
    request = await got(common, f"ServiceRequest/{part['id']}")
    its_task = await got(common, f"Task/{part['id']}")
    await answered(common, its_task, "accepted")
    completed = await answered(common, its_task, "completed")

    assert cancelled.json()["status"] == "cancelled"
    assert [each["code"] for each in request["code"]["coding"]] == ["health", "self_care"]
    assert request["contained"][0]["name"][0]["family"] == "Бондаренко"
    assert completed.status_code == 409


async def test_it_says_what_it_serves(common: House) -> None:
    """The capability statement needs no token and is valid."""
    found = await common.http.get("/fhir/metadata")
    unknown = await common.get("/fhir/Patient", "clinic")
    served = [each["type"] for each in found.json()["rest"][0]["resource"]]

    assert CapabilityStatement.model_validate(found.json()).fhirVersion == "4.0.1"
    assert served == ["ServiceRequest", "Task"]
    assert unknown.status_code == 404

"""Approvals in ЕСОЗ's manner: what is sent, and what each answer means."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest

from adapters.approval import Approval, Approver, Errand, Verdict
from adapters.base import (
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.health.approving import LASTING, PATIENTS, Approvals
from contracts.vocabulary import OfficialId
from tests.unit.adapters.asking import MESSAGE_ID, Peer, ask_for

PATIENT = {
    "id": "0f1e",
    "last_name": "Бондаренко",
    "first_name": "Марія",
    "birth_date": "1990-09-03",
    "tax_id": "3311845622",
}
ENDS = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
APPROVAL = Approval("a-1", "0f1e", ENDS)


def _found(*people: object) -> dict[str, object]:
    return {"meta": {"code": 200}, "data": people, "paging": {"total_entries": len(people), "total_pages": 1}}


def _one(code: int = 200, **data: object) -> dict[str, object]:
    return {"meta": {"code": code}, "data": {"id": "a-1", "expires_at": ENDS.isoformat(), **data}}


def _peer(status: int, body: object, people: object = None) -> Peer:
    """Give a peer that finds `people`, the patient alone by default, and says the rest of approvals."""
    found = _found(PATIENT) if people is None else people

    def say(request: httpx.Request) -> httpx.Response:
        searched = request.url.path.endswith("/search")
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return httpx.Response(
            200 if searched else status, content=orjson.dumps(found) if searched else content
        )

    return Peer(say)


def _approver(peer: Peer) -> Approver:
    adapter = peer.adapter("health")
    assert isinstance(adapter, Approver)
    return adapter


def _errand() -> Errand:
    return Errand(MESSAGE_ID, OfficialId("worker-17"), asyncio.get_running_loop().time() + 5)


async def test_an_approval_is_asked_for_with_case_official_and_text() -> None:
    """The registry learns who asks, for which case and in which words; no number stands in a URL."""
    peer = _peer(201, _one(201, status="new"))

    approval = await _approver(peer).approve(ask_for(), "what is agreed to")

    sent = orjson.loads(peer.heard[1].content)

    assert approval == APPROVAL
    assert peer.heard[1].url.path == "/health/api/patients/0f1e/approvals"
    assert sent["granted_to"]["identifier"]["value"] == "worker-17"
    assert sent["resources"][0]["identifier"]["value"] == "KYIV-2026-000123"
    assert (sent["notice"], sent["access_level"]) == ("what is agreed to", "read")
    assert not [request for request in peer.heard if "3311845622" in str(request.url)]


@pytest.mark.parametrize(
    ("people", "kind", "reason"),
    [
        (_found(), SubjectUnknownError, "not-found"),
        (_found(PATIENT, PATIENT), SubjectUnknownError, "not-found"),
        (_found({**PATIENT, "tax_id": "3456789016"}), SourceMisbehavedError, "wrong-person"),
    ],
)
async def test_nobody_but_the_person_is_sent_a_code(
    people: object, kind: type[SourceError], reason: str
) -> None:
    """Without exactly the person asked about nothing is asked for."""
    peer = _peer(201, _one(201), people)

    with pytest.raises(kind) as error:
        await _approver(peer).approve(ask_for(), "text")

    assert (error.value.reason, len(peer.heard)) == (reason, 1)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, {"meta": {"code": 201}, "data": {"id": "a-1"}}, SourceMisbehavedError),
        (201, _one(201, expires_at="2026-03-01T12:00:00"), SourceMisbehavedError),
        (201, _one(201, id=""), SourceMisbehavedError),
        (201, b"[]", SourceMisbehavedError),
        (401, b"{}", SourceRefusedError),
        (429, b"{}", SourceUnavailableError),
        (503, b"<html>", SourceUnavailableError),
    ],
)
async def test_what_is_no_approval_is_refused(status: int, body: object, kind: type[SourceError]) -> None:
    """An answer without id or end, and every failure, is the error that any answer would be."""
    with pytest.raises(kind):
        await _approver(_peer(status, body)).approve(ask_for(), "text")


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, _one(status="active"), Verdict.RIGHT),
        (200, _one(status="new"), Verdict.ENDED),
        (422, {"error": {"type": "otp_invalid", "message": "1234"}}, Verdict.WRONG),
        (409, {"error": {"type": "approval_ended"}}, Verdict.ENDED),
    ],
)
async def test_the_registry_judges_the_code(status: int, body: object, verdict: Verdict) -> None:
    """Right, wrong and too late are told apart; the code is in the body alone."""
    peer = _peer(status, body)

    said = await _approver(peer).verify(APPROVAL, "4711", _errand())

    assert said is verdict
    assert orjson.loads(peer.heard[0].content) == {"code": "4711"}
    assert "4711" not in str(peer.heard[0].url)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (422, {"error": {"type": "validation_failed"}}, SourceRefusedError),
        (409, b"<html>", SourceMisbehavedError),
        (404, {"error": {"type": "not_found"}}, SubjectUnknownError),
        (500, b"", SourceUnavailableError),
    ],
)
async def test_what_is_no_verdict_is_a_failure(status: int, body: object, kind: type[SourceError]) -> None:
    """Only the manifest's two error types say anything of a code."""
    with pytest.raises(kind):
        await _approver(_peer(status, body)).verify(APPROVAL, "4711", _errand())


async def test_a_new_code_has_a_new_end() -> None:
    """What was asked for stays the same; an approval that has ended cannot be sent again."""
    later = ENDS + timedelta(minutes=5)
    renewed = await _approver(_peer(200, _one(expires_at=later.isoformat()))).resend(APPROVAL, _errand())
    ended = await _approver(_peer(409, {"error": {"type": "approval_ended"}})).resend(APPROVAL, _errand())

    assert renewed == Approval("a-1", "0f1e", later)
    assert ended is None


def test_the_simulated_registry_forgets_a_code_in_time() -> None:
    """A right code hands over nothing from its end on."""
    times = iter([ENDS, ENDS + LASTING])
    approvals = Approvals({"p": "3311845622"}, lambda: next(times))
    _, asked = approvals.answer("POST", f"{PATIENTS}p/approvals", {"notice": "text"})
    _, [message] = approvals.answer("POST", "/phone", {"tax_id": "3311845622"})

    late = approvals.answer("PATCH", f"{PATIENTS}p/approvals/{asked['id']}", {"code": message["code"]})

    assert late == (409, "approval_ended")

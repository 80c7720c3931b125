"""`POST /oauth/token`: client credentials with a signed assertion (RFC 6749 §4.4, RFC 7523)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.event import Event, Kind
from gateway.faults import BodyInvalidError
from gateway.identity import UnauthenticatedError
from gateway.storage.engine import now
from gateway.web.gate import exchange_id_of, gate_of
from gateway.web.replying import reply
from gateway.web.wire import read_bytes

router = APIRouter(tags=["identity"])

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MEMBERS = frozenset({"grant_type", "client_assertion_type", "client_assertion", "client_id", "scope"})


@router.post("/oauth/token", summary="An access token for an agency")
async def issue(request: Request) -> Response:
    """Exchange an assertion signed by the agency's key for a bearer token of at most five minutes.

    Each issue and each refusal is on record before it is told.
    """
    gate, at = gate_of(request), now()
    form = _form(await read_bytes(request, gate.largest_body))
    try:
        token, seconds = await gate.tokens.issue(form["client_assertion"], at)
    except UnauthenticatedError as error:
        await _note(request, at, error.agency, "refused", error.code)
        raise
    await _note(request, at, gate.tokens.authenticate(token, at).id, "issued")
    return reply({"access_token": token, "token_type": "Bearer", "expires_in": seconds})


async def _note(request: Request, at: datetime, agency: str, result: str, reason: str = "") -> None:
    event = Event(
        kind=Kind.TOKEN,
        at=at,
        exchange_id=exchange_id_of(request),
        agency=agency,
        result=result,
        reason=reason,
    )
    await gate_of(request).pipeline.log.note(event)


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise BodyInvalidError("not-a-form") from None
    form = dict(pairs)
    if len(form) != len(pairs) or form.keys() - MEMBERS:
        raise BodyInvalidError("not-as-described")
    expected = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    if any(form.get(name) != value for name, value in expected.items()) or "client_assertion" not in form:
        raise BodyInvalidError("grant-type")
    return form

"""Parts of a needs assessment: asked of several agencies, added by each, read by who asked and the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.agencies import Role
from gateway.faults import ForbiddenError
from gateway.oversight.wording import Wordings
from gateway.referrals.contributions import field_of
from gateway.referrals.hearing import Heard
from gateway.referrals.referral import Asks
from gateway.referrals.stages import Side
from gateway.web.bodies import StatementBody
from gateway.web.gate import caller_of, exchange_id_of, gate_of
from gateway.web.idempotency import once
from gateway.web.referral_wire import ContributionRequestBody, ReferralBody, SignedBody
from gateway.web.referrals import PARTIES, shown, wish_of
from gateway.web.replying import reply
from gateway.web.versions import version_of
from gateway.web.wire import Code, described, parse, read_bytes

router = APIRouter(tags=["contributions"])


@router.post(
    "/v1/contribution-requests",
    openapi_extra=described(ContributionRequestBody),
    summary="Ask several agencies for their parts of an assessment",
)
async def ask(request: Request) -> Response:
    """Send a referral to each agency; where one may not be asked, none is."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(ContributionRequestBody, content)
        wishes = [
            await wish_of(
                gate,
                caller,
                ReferralBody(
                    subject=body.subject,
                    case=body.case,
                    official=body.official,
                    receiver=each.agency,
                    purpose=body.purpose,
                    kind=Asks.CONTRIBUTION,
                    priority=body.priority,
                    sections=each.sections,
                    content=body.content,
                ),
                exchange_id_of(request),
            )
            for each in body.asks
        ]
        asked = await gate.referring.referrals.refer_all(wishes)
        return reply({"referrals": [shown(each, caller.id) for each in asked]}, 201)

    return await once(request, caller, content, produce)


@router.post(
    "/v1/referrals/{referral_id}/contributions",
    openapi_extra=described(SignedBody),
    summary="Add to an assessment",
)
async def add(request: Request, referral_id: Code) -> Response:
    """Add what the caller has signed with a key of its entry: some of the sections, or the last of them."""
    gate, caller = gate_of(request), caller_of(request, *PARTIES)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(SignedBody, content)
        referral = await gate.referring.referrals.get(referral_id, caller.id)
        added = await gate.referring.contributions.add(
            referral, caller.agency, body.signed, version_of(request.headers.get("if-match"))
        )
        return reply(shown(added, caller.id), 201, {"ETag": f'"{added.version}"'})

    return await once(request, caller, content, produce)


@router.get("/v1/referrals/{referral_id}/contributions", summary="What was added")
async def added(request: Request, referral_id: Code) -> Response:
    """Give the case system what an agency has said, with who said it; on record before it is given."""
    gate, caller = gate_of(request), caller_of(request, Role.CASE_SYSTEM)
    referral = await gate.referring.referrals.get(referral_id, caller.id)
    if referral.side_of(caller.id) is not Side.SENDER:
        raise ForbiddenError
    return reply(await gate.referring.views.contributed(referral))


@router.post(
    "/v1/statements/contributions",
    openapi_extra=described(StatementBody),
    summary="What agencies have said of a person",
)
async def heard(request: Request) -> Response:
    """Give her what was written for the assessment of her needs, unless a law forbids or delays it."""
    gate, caller = gate_of(request), caller_of(request, Role.PERSON_PORTAL)
    content = await read_bytes(request, gate.largest_body)

    async def produce() -> Response:
        body = parse(StatementBody, content)
        vocabulary = gate.pipeline.contracts.vocabulary
        subject = body.subject.subject(vocabulary)
        person = body.person.subject(vocabulary) if body.person else None
        statements = gate.oversight.statements
        ref = await statements.whose(caller.id, subject, person)
        found = await gate.referring.hearing.of(ref) if ref else []
        await statements.note_given(caller.id, ref, len(found))
        return reply({"contributions": [_heard(each, gate.oversight.wordings) for each in found]})

    async def recall(_exchange_id: str) -> Response:
        return await produce()

    return await once(request, caller, content, produce, recall)


def _heard(heard: Heard, words: Wordings) -> Mapping[str, Any]:
    return {
        "referral": heard.referral,
        "agency": {"agency": heard.agency, **words.agency(heard.agency)},
        "asked_by": {"agency": heard.asked_by, **words.agency(heard.asked_by)},
        "case": heard.case,
        "at": heard.at,
        "sections": [
            {"section": name, **words.field(field_of(name)), "text": text}
            for name, text in heard.sections.items()
        ],
        "later": [
            {"section": each.section, "until": each.until, "article": each.article} for each in heard.later
        ],
    }

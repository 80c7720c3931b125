"""The pages of the cabinet, in one router."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.web.cabinets.casework import (
    acts,
    asking,
    cases,
    consents,
    emergencies,
    referrals,
    resources,
    timeline,
)

router = APIRouter(include_in_schema=False)
for part in (cases, asking, consents, emergencies, acts, resources, referrals, timeline):
    router.include_router(part.router)

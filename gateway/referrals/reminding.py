"""Whoever owes the next step of a referral is reminded once; what is overdue goes to a named role."""

from __future__ import annotations

from dataclasses import replace

from contracts.vocabulary import AgencyId
from gateway.faults import ConflictError
from gateway.referrals.posting import Posting
from gateway.referrals.referral import Referral
from gateway.referrals.referrals import Referrals, Tell
from gateway.referrals.rows import ReferralRows
from gateway.storage.engine import now

SYSTEM = AgencyId("gateway")
AT_ONCE = 200


class Reminding:
    """Safe to do twice, by any number of workers: whoever is second finds another version."""

    def __init__(self, rows: ReferralRows, kept: Referrals, posting: Posting) -> None:
        self._rows = rows
        self._kept = kept
        self._posting = posting

    async def round(self) -> int:
        """Remind and escalate what is due; give how many."""
        at, role, count = now(), self._kept.clocks.role, 0
        for referral in await self._rows.overdue(at, AT_ONCE):
            late = replace(referral, escalated_to=role, remind_at=None)
            count += await self._tell(referral, late, "escalated", self._posting.escalation)
        for referral in await self._rows.nearly_due(at, AT_ONCE):
            reminded = replace(referral, remind_at=None)
            count += await self._tell(referral, reminded, "reminded", self._posting.reminder)
        return count

    async def _tell(self, was: Referral, new: Referral, result: str, tell: Tell) -> int:
        try:
            await self._kept.note(was, new, result, SYSTEM, tell=tell)
        except ConflictError:
            return 0  # another worker was first, or it has just been answered
        return 1

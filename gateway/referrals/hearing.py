"""What a person may read of what agencies have said of her, unless a law forbids or delays it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.clauses import NoticeRule
from contracts.contract import NotPermittedError, Operation
from contracts.notices import due
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, CaseId, SubjectRef
from gateway.referrals.contributions import Contribution, Contributions, field_of
from gateway.referrals.referral import Referral
from gateway.referrals.rows import ReferralRows
from gateway.storage.engine import now


@dataclass(frozen=True, slots=True)
class Later:
    """A section that she is told later: not before when, and by which article."""

    section: str
    until: datetime
    article: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One contribution as she may read it."""

    referral: str
    agency: AgencyId
    asked_by: AgencyId
    case: CaseId
    at: datetime
    sections: dict[str, str] = field(repr=False)
    later: Sequence[Later] = ()


class Hearing:
    """Reads contributions for the person whom they are about."""

    def __init__(self, contracts: ContractStore, rows: ReferralRows, added: Contributions) -> None:
        self._contracts = contracts
        self._rows = rows
        self._added = added

    async def of(self, ref: SubjectRef) -> list[Heard]:
        """List what was said of her. What its contract forbids to tell is left out, as in her statement."""
        heard = []
        for contribution in await self._added.about(ref):
            referral = await self._rows.find(contribution.referral_id)
            if referral is not None and (told := self._told(referral, contribution)):
                heard.append(told)
        return heard

    def _told(self, referral: Referral, contribution: Contribution) -> Heard | None:
        sections: dict[str, str] = {}
        later: list[Later] = []
        for section, text in contribution.sections.items():
            rule = self._rule(referral, section)
            told_at = due(rule, contribution.at) if rule else None
            if told_at is not None and told_at <= now():
                sections[section] = text
            elif rule is not None and told_at is not None:
                later.append(Later(section, told_at, rule.article))
        if not sections and not later:
            return None
        return Heard(
            referral.id, contribution.agency, referral.sender, referral.case, contribution.at, sections, later
        )

    def _rule(self, referral: Referral, section: str) -> NoticeRule | None:
        """Give by which rule she is told of a section; None where no contract says: then it is not told."""
        try:
            grant = self._contracts.permit(
                referral.sender, referral.purpose, now(), None, [field_of(section)], Operation.PUSH
            )
        except NotPermittedError:
            return None
        return next(iter(grant.terms.values())).notice

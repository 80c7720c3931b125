"""What callers send about grounds: consents and their ends, recalls, reviews, protection, orders."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.facts import Capacity, Giver
from gateway.consent.emergencies import Verdict
from gateway.consent.recalls import Outcome
from gateway.web.wire import Body, Code, Reference, SubjectBody

LONGEST_CONSENT = timedelta(days=5 * 366)
MOST_USES = 10_000

Digest = Annotated[str, StringConstraints(pattern=r"^sha-256:[0-9a-f]{64}$")]
Language = Annotated[str, StringConstraints(pattern=r"^(uk|en)$")]
Evidence = Annotated[Reference, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


class AssistanceBody(Body):
    """How a person without a device of her own was helped: who helped, who saw it, and the signed paper."""

    official: Code
    witness: Code
    scan_digest: Digest


class ConsentBody(Body):
    """`POST /v1/consents`. `notice_digest` names the text that was shown; the preview gives both.

    `uses` bounds how many releases may rest on it, in each `per_days` or in all its time. `giver` is the
    parent or guardian, whose authority ends on `authority_until`. `answer` may say that she refused.
    """

    subject: SubjectBody
    consumer: Code
    purpose: Code
    sources: Annotated[list[Code], Field(min_length=1, max_length=50)]
    categories: Annotated[list[Code], Field(min_length=1, max_length=50)] | None = None
    operations: Annotated[tuple[Literal["pull", "push"], ...], Field(min_length=1, max_length=2)] = ("pull",)
    given_by: Giver = Giver.SELF
    giver: SubjectBody | None = None
    evidence: Reference = ""
    authority_until: datetime | None = None
    notice_digest: Digest
    language: Language
    given_at: datetime | None = None
    until: datetime
    uses: Annotated[int, Field(ge=1, le=MOST_USES)] | None = None
    per_days: Annotated[int, Field(ge=1, le=366)] | None = None
    assistance: AssistanceBody | None = None
    supersedes: Code | None = None
    answer: Literal["given", "refused"] = "given"


class WithdrawalBody(Body):
    """`POST /v1/consents/{id}/withdrawal`: the reason is a code; none need be given."""

    reason: Code = "not-stated"


class EndBody(Body):
    """`POST /v1/consents/{id}/end`: a dispute suspends it, or the authority of its giver has ended."""

    ending: Literal["suspended", "guardian-authority-ended"]
    reason: Code


class AcknowledgementBody(Body):
    """`POST /v1/recalls/{consent}/acknowledgement`: what was done with what had been received."""

    official: Code
    outcome: Outcome


class ReviewBody(Body):
    """`POST /v1/emergencies/{id}/review`: a second person's word on it."""

    reviewer: Code
    verdict: Verdict
    note: Annotated[Text, StringConstraints(min_length=20)]


class ProtectionBody(Body):
    """`POST /v1/protections`. `shielded_from` are people who must neither consent for her nor be told.

    `from_any_representative`: it is not known which of those who represent her is the danger.
    """

    subject: SubjectBody
    danger: Literal["violence", "child-protection", "witness"]
    categories: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)] = ("contact", "whereabouts")
    shielded_from: Annotated[tuple[SubjectBody, ...], Field(max_length=10)] = ()
    from_any_representative: bool = False
    evidence: Evidence
    official: Code


class LiftingBody(Body):
    """`POST /v1/protections/{id}/lifting`: two people, and the decision it rests on."""

    official: Code
    second: Code
    evidence: Evidence


class CapacityBody(Body):
    """`POST /v1/capacity`: whether a person can act for herself in law, by which decision or record."""

    subject: SubjectBody
    capacity: Capacity
    evidence: Evidence
    official: Code


class OrderBody(Body):
    """`POST /v1/court-orders`: a court lets this agency be told of a person, by which sources, until when."""

    subject: SubjectBody
    citation: Evidence
    sources: Annotated[list[Code], Field(min_length=1, max_length=50)]
    since: datetime
    until: datetime
    official: Code


class ConsentRequestBody(Body):
    """`POST /v1/consent-requests`: whom to ask, for what, in which case. The person answers by `answer_by`.

    `until` is when the consent would end.
    """

    subject: SubjectBody
    purpose: Code
    sources: Annotated[list[Code], Field(min_length=1, max_length=50)]
    case: Code
    official: Code
    language: Language = "uk"
    until: date
    answer_by: datetime | None = None


class AnswerBody(Body):
    """`POST /v1/consent-requests/{id}/answer`: what the person said, from her own portal."""

    answer: Literal["given", "refused"]


class ApprovalBody(Body):
    """`POST /v1/approvals`: whose approval, of which registry, in which case; the consent ends at `until`."""

    subject: SubjectBody
    case: Code
    official: Code
    source: Code
    purpose: Code
    language: Language = "uk"
    until: datetime


class VerificationBody(Body):
    """`POST /v1/approvals/{id}/verification`: the code that the person was sent, as she says it."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")]

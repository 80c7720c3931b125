"""What callers send about referrals, contributions and subscriptions: see `gateway.web.wire`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.referrals.referral import Asks
from gateway.web.wire import Body, Code, OfficialBody, SubjectBody

Words = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Said = Words | bool | Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(max_length=50)]
Content = Annotated[dict[Code, Said], Field(max_length=100)]
Sections = Annotated[list[Code], Field(max_length=50)]


class ReferralBody(Body):
    """`POST /v1/referrals`. `content` is by field, as the receiver's contract names them.

    Who the person is need not be said: the gateway takes it from what is on file, as far as the contract
    gives it. `sections` are the parts of the assessment that a contribution is asked for.
    """

    subject: SubjectBody
    case: Code
    official: OfficialBody
    receiver: Code
    purpose: Code
    kind: Asks = Asks.REFERRAL
    priority: Literal["usual", "crisis"] = "usual"
    sections: Sections = Field(default_factory=list)
    content: Content = Field(default_factory=dict)
    draft: bool = False


class DraftBody(Body):
    """`PUT /v1/referrals/{id}`: what a draft says from now on."""

    content: Content


class ReferralStepBody(Body):
    """A step of a referral: who takes it, and words of hers that are sealed."""

    official: OfficialBody
    words: Words = ""


class ReasonedStepBody(ReferralStepBody):
    """A step that needs a reason: one of the codes of the deployment's `clocks` for a rejection."""

    reason: Code


class TransferBody(Body):
    """`POST /v1/referrals/{id}/transfer`: to another agency, or to another official of one's own."""

    official: OfficialBody
    receiver: Code | None = None
    to: Code | None = None


class ContributionAskBody(Body):
    """One agency, and the sections that it is asked for."""

    agency: Code
    sections: Annotated[Sections, Field(min_length=1)]


class ContributionRequestBody(Body):
    """`POST /v1/contribution-requests`: several agencies are asked for their parts at once."""

    subject: SubjectBody
    case: Code
    official: OfficialBody
    purpose: Code
    priority: Literal["usual", "crisis"] = "usual"
    asks: Annotated[list[ContributionAskBody], Field(min_length=1, max_length=20)]
    content: Content = Field(default_factory=dict)


class SignedBody(Body):
    """`POST /v1/referrals/{id}/contributions`: a compact JWS over canonical JSON.

    Inside: `referral`, `official`, `sections` (text by section) and `whole` (nothing is left to add).
    """

    signed: Annotated[str, StringConstraints(max_length=48_000)]

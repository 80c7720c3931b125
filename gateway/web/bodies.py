"""What auditors, operators and the person's portal send: see `gateway.web.wire`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from audit.sampling import MOST
from gateway.oversight.erasure import ErasureGround
from gateway.web.wire import Body, Code, OfficialBody, Reference, SubjectBody

LARGEST_INDEX = 2**53 - 1

Note = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class PeriodBody(Body):
    """`POST /v1/audit/findings`: what is looked through; everything where no bound is given."""

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")


class VerdictBody(Body):
    """`POST /v1/audit/findings/{id}/verdict`: a code, and a note that is sealed under the person's key."""

    verdict: Literal["confirmed", "dismissed"]
    official: OfficialBody
    code: Code
    note: Note | None = None


class SampleBody(Body):
    """`POST /v1/audit/samples`: how many of each agency; a seed draws a sample again."""

    each: Annotated[int, Field(ge=1, le=MOST)]
    seed: Code | None = None
    size: Annotated[int, Field(ge=0, le=LARGEST_INDEX)] | None = None


class EvidenceBody(Body):
    """`POST /v1/audit/evidence`: which entries go into the pack; at least one of the first five."""

    case: Code | None = None
    official: Code | None = None
    agency: Code | None = None
    subject_ref: Code | None = None
    exchange_id: Code | None = None
    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")


class UnsealingBody(Body):
    """`POST /v1/audit/unsealings`: whose sealed part is to be read, and why (a code)."""

    event_id: Code
    official: OfficialBody
    reason: Code


class OfficialOnlyBody(Body):
    """A step in which nothing but the person who takes it is told."""

    official: OfficialBody


class PersonBody(Body):
    """A person by pseudonym or by identifier, one of them."""

    subject: SubjectBody | None = None
    subject_ref: Code | None = None


class ErasureBody(PersonBody):
    """`POST /v1/erasures`."""

    ground: ErasureGround
    official: OfficialBody


class HoldBody(PersonBody):
    """`POST /v1/holds`: the act on which it rests, and until when if it ends by itself."""

    citation: Annotated[Reference, StringConstraints(min_length=3)]
    until: datetime | None = None
    official: OfficialBody


class AcquaintanceBody(Body):
    """One person whom an official knows."""

    subject: SubjectBody
    relation: Literal["self", "family", "colleague"]


class AcquaintancesBody(Body):
    """`PUT /v1/officials/{official}/acquaintances`: the whole list, which replaces the one before."""

    people: Annotated[list[AcquaintanceBody], Field(max_length=200)]


class StatementBody(Body):
    """`POST /v1/statements`. `person` is who asks, where the portal tells: anybody but herself is refused."""

    subject: SubjectBody
    person: SubjectBody | None = None
    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")
    after: Annotated[int, Field(ge=0, le=LARGEST_INDEX)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class ContactBody(Body):
    """`PUT /v1/contacts`: over what a person is safely told."""

    subject: SubjectBody
    channel: Code
    address: Annotated[str, StringConstraints(min_length=1, max_length=200)]

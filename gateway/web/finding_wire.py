"""What a case worker sends to find and hold help."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.web.wire import Body, Code, OfficialBody, SubjectBody

Years = Annotated[int, Field(ge=0, le=120)]


class WantingBody(Body):
    """What matters of the person for finding help; each member only where a criterion needs it."""

    age: Years | None = None
    sex: Literal["", "female", "male"] = ""
    factors: Annotated[list[Code], Field(max_length=20)] = Field(default_factory=list)
    household: Annotated[int, Field(ge=1, le=20)] | None = None
    youngest: Years | None = None


class SearchBody(Body):
    """`POST /v1/offers/search`: what is needed, where (an area's code), and for whom.

    `exchange_id` names a history got in this case: what the criteria ask and `person` does not say is
    taken from it.
    """

    category: Code
    area: Code
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = ""
    accessible: bool = False
    person: WantingBody = WantingBody()
    case: Code
    official: OfficialBody
    exchange_id: Code | None = None


class OfferHoldBody(Body):
    """`POST /v1/offers/{id}/holds`: for whom, in which case. `household` names who lives with her.

    `exchange_id` names a history got in this case: the family is taken from it, too.
    """

    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    subject: SubjectBody
    household: Annotated[list[SubjectBody], Field(max_length=20)] = Field(default_factory=list)
    case: Code
    official: OfficialBody
    age: Years
    sex: Literal["female", "male"]
    factor: Code
    area: Code
    exchange_id: Code | None = None

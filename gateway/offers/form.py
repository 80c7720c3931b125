"""What a partner fills in, whichever way it comes: form, API, spreadsheet row or HSDS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from gateway.faults import BodyInvalidError
from gateway.offers.areas import Area, area_of, level_of
from gateway.offers.offer import Criteria
from gateway.offers.taxonomy import Taxonomy

Line = Annotated[
    str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f<>]*$")
]
Prose = Annotated[
    str, StringConstraints(max_length=4000, strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f<>]*$")
]
Word = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:+-]{0,63}$")]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Years = Annotated[int, Field(ge=0, le=120)]

OLDEST: int = 120
NOT_IATI: Final = re.compile(r"[\s/&|?]")
"""What an IATI activity identifier may not hold (IATI standard 2.03, `iati-identifier`)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class CriteriaBody(_Part):
    """Whom it is for; see `Criteria`."""

    factors: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    sex: Literal["", "female", "male"] = ""
    age_from: Years | None = None
    age_to: Years | None = None
    household_from: Annotated[int, Field(ge=1, le=20)] | None = None
    children_under: Annotated[int, Field(ge=1, le=18)] | None = None


class OfferBody(_Part):
    """One offer.

    `areas` are codes of areas, each with all that lies in it; `value` is in the currency's smallest
    unit; `contact` is a role, never a person.
    """

    external_id: Word
    kind: Word
    category: Word
    title: Annotated[Line, StringConstraints(min_length=1)]
    description: Prose = ""
    quantity: Count
    unit: Line = ""
    value: Annotated[int, Field(ge=0)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    areas: Annotated[list[Word], Field(min_length=1, max_length=200)]
    criteria: CriteriaBody = CriteriaBody()
    languages: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]], Field(max_length=20)
    ] = Field(default_factory=list)
    accessible: bool = False
    valid_from: date
    valid_until: date
    lead_days: Annotated[int, Field(ge=0, le=365)] = 0
    delivery: Literal["pick-up", "brought", "on-site", "remote"] = "pick-up"
    conditions: Prose = ""
    documents: Prose = ""
    contact: Line = ""
    funding: Line = ""
    iati: Line = ""

    def wanted(self) -> Criteria:
        """Give the criteria as the rules use them."""
        body = self.criteria
        return Criteria(
            factors=frozenset(body.factors),
            sex=body.sex,
            age_from=body.age_from,
            age_to=body.age_to,
            household_from=body.household_from,
            children_under=body.children_under,
        )

    def roots(self, taxonomy: Taxonomy) -> frozenset[Area]:
        """Give the areas by the part of their codes that names them."""
        return frozenset(area_of(code, taxonomy.areas) for code in self.areas)


Row = tuple[int, OfferBody]
"""A form of a file, and the number of its row."""


def check(body: OfferBody, taxonomy: Taxonomy, is_area: Callable[[str], bool]) -> None:
    """Check what the form's types cannot.

    Raises:
        BodyInvalidError: it names each member that is wrong with a code, and nothing that was sent.
    """
    faults = [
        *_word_faults(body, taxonomy, is_area),
        *_order_faults(body),
        *_narrowness(body, taxonomy, is_area),
    ]
    if faults:
        raise BodyInvalidError("not-as-described", faults)


def read_forms(
    numbered: Iterable[tuple[int, Mapping[str, Any]]], taxonomy: Taxonomy, is_area: Callable[[str], bool]
) -> tuple[list[Row], list[Mapping[str, Any]]]:
    """Read many forms: those that are sound, and what is wrong with each other one.

    A fault names `row`, `pointer` and `code`, and nothing that was sent.
    """
    rows: list[Row] = []
    faults: list[Mapping[str, Any]] = []
    for number, members in numbered:
        try:
            form = OfferBody.model_validate_json(orjson.dumps(members, default=str))
            check(form, taxonomy, is_area)
        except ValidationError as error:
            faults += [
                {"row": number, **_fault(_pointer(each["loc"]), _code(each["type"]))} for each in _bare(error)
            ]
        except BodyInvalidError as invalid:
            faults += [{"row": number, **place} for place in invalid.places]
        else:
            rows.append((number, form))
    return rows, faults


def _bare(error: ValidationError) -> Sequence[ErrorDetails]:
    return error.errors(include_input=False, include_url=False, include_context=False)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{step}" for step in location)


def _code(kind: str) -> str:
    return kind.replace("_", "-")


def _fault(pointer: str, code: str) -> Mapping[str, str]:
    return {"pointer": pointer, "code": code}


def _word_faults(
    body: OfferBody, taxonomy: Taxonomy, is_area: Callable[[str], bool]
) -> Iterator[Mapping[str, str]]:
    if body.kind not in taxonomy.kinds:
        yield _fault("/kind", "unknown-kind")
    if body.category not in taxonomy.categories:
        yield _fault("/category", "unknown-category")
    for index, factor in enumerate(body.criteria.factors):
        if factor not in taxonomy.factors:
            yield _fault(f"/criteria/factors/{index}", "unknown-factor")
    for index, code in enumerate(body.areas):
        if not is_area(code):
            yield _fault(f"/areas/{index}", "unknown-area")


def _order_faults(body: OfferBody) -> Iterator[Mapping[str, str]]:
    criteria = body.criteria
    if body.valid_until < body.valid_from:
        yield _fault("/valid_until", "before-valid-from")
    if criteria.age_from is not None and criteria.age_to is not None and criteria.age_to < criteria.age_from:
        yield _fault("/criteria/age_to", "before-age-from")
    if NOT_IATI.search(body.iati):
        yield _fault("/iati", "not-an-iati-identifier")
    if (body.value is None) != (body.currency is None):
        yield _fault("/currency" if body.currency is None else "/value", "one-without-the-other")


def _narrowness(
    body: OfferBody, taxonomy: Taxonomy, is_area: Callable[[str], bool]
) -> Iterator[Mapping[str, str]]:
    """Refuse criteria that describe one person: whoever is helped by such an offer is named by it."""
    criteria = body.criteria
    span = (OLDEST if criteria.age_to is None else criteria.age_to) - (criteria.age_from or 0) + 1
    for index, code in enumerate(body.areas):
        if is_area(code):
            least = level_of(area_of(code, taxonomy.areas), taxonomy.areas).narrowest
            if span < least * (2 if criteria.sex else 1):
                yield _fault(f"/areas/{index}", "criteria-too-narrow")

"""What callers send: strict JSON, read once, into models that know no unknown member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from itertools import takewhile
from types import MappingProxyType
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from starlette.requests import Request

from audit.event import Json
from contracts.identifiers import InvalidIdentifierError, check
from contracts.vocabulary import (
    NAME,
    CaseId,
    ExchangeId,
    Identity,
    OfficialId,
    PersonName,
    Purpose,
    Scheme,
    Source,
    Subject,
)
from contracts.vocabulary import Field as FieldName
from contracts.words import Vocabulary
from gateway.faults import BodyInvalidError, BodyTooLargeError
from gateway.query import Query

Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$")]
NamePart = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Reference = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A part of a request body: unknown members are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class NameBody(Body):
    """A person's name as her document spells it."""

    family: NamePart
    given: NamePart
    patronymic: NamePart | None = None


class SubjectBody(Body):
    """The person asked about. With the scheme `name`, name and birth date stand in place of a value."""

    scheme: Code
    value: Annotated[str, StringConstraints(max_length=64)] | None = None
    name: NameBody | None = None
    birth_date: date | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _split(cls, name: object) -> object:
        """Take a name written in one line: family name, given name, and the rest the patronymic."""
        if not isinstance(name, str):
            return name
        family, _, rest = name.strip().partition(" ")
        given, _, patronymic = rest.strip().partition(" ")
        return {"family": family, "given": given, "patronymic": patronymic.strip() or None}

    def subject(self, vocabulary: Vocabulary) -> Subject:
        """Check the identifier and give the person.

        Raises:
            InvalidIdentifierError: unknown scheme, wrong shape or check digit.
        """
        identifiers = {}
        if self.scheme != NAME:
            if self.value is None:
                raise InvalidIdentifierError(Scheme(self.scheme))
            scheme = Scheme(self.scheme)
            identifiers[scheme] = check(vocabulary, scheme, self.value)
        elif self.value is not None or self.name is None or self.birth_date is None:
            raise InvalidIdentifierError(NAME)
        name = self.name
        return Subject(
            Identity(
                identifiers,
                PersonName(name.family, name.given, name.patronymic) if name else None,
                self.birth_date,
            )
        )

    @classmethod
    def of(cls, subject: Subject, scheme: Scheme) -> SubjectBody:
        """Name a person who is on file as a caller would."""
        identity = subject.reveal()
        if scheme != NAME:
            return cls(scheme=scheme, value=identity.identifiers[scheme])
        assert identity.name  # noqa: S101  whoever is known by name alone has one
        name = NameBody(
            family=identity.name.family, given=identity.name.given, patronymic=identity.name.patronymic
        )
        return cls(scheme=scheme, name=name, birth_date=identity.birth_date)


class OfficialBody(Body):
    """The human on whose initiative the query is made. The name goes nowhere but back to the caller.

    `role` and `second_factor` (she was authenticated by one, just now) are what the agency vouches for.
    """

    id: Code
    name: NamePart | None = None
    role: Code | None = None
    second_factor: bool = False


class EmergencyBody(Body):
    """A claim of emergency, with its reason in at least 20 characters. A shorter one is refused on record."""

    reason: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]


class HistoryBody(Body):
    """`POST /v1/social-history`. `consent` names one on file that the caller relies on: it proves nothing.

    With `Prefer: respond-async` the exchange waits for the answer to a `consent_request`.
    """

    subject: SubjectBody
    purpose: Code
    case: Code | None = None
    official: OfficialBody
    sources: Annotated[list[Code], Field(min_length=1, max_length=50)] | None = None
    fields: Annotated[list[Code], Field(min_length=1, max_length=500)] | None = None
    emergency: EmergencyBody | None = None
    consent: Code | None = None
    consent_request: Code | None = None

    def query(
        self,
        exchange_id: str,
        vocabulary: Vocabulary,
        language: str,
        via: Mapping[str, Json] = MappingProxyType({}),
    ) -> Query:
        """Give the query, and by which other protocol it came; raises `InvalidIdentifierError`."""
        return Query(
            exchange_id=ExchangeId(exchange_id),
            subject=self.subject.subject(vocabulary),
            scheme=Scheme(self.subject.scheme),
            purpose=Purpose(self.purpose),
            case=CaseId(self.case) if self.case else None,
            official=OfficialId(self.official.id),
            sources=frozenset(map(Source, self.sources)) if self.sources else None,
            fields=frozenset(map(FieldName, self.fields)) if self.fields else None,
            emergency=self.emergency.reason if self.emergency else None,
            language=language,
            role=self.official.role or "",
            second_factor=self.official.second_factor,
            consent=self.consent or "",
            consent_request=self.consent_request or "",
            via=via,
        )


class CaseBody(Body):
    """`PUT /v1/cases/{case}`. `identifiers` are further ones of the same person, by scheme.

    An official may be given by id alone.
    """

    subject: SubjectBody
    identifiers: dict[Code, Annotated[str, StringConstraints(max_length=64)]] = Field(
        default_factory=dict, max_length=10
    )
    officials: Annotated[list[OfficialBody | Code], Field(min_length=1, max_length=100)]
    opened: date
    closed: date | None = None

    def official_ids(self) -> list[OfficialId]:
        """Give the officials' ids, which are all that is kept of them."""
        return [OfficialId(one if isinstance(one, str) else one.id) for one in self.officials]

    def person(self, vocabulary: Vocabulary) -> Subject:
        """Give the person by all her identifiers; raises `InvalidIdentifierError`."""
        identity = self.subject.subject(vocabulary).reveal()
        more = {Scheme(s): check(vocabulary, Scheme(s), value) for s, value in self.identifiers.items()}
        return Subject(Identity({**more, **identity.identifiers}, identity.name, identity.birth_date))


async def read_bytes(request: Request, most: int) -> bytes:
    """Read the body, never more than `most` bytes of it."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise BodyTooLargeError
    return bytes(content)


def parse(model: type[M], content: bytes) -> M:
    """Turn bytes into a model.

    Raises:
        BodyInvalidError: not JSON, a member twice, NaN, too deep, or not what `model` describes.
            It names places and codes, nothing that was sent.
    """
    try:
        json.loads(content, object_pairs_hook=_unique, parse_constant=_no_constant)
    except BodyInvalidError:
        raise
    except (ValueError, RecursionError):
        raise BodyInvalidError("not-json") from None
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise BodyInvalidError("not-as-described", places_of(error, model)) from None


def places_of(error: ValidationError, model: type[BaseModel]) -> list[Mapping[str, str]]:
    """Point at each member that is wrong; one that the caller invented is named by its parent alone."""
    described = _member_names(model)
    places: list[Mapping[str, str]] = []
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        unknown = detail["type"] == "extra_forbidden"
        code = "unknown-member" if unknown else detail["type"].replace("_", "-")
        places.append({"pointer": _pointer(detail["loc"], described), "code": code})
    return places


@cache
def _member_names(model: type[BaseModel]) -> frozenset[str]:
    """Name every member that a body may have, those of its parts included."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _pointer(location: tuple[int | str, ...], described: frozenset[str]) -> str:
    """Write a JSON pointer (RFC 6901) as far as it names what our own descriptions name."""
    ours = takewhile(lambda part: isinstance(part, int) or part in described, location)
    return "".join(f"/{part}" for part in ours)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a body for `/openapi.json`, since it is read by `parse` and not by the framework."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BodyInvalidError("member-twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise BodyInvalidError("not-a-number")

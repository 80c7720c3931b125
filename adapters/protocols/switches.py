"""A registry's habits on the wire as its manifest states them: one table for each protocol.

What real registries do differently is a switch here, never code beside one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MEMBER = r"^[^/]+/[^/]+/[^/]+$"
SERVICE = r"^[^/]+/[^/]+/[^/]+/[^/]+(/[^/]+)?$"


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


CAP: Final = 1_048_576
"""Bytes that an answer may have where its manifest does not say more, before and after decompression.
Real ones have a few thousand."""

Place = Literal["body", "query", "path", "header"]
"""Where an element of a question stands in a REST request."""

OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]
"""One text, or several of which any counts."""


class Part(BaseModel):
    """A piece of a manifest: nothing unknown is accepted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Polling(Part):
    """Ask-then-poll: which operation takes a ticket, and what its answers say.

    `operation` is the poll's operation, over REST its path; `service` the poll's own service on the bus
    where it has one. `state` names the element; `ready`, `waiting` and `nobody` its values. Pauses are in
    milliseconds: `first_ms` before the first poll, `interval_ms` between the others.
    """

    operation: str
    ticket: str
    state: str
    ready: OneOrMore
    waiting: frozenset[str]
    nobody: frozenset[str] = frozenset()
    service: str = ""
    first_ms: Annotated[int, Field(ge=1)]
    interval_ms: Annotated[int, Field(ge=1)]


class Codes(Part):
    """Result codes that stand in the body, because the status says nothing.

    `member` is where (dotted). `nobody` says that the person is not known; `waiting` that the answer is
    not ready yet; `refused` that the question is not accepted; `failed` that they cannot answer now. A
    code that is in none of them is no answer.
    """

    member: str
    ok: frozenset[str]
    nobody: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


class Tunnel(Part):
    """REST through SOAP: an element with base64 of `{method, url, body}`, and one with base64 of JSON back.

    `answer` may list several spellings: `ResponceStr` is what real ones write.
    """

    request: str
    answer: OneOrMore
    method: str = "POST"
    url: str


class Token(Part):
    """A SOAP header of the provider's own that carries our credential."""

    name: str
    namespace: str


class XRoad(Part):
    """An X-Road (UXP, Trembita) SOAP service and its peer's habits.

    `service` is class/member/subsystem: the instance is the deployment's. `echo` says whether the provider
    must copy our headers back (protocol v4.0 §1.3), may answer from another instance (`any-instance`), or
    may leave them out, as Trembita's examples do. `wrapper` is the answer's body element, `*` for any: real
    registries do not begin it with the operation. `document` names an element (dotted) whose text is an XML
    document of its own, mostly in CDATA. `record` names the repeated element that holds one person (dotted),
    empty where that is the wrapper itself. `leave_out` drops optional headers that a peer refuses. Fault
    codes need no switch: both spellings are read from everybody.
    """

    service: Annotated[str, Field(pattern=MEMBER)]
    version: str = ""
    operation: str
    record: str
    wrapper: str = ""
    document: str = ""
    echo: Literal["strict", "any-instance", "lenient"] = "strict"
    leave_out: frozenset[Literal["userId", "issue"]] = frozenset()
    token: Token | None = None
    tunnel: Tunnel | None = None
    polling: Polling | None = None


class Headers(Part):
    """How a Trembita peer spells the optional headers; an empty name is not sent.

    In the wild: `Uxp-Id` for the query id, `Purpose-Id` for the purpose.
    """

    query_id: str = "Uxp-QueryID"
    user_id: str = "Uxp-UserId"
    purpose_ids: str = "Uxp-Purpose-Ids"
    subject_id: str = "Uxp-Subject-Id"
    issue: str = "Uxp-Issue"


class Nobody(Part):
    """The words in which a REST service says that it does not know the person.

    A 404 without them is a wrong address. `member` (dotted) must be there; `value`, where given, must be
    what stands in it.
    """

    status: int = 404
    member: str
    value: str = ""


class Request(Part):
    """How one REST operation is asked, whatever bus it is on.

    `place` says where an element of the question goes, the body where it does not say; `path` has
    `{element}` for those that go there, `parameters` are query parameters that never change. What a person
    is found by ends up in logs when it stands in a URL: `identifiers_in_url` admits that the registry takes
    it no other way. `record` names the member that holds the people (dotted), empty where that is the whole
    document.
    """

    path: str = ""
    method: Literal["GET", "POST"] = "POST"
    parameters: Mapping[str, str] = Field(default_factory=dict)
    place: Mapping[str, Place] = Field(default_factory=dict)
    identifiers_in_url: bool = False
    record: str = ""
    nobody: Nobody = Nobody(member="error", value="not_found")
    polling: Polling | None = None

    @model_validator(mode="after")
    def _keeps_to_itself(self) -> Self:
        if not self.identifiers_in_url and {"path", "query"} & set(self.place.values()):
            raise ValueError("an element in the URL needs identifiers_in_url")
        if self.method == "GET" and "body" in self.place.values():
            raise ValueError("GET has no body")
        if self.method == "GET" and self.polling and self.polling.ticket.rpartition(".")[2] not in self.place:
            raise ValueError("a GET's ticket needs a place")
        return self


class Trembita(Request):
    """A Trembita REST service. `monitored`: the citizen is told of each access, with its purpose.

    `in_query` repeats query id and official as query parameters, as the official demo services want them.
    """

    service: Annotated[str, Field(pattern=SERVICE)]
    monitored: bool = True
    in_query: bool = False
    headers: Headers = Headers()
    nobody: Nobody = Nobody(member="detail")


class XRoadRest(Request):
    """A service behind X-Road's REST protocol r1; `service` is class/member/subsystem/code."""

    service: Annotated[str, Field(pattern=r"^[^/]+/[^/]+/[^/]+/[^/]+$")]
    nobody: Nobody = Nobody(member="detail")


class Approvals(Part):
    """How an ЕСОЗ-style service asks the patient `{id}` for an `{approval}` by one-time code.

    `resource` is what the approval opens; `wrong` and `ended` are the error types of a wrong code and of an
    approval that has ended.
    """

    create: str
    verify: str
    resend: str
    resource: str
    wrong: str
    ended: str


class EHealth(Part):
    """An ЕСОЗ-style service: a search for the person, then a summary resource under `{id}`."""

    search: str
    summary: str
    approvals: Approvals | None = None
    pages: Annotated[int, Field(ge=1, le=20)] = 5


class Fhir(Part):
    """A FHIR R4 server.

    An element of the question is a search parameter, what follows a dot only tells two of them apart
    (`identifier.rnokpp`); `systems` are the identifier systems, by element. `related` names what refers to
    the patient (`Observation?category=social-history`), `references` what she refers to (dotted). The
    credential goes as a bearer token.
    """

    systems: Mapping[str, str] = Field(default_factory=dict)
    related: Mapping[str, str] = Field(default_factory=dict)
    references: Mapping[str, str] = Field(default_factory=dict)
    pages: Annotated[int, Field(ge=1, le=20)] = 5


class Drop(Part):
    """An extract that a registry puts into a folder: a CSV with a header, or one JSON list.

    The first record of a CSV is line 2, under its header; records of a list are counted from 1.
    """

    format: Literal["csv", "json"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ";"

    @property
    def first_line(self) -> int:
        """The number of the first record's line."""
        return 2 if self.format == "csv" else 1


class Rest(Request):
    """A plain REST service. `key_header` carries our credential, after a `key_scheme` (`Bearer`) if any.

    A public service has no `key_header`.
    """

    key_header: str = ""
    key_scheme: str = ""

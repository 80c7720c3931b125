"""FHIR R4: search by form, pages, what refers to the patient and what she refers to, outcomes by code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from adapters.base import (
    Ambiguous,
    Answered,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.normal import read_date
from adapters.protocols.fhir_r4 import FhirR4
from adapters.protocols.fhir_serving import FhirServer
from adapters.protocols.reading import Reading, person
from adapters.protocols.subject import Wording
from adapters.protocols.switches import Fhir
from adapters.protocols.wire import Wire
from contracts.vocabulary import Field, Scheme, Source
from tests.unit.adapters.asking import Peer, ask_for, saying

SOURCE = Source("clinic")
TAX = "https://id.example/rnokpp"
FAMILY, HOUSING, CLINIC = Field("person.family_name"), Field("clinic.housing"), Field("clinic.organization")
SWITCHES = Fhir(
    systems={"identifier.rnokpp": TAX},
    related={"housing": "Observation?category=social-history"},
    references={"clinic": "managingOrganization.reference"},
)
PATIENT = {
    "resourceType": "Patient",
    "id": "p-1",
    "identifier": [{"system": TAX, "value": "3311845622"}],
    "name": [{"family": "Бондаренко", "given": ["Марія", "Олександрівна"]}],
    "birthDate": "1990-09-03",
    "managingOrganization": {"reference": "Organization/org-1"},
}
HOMELESS = {"resourceType": "Observation", "id": "o-1", "valueString": "none"}
ORGANIZATION = {"resourceType": "Organization", "id": "org-1", "name": "Клініка"}
ALL = frozenset({FAMILY, HOUSING, CLINIC})


def whose(answer: Any) -> Any:
    """Give the identity of a patient."""
    said = answer["person"]
    name = said["name"][0]
    return person(
        {"rnokpp": said["identifier"][0]["value"]},
        name["family"],
        name["given"][0],
        born=read_date(said["birthDate"]),
    )


READERS = {
    FAMILY: lambda answer: answer["person"]["name"][0]["family"],
    HOUSING: lambda answer: answer["related"]["housing"][-1]["valueString"],
    CLINIC: lambda answer: answer["references"]["clinic"]["name"],
}


def clinic(transport: httpx.AsyncBaseTransport, base: str = "/fhir", **switches: Any) -> FhirR4:
    """Give a clinic's adapter over a transport."""
    need = [frozenset({Scheme("rnokpp")})]
    return FhirR4(
        SOURCE,
        SWITCHES.model_copy(update=switches),
        Wire(SOURCE, f"http://clinic.example{base}", transport, {"Authorization": "Bearer token"}),
        Wording(SOURCE, need, {"identifier.rnokpp": "rnokpp"}),
        Reading(SOURCE, READERS, whose),
    )


def asked(peer: Peer, **switches: Any) -> FhirR4:
    """Give a clinic's adapter that talks to a peer."""
    return clinic(httpx.MockTransport(peer.answer), **switches)


def bundle(*resources: object, **members: object) -> dict[str, object]:
    """Give a bundle of matches."""
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **members}


@pytest.fixture
def server(tmp_path: Path) -> Callable[[int], FhirServer]:
    """Give a FHIR server that holds one patient with two observations, with so many to a page."""
    said = {
        "person": PATIENT,
        "related": {"housing": [{**HOMELESS, "id": "o-0", "valueString": "rented"}, HOMELESS]},
        "references": {"clinic": ORGANIZATION},
    }
    (tmp_path / "records.json").write_bytes(orjson.dumps({"maria": {"said": said}}))
    return lambda page: FhirServer(
        tmp_path / "records.json",
        lambda patient: [f"identifier={TAX}|{patient['identifier'][0]['value']}"],
        page,
    )


@pytest.mark.parametrize("page", [1, 50])
async def test_a_patient_is_read_with_all_around_her(server: Callable[[int], FhirServer], page: int) -> None:
    """Search, related resources on every page, and a reference: one record."""
    reply = await clinic(httpx.ASGITransport(server(page)), base="").ask(ask_for(fields=ALL))

    assert isinstance(reply, Answered)
    assert reply.values == {FAMILY: "Бондаренко", HOUSING: "none", CLINIC: "Клініка"}


async def test_a_search_has_no_identifier_in_its_url() -> None:
    """System and value travel as a form, and nothing else is asked where the person is all that is wanted."""
    peer = saying(200, bundle(PATIENT))

    await asked(peer).ask(ask_for(fields=frozenset({FAMILY})))
    sent = peer.heard[0]

    assert len(peer.heard) == 1
    assert str(sent.url) == "http://clinic.example/fhir/Patient/_search"
    assert parse_qs(sent.content.decode()) == {"identifier": [f"{TAX}|3311845622"]}


async def test_several_patients_are_weighed_and_not_chosen() -> None:
    """Each candidate has a confidence, none is told."""
    other = {**PATIENT, "id": "p-2", "identifier": [{"value": "3111712316"}]}

    reply = await asked(saying(200, bundle(PATIENT, other))).ask(ask_for(fields=ALL))

    assert isinstance(reply, Ambiguous)
    assert (reply.candidates, [one.confidence for one in reply.likenesses]) == (2, [100, 10])


async def test_what_a_server_adds_to_a_bundle_is_no_match() -> None:
    """Outcomes and included resources stand beside the matches and are not patients."""
    extra = [
        {"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}},
        {"resource": {**PATIENT, "id": "p-3"}, "search": {"mode": "include"}},
    ]
    peer = saying(200, {**bundle(), "entry": [{"resource": PATIENT}, *extra]})

    reply = await asked(peer).ask(ask_for(fields=frozenset({FAMILY})))

    assert isinstance(reply, Answered)


def outcome(code: str) -> dict[str, object]:
    """Give an outcome whose text tells of the person."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": "Бондаренко Марія"}],
    }


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, bundle(), SubjectUnknownError, "not-found"),
        (200, {"resourceType": "Bundle"}, SubjectUnknownError, "not-found"),
        (401, outcome("login"), SourceRefusedError, "access-denied"),
        (200, outcome("forbidden"), SourceRefusedError, "access-denied"),
        (500, outcome("exception"), SourceUnavailableError, "source-failed"),
        (429, outcome("throttled"), SourceUnavailableError, "overloaded"),
        (400, outcome("invalid"), SourceRefusedError, "bad-question"),
        (200, outcome("invalid"), SourceRefusedError, "bad-question"),
        (404, outcome("not-found"), SourceRefusedError, "unknown-service"),
        (503, b"", SourceUnavailableError, "source-failed"),
        (200, b"<html>", SourceMisbehavedError, "unreadable"),
        (200, [], SourceMisbehavedError, "unreadable"),
        (200, PATIENT, SourceMisbehavedError, "unreadable"),
        (200, {"resourceType": "OperationOutcome"}, SourceMisbehavedError, "unreadable"),
        (200, bundle({"id": "p-1"}), SourceMisbehavedError, "unreadable"),
        (200, bundle({**PATIENT, "name": []}), SourceMisbehavedError, "unreadable"),
    ],
)
async def test_what_a_server_says_gets_its_reason(
    status: int, body: object, kind: type[SourceError], reason: str
) -> None:
    """Nobody, a refusal, a failure and nonsense are told apart by codes, never by texts."""
    with pytest.raises(kind) as error:
        await asked(saying(status, body)).ask(ask_for(fields=frozenset({FAMILY})))

    assert error.value.reason == reason
    assert "Бондаренко" not in str(error.value)


@pytest.mark.parametrize("url", ["http://169.254.169.254/fhir?page=2", "//evil.example/fhir/Patient"])
async def test_a_page_elsewhere_is_not_fetched(url: str) -> None:
    """A next page at another address would let the registry choose whom we talk to."""
    peer = saying(200, bundle(PATIENT, link=[{"relation": "next", "url": url}]))

    with pytest.raises(SourceMisbehavedError, match="redirected"):
        await asked(peer).ask(ask_for(fields=frozenset({FAMILY})))

    assert len(peer.heard) == 1


async def test_pages_without_end_are_not_followed() -> None:
    """A server that always has one page more is given up."""
    peer = saying(200, bundle(link=[{"relation": "next", "url": "http://clinic.example/fhir?page=2"}]))

    with pytest.raises(SourceMisbehavedError, match="too-large"):
        await asked(peer, pages=3).ask(ask_for(fields=frozenset({FAMILY})))

    assert len(peer.heard) == 4


@pytest.mark.parametrize(
    "reference", ["../admin", "Organization/../../x", "http://evil.example/x", "Organization"]
)
async def test_a_reference_that_is_none_is_not_followed(reference: str) -> None:
    """Only a type and an id lead to a resource."""
    patient = {**PATIENT, "managingOrganization": {"reference": reference}}

    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await asked(saying(200, bundle(patient)), related={}).ask(ask_for(fields=ALL))


async def test_what_fails_around_a_patient_fails_the_answer() -> None:
    """Half a record is not told: a related search that is refused is the answer's own failure."""
    peer = Peer(
        lambda request: httpx.Response(
            200 if "Patient" in request.url.path else 403, content=orjson.dumps(bundle(PATIENT))
        )
    )

    with pytest.raises(SourceRefusedError, match="access-denied"):
        await asked(peer).ask(ask_for(fields=ALL))

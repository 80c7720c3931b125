"""The three REST protocols: what each sends, and what each makes of errors, lists and pages."""

from __future__ import annotations

import httpx
import orjson
import pytest

from adapters.base import (
    Answered,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.catalog import build, find_registries
from adapters.health.simulator import application
from adapters.protocols.connection import Connection
from contracts.vocabulary import Identity, Scheme, Source, Subject
from tests.unit.adapters.asking import CREDENTIAL, MESSAGE_ID, ask_for, saying

LEARNER = {
    "surname": "Бондаренко",
    "name": "Марія",
    "dateOfBirth": "1990-09-03",
    "rnokpp": "3311845622",
    "education": {"statusName": "Навчається"},
}
STATUS = frozenset({"education.status"})
PATIENT = {
    "id": "0f1e",
    "last_name": "Бондаренко",
    "first_name": "Марія",
    "birth_date": "1990-09-03",
    "gender": "FEMALE",
    "tax_id": "3311845622",
}
NEED = {"code": {"coding": [{"code": "care_need"}]}, "value_boolean": True}
AID = frozenset({"donors.last_aid_on"})
RECIPIENT = {
    "person": {
        "rnokpp": "3311845622",
        "familyName": "Бондаренко",
        "givenName": "Марія",
        "birthDate": "1990.09.03",
    },
    "aid": [],
}


def page(*items: object, total: int | None = None, pages: int = 1) -> dict[str, object]:
    """Give one page in ЕСОЗ's envelope."""
    count = len(items) if total is None else total
    return {"meta": {"code": 200}, "data": items, "paging": {"total_entries": count, "total_pages": pages}}


async def test_trembita_gets_the_headers_of_the_bus() -> None:
    """Both sides, the message, the purpose, the subject and the official are named in headers."""
    peer = saying(200, LEARNER, uxp_transaction_id="tx-1")

    reply = await peer.adapter("education").ask(ask_for(fields=STATUS))
    request = peer.heard[0]

    assert isinstance(reply, Answered)
    assert (reply.values, reply.transaction_id) == ({"education.status": "studying"}, "tx-1")
    assert {name: value for name, value in request.headers.items() if name.startswith("uxp-")} == {
        "uxp-client": "SEVDEIR-TEST/GOV/37508596/CASE_GATEWAY",
        "uxp-service": "SEVDEIR-TEST/GOV/38621185/PD_Learners/GetLearnerStatus_v1",
        "uxp-queryid": MESSAGE_ID,
        "uxp-userid": "worker-17",
        "uxp-subject-id": "3311845622",
        "uxp-purpose-ids": "9K9J65I75ILCLMPDUIRXS",
        "uxp-issue": "KYIV-2026-000123",
    }
    assert orjson.loads(request.content) == {"rnokpp": "3311845622"}


async def test_a_monitored_service_is_not_asked_without_a_purpose() -> None:
    """Nothing leaves where the citizen could not be told why."""
    peer = saying(200, LEARNER)

    with pytest.raises(SourceRefusedError, match="purpose-missing"):
        await peer.adapter("education").ask(ask_for(fields=STATUS, purpose_id=""))

    assert not peer.heard


@pytest.mark.parametrize("source", ["education", "health", "donors"])
async def test_no_identifier_stands_in_a_url(source: str) -> None:
    """A person's numbers are in bodies and headers, which no proxy writes down by habit."""
    peer = saying(200, {**LEARNER, **RECIPIENT, **page({**PATIENT, **NEED})})

    await peer.adapter(source).ask(ask_for(fields=frozenset({"health.needs_care"})))

    assert peer.heard
    assert not [request for request in peer.heard if "3311845622" in str(request.url)]


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("server.serverproxy.access_denied", SourceRefusedError, "access-denied"),
        ("Server.ServerProxy.AccessDenied", SourceRefusedError, "access-denied"),
        ("Client.BadRequest", SourceRefusedError, "bad-question"),
        ("server.serverproxy.service_failed.network_error", SourceUnavailableError, "source-failed"),
        ("server.clientproxy.network_error", SourceUnavailableError, "bus-failed"),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_error_of_the_bus_is_told_by_its_header(
    code: str, status: int, kind: type[SourceError], reason: str
) -> None:
    """The header decides, whatever status comes with it."""
    with pytest.raises(kind) as error:
        await saying(status, {"detail": "Бондаренко"}, x_road_error=code).adapter("education").ask(ask_for())

    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, [], SubjectUnknownError, "not-found"),
        (404, {"detail": "Person not found"}, SubjectUnknownError, "not-found"),
        (404, {"path": "/restapi"}, SourceRefusedError, "unknown-service"),
        (404, b"<html>", SourceMisbehavedError, "unreadable"),
        (422, {"detail": [{"input": "3311845622"}]}, SourceRefusedError, "bad-question"),
        (403, {"detail": "no"}, SourceRefusedError, "access-denied"),
        (503, b"", SourceUnavailableError, "source-failed"),
        (200, b'{"rnokpp":"3311845622","rnokpp":"3111712316"}', SourceMisbehavedError, "unreadable"),
        (200, {**LEARNER, "rnokpp": 3311845622}, SourceMisbehavedError, "unreadable"),
        (200, {**LEARNER, "rnokpp": "3111712316"}, SourceMisbehavedError, "wrong-person"),
        (200, {**LEARNER, "education": None}, SourceMisbehavedError, "unreadable-field"),
        (200, b"null", SourceMisbehavedError, "unreadable"),
        (200, b'"text"', SourceMisbehavedError, "unreadable"),
    ],
)
async def test_what_trembita_says_gets_its_reason(
    status: int, body: object, kind: type[SourceError], reason: str
) -> None:
    """Nobody, a refusal, a failure and nonsense are told apart."""
    with pytest.raises(kind) as error:
        await saying(status, body).adapter("education").ask(ask_for(fields=STATUS))

    assert error.value.reason == reason


async def test_an_unreadable_field_is_named() -> None:
    """Which field could not be read is said beside the error, what stood there is not."""
    with pytest.raises(SourceMisbehavedError) as error:
        await saying(200, {**LEARNER, "education": {}}).adapter("education").ask(ask_for(fields=STATUS))

    assert error.value.__notes__ == ["education.status"]


async def test_several_learners_are_only_counted() -> None:
    """A list of several is ambiguous, of one is that one."""
    several = await saying(200, [LEARNER, LEARNER]).adapter("education").ask(ask_for(fields=STATUS))
    one = await saying(200, [LEARNER]).adapter("education").ask(ask_for(fields=STATUS))

    assert getattr(several, "candidates", 0) == 2
    assert isinstance(one, Answered)


async def test_a_passport_in_a_header_is_encoded() -> None:
    """An official's id beyond ASCII goes percent-encoded, and the answer is read all the same."""
    peer = saying(200, LEARNER)
    subject = Subject(Identity({Scheme("unzr"): "19900903-13025", Scheme("rnokpp"): "3311845622"}))

    await peer.adapter("education").ask(ask_for(subject, STATUS, case="СПРАВА-1"))

    assert peer.heard[0].headers["uxp-issue"].startswith("%D0%A1")


async def test_health_gets_its_token_and_only_the_best_number() -> None:
    """The search carries the bearer token and one identifier, and a summary is not asked for in vain."""
    peer = saying(200, page(PATIENT), x_request_id="esoz-1")

    reply = await peer.adapter("health").ask(ask_for(fields=frozenset({"person.sex"})))

    assert isinstance(reply, Answered)
    assert (reply.values, reply.transaction_id) == ({"person.sex": "female"}, "esoz-1")
    assert len(peer.heard) == 1
    assert peer.heard[0].headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert orjson.loads(peer.heard[0].content) == {"tax_id": "3311845622"}


async def test_every_page_of_a_summary_is_read() -> None:
    """Facts on later pages count: with one fact a page the record is the same."""
    transport = httpx.ASGITransport(application(page_size=1))
    connection = Connection("http://registry.example", credential=CREDENTIAL)
    adapter = build(find_registries()[Source("health")], connection, transport)

    reply = await adapter.ask(ask_for(fields=frozenset({"health.disability_group", "health.needs_care"})))

    assert isinstance(reply, Answered)
    assert reply.values == {"health.disability_group": "2", "health.needs_care": False}


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, page(), SubjectUnknownError, "not-found"),
        (404, {"error": {"type": "not_found", "message": "Бондаренко"}}, SubjectUnknownError, "not-found"),
        (404, {"error": {"type": "no_route"}}, SourceRefusedError, "unknown-service"),
        (404, b"<html>", SourceMisbehavedError, "unreadable"),
        (401, {"error": {"type": "access_denied"}}, SourceRefusedError, "access-denied"),
        (422, {"error": {"type": "validation_failed"}}, SourceRefusedError, "bad-question"),
        (429, {"error": {"type": "too_many"}}, SourceUnavailableError, "overloaded"),
        (200, {**page(PATIENT), "meta": {"code": 500}}, SourceMisbehavedError, "unreadable"),
        (200, {"meta": {"code": 200}, "data": [PATIENT]}, SourceMisbehavedError, "unreadable"),
        (200, page(PATIENT, pages=10_000), SourceMisbehavedError, "unreadable"),
    ],
)
async def test_what_health_says_gets_its_reason(
    status: int, body: object, kind: type[SourceError], reason: str
) -> None:
    """Nobody, a refusal, a failure and nonsense are told apart."""
    with pytest.raises(kind) as error:
        await saying(status, body).adapter("health").ask(ask_for(fields=frozenset({"health.needs_care"})))

    assert error.value.reason == reason


async def test_a_summary_without_end_is_not_followed() -> None:
    """A registry that promises ten thousand pages is given up after a few."""
    peer = saying(200, page({**PATIENT, **NEED}, total=1, pages=10_000))

    with pytest.raises(SourceMisbehavedError, match="too-large"):
        await peer.adapter("health").ask(ask_for(fields=frozenset({"health.needs_care"})))

    assert len(peer.heard) == 6


async def test_several_patients_are_only_counted() -> None:
    """The total of the search counts, though one page shows but one person."""
    reply = await saying(200, page(PATIENT, total=3)).adapter("health").ask(ask_for())

    assert getattr(reply, "candidates", 0) == 3


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (404, {"error": "not_found", "message": "Бондаренко"}, SubjectUnknownError, "not-found"),
        (404, {"error": "no_route"}, SourceRefusedError, "unknown-service"),
        (404, {"detail": "Not Found"}, SourceRefusedError, "unknown-service"),
        (401, {"error": "unauthorized"}, SourceRefusedError, "access-denied"),
        (500, {"error": "internal"}, SourceUnavailableError, "source-failed"),
        (200, [], SubjectUnknownError, "not-found"),
        (200, {"aid": []}, SourceMisbehavedError, "unreadable"),
        (200, {**RECIPIENT, "aid": [{"givenOn": "soon"}]}, SourceMisbehavedError, "unreadable-field"),
    ],
)
async def test_what_donors_say_gets_its_reason(
    status: int, body: object, kind: type[SourceError], reason: str
) -> None:
    """Nobody, a refusal, a failure and nonsense are told apart."""
    with pytest.raises(kind) as error:
        await saying(status, body).adapter("donors").ask(ask_for(fields=AID))

    assert error.value.reason == reason


@pytest.mark.parametrize("quantity", [1.5, "2", True, None])
async def test_a_quantity_is_a_whole_number(quantity: object) -> None:
    """Half a kit, a number in quotes or a truth value is not a quantity."""
    item = {
        "kind": "cash",
        "category": "rent",
        "quantity": quantity,
        "unit": "kopiika",
        "givenOn": "2026.01.01",
    }

    with pytest.raises(SourceMisbehavedError, match="unreadable-field"):
        await (
            saying(200, {**RECIPIENT, "aid": [item]})
            .adapter("donors")
            .ask(ask_for(fields=frozenset({"donors.aid"})))
        )


async def test_donors_get_their_key() -> None:
    """The key stands in the header that the manifest names, and no aid is a record without a last date."""
    peer = saying(200, RECIPIENT)

    reply = await peer.adapter("donors").ask(ask_for(fields=AID | {"donors.aid"}))

    assert isinstance(reply, Answered)
    assert reply.values == {"donors.aid": ()}
    assert peer.heard[0].headers["x-api-key"] == CREDENTIAL

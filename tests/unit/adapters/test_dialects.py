"""REST in its dialects: X-Road r1, Trembita by ticket, plain services that want their question elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
from pydantic import ValidationError

from adapters.base import (
    Adapter,
    Answered,
    Pending,
    SourceError,
    SourceMisbehavedError,
    SourceRefusedError,
    SourceUnavailableError,
    SubjectUnknownError,
)
from adapters.catalog import build, find_registries
from adapters.protocols.connection import Connection
from adapters.protocols.switches import Headers, Nobody, Polling, Rest, XRoadRest
from contracts.vocabulary import Identity, Scheme, Source, Subject
from tests.unit.adapters.asking import CREDENTIAL, MESSAGE_ID, Peer, ask_for, saying

LEARNER = {
    "rnokpp": "3311845622",
    "surname": "Бондаренко",
    "name": "Марія",
    "dateOfBirth": "1990-09-03",
    "education": {"statusName": "Навчається"},
}
STATUS = frozenset({"education.status"})
TICKET = Polling(
    operation="/restapi/answers",
    ticket="ticket",
    state="code",
    ready="1003",
    waiting={"1004"},
    nobody={"1001"},
    service="GOV/38621185/PD_Learners/GetAnswer_v1",
    first_ms=1,
    interval_ms=1,
)


def education(peer: Peer, table: str, switches: object) -> Adapter:
    """Give the education registry's adapter as if it spoke otherwise."""
    entry = find_registries()[Source("education")]
    manifest = entry.manifest.model_copy(update={"trembita": None, table: switches})
    connection = Connection("http://registry.example", credential=CREDENTIAL)
    return build(replace(entry, manifest=manifest), connection, httpx.MockTransport(peer.answer))


def trembita(peer: Peer, **switches: Any) -> Adapter:
    """Give the education registry's adapter with some of Trembita's switches set otherwise."""
    table = find_registries()[Source("education")].manifest.trembita
    assert table
    return education(peer, "trembita", table.model_copy(update=switches))


def r1(peer: Peer, **switches: Any) -> Adapter:
    """Give the education registry's adapter as if it were behind X-Road's REST protocol."""
    table = {"service": "GOV/38621185/PD Learners/learners", "path": "/v1/search", **switches}
    return education(peer, "xroad_rest", XRoadRest.model_validate(table))


def plain(peer: Peer, **switches: Any) -> Adapter:
    """Give the education registry's adapter as if it were a plain service."""
    table = {"key_header": "Authorization", "key_scheme": "Bearer", "path": "/learners", **switches}
    return education(peer, "rest", Rest.model_validate(table))


def in_turn(*documents: object) -> Peer:
    """Give a peer that says one document after the other."""
    waiting = iter(documents)
    return Peer(lambda _request: httpx.Response(200, content=orjson.dumps(next(waiting))))


async def test_r1_names_both_sides_as_the_protocol_wants() -> None:
    """The service stands in the path, each identifier encoded by itself, and the asker in headers."""
    peer = saying(200, LEARNER, x_road_request_id="exchange-7")

    reply = await r1(peer).ask(ask_for(fields=STATUS))
    request = peer.heard[0]

    assert isinstance(reply, Answered)
    assert (reply.values, reply.transaction_id) == ({"education.status": "studying"}, "exchange-7")
    assert request.url.raw_path == b"/r1/SEVDEIR-TEST/GOV/38621185/PD%20Learners/learners/v1/search"
    assert request.headers["x-road-client"] == "SEVDEIR-TEST/GOV/37508596/CASE_GATEWAY"
    assert request.headers["x-road-id"] == MESSAGE_ID
    assert request.headers["x-road-userid"] == "worker-17"
    assert request.headers["x-road-issue"] == "KYIV-2026-000123"
    assert orjson.loads(request.content) == {"rnokpp": "3311845622"}


@pytest.mark.parametrize(
    ("status", "code", "kind", "reason"),
    [
        (500, "server.serverproxy.access_denied", SourceRefusedError, "access-denied"),
        (500, "Server.ServerProxy.AccessDenied", SourceRefusedError, "access-denied"),
        (500, "client.missing_header_field", SourceRefusedError, "bad-question"),
        (500, "server.clientproxy.network_error", SourceUnavailableError, "bus-failed"),
        (200, "server.serverproxy.maintenance_mode", SourceUnavailableError, "maintenance"),
    ],
)
async def test_the_bus_speaks_by_its_header_alone(
    status: int, code: str, kind: type[SourceError], reason: str
) -> None:
    """With `X-Road-Error` it is the bus that failed, whatever status came with it."""
    with pytest.raises(kind) as error:
        await r1(saying(status, LEARNER, x_road_error=code)).ask(ask_for(fields=STATUS))

    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ({"detail": "Person not found"}, SubjectUnknownError, "not-found"),
        ({"message": "no route"}, SourceRefusedError, "unknown-service"),
        (b"<html>", SourceMisbehavedError, "unreadable"),
    ],
)
async def test_without_the_header_the_provider_speaks(
    body: object, kind: type[SourceError], reason: str
) -> None:
    """A 404 is nobody in the provider's own words alone."""
    with pytest.raises(kind) as error:
        await r1(saying(404, body)).ask(ask_for(fields=STATUS))

    assert error.value.reason == reason


async def test_a_ticket_is_polled_over_rest() -> None:
    """The question goes once, then the ticket to the poll's own service, about the same person."""
    peer = in_turn({"ticket": 17}, {"code": 1004}, {"code": "1003", "person": LEARNER})

    reply = await trembita(peer, polling=TICKET, record="person").ask(ask_for(fields=STATUS))
    submitted, *polls = peer.heard

    assert isinstance(reply, Answered)
    assert orjson.loads(submitted.content) == {"rnokpp": "3311845622"}
    assert [orjson.loads(poll.content) for poll in polls] == [{"ticket": "17"}] * 2
    assert {poll.url.path for poll in polls} == {"/restapi/answers"}
    assert polls[0].headers["uxp-service"] == f"SEVDEIR-TEST/{TICKET.service}"
    assert polls[0].headers["uxp-subject-id"] == "3311845622"
    assert len({request.headers["uxp-queryid"] for request in peer.heard}) == 3


async def test_a_ticket_may_end_in_nobody() -> None:
    """Code 1001 after a while is the answer that nobody is known."""
    peer = in_turn({"ticket": "17"}, {"code": 1004}, {"code": 1001})

    with pytest.raises(SubjectUnknownError):
        await trembita(peer, polling=TICKET, record="person").ask(ask_for(fields=STATUS))


async def test_a_ticket_that_is_not_ready_is_pending() -> None:
    """Before the deadline it is said that they have the question and no answer yet."""
    answers = [{"ticket": "17"}, *[{"code": 1004}] * 10_000]

    reply = await trembita(in_turn(*answers), polling=TICKET).ask(ask_for(fields=STATUS, patience=0.15))

    assert isinstance(reply, Pending)


@pytest.mark.parametrize("submitted", [{}, {"ticket": ""}, {"ticket": None}, ["ticket"]])
async def test_no_ticket_is_no_answer(submitted: object) -> None:
    """A registry that takes a question and gives nothing for it cannot be polled."""
    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await trembita(in_turn(submitted), polling=TICKET).ask(ask_for(fields=STATUS))


async def test_an_unknown_state_is_no_answer() -> None:
    """A code that the manifest does not list is not waited for."""
    peer = in_turn({"ticket": "17"}, {"code": 5})

    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await trembita(peer, polling=TICKET).ask(ask_for(fields=STATUS))


async def test_trembita_headers_can_be_spelt_otherwise() -> None:
    """Each optional header has the peer's own name, or none, and query parameters where it wants them."""
    peer = saying(200, LEARNER)
    headers = Headers(query_id="Uxp-Id", purpose_ids="Purpose-Id", issue="")

    await trembita(peer, headers=headers, in_query=True).ask(ask_for(fields=STATUS))
    sent = peer.heard[0]

    assert sent.headers["uxp-id"] == MESSAGE_ID
    assert sent.headers["purpose-id"] == "9K9J65I75ILCLMPDUIRXS"
    assert not sent.headers.keys() & {"uxp-queryid", "uxp-purpose-ids", "uxp-issue"}
    assert dict(sent.url.params) == {"queryId": MESSAGE_ID, "userId": "worker-17"}


@pytest.mark.parametrize(
    ("place", "path", "seen"),
    [
        ("path", "/learners/{rnokpp}/status", "/learners/3311845622/status"),
        ("query", "/learners", "/learners?rnokpp=3311845622"),
        ("header", "/learners", "/learners"),
    ],
)
async def test_a_get_has_its_question_where_the_manifest_places_it(place: str, path: str, seen: str) -> None:
    """Path, query and header are each filled, and there is no body."""
    peer = saying(200, LEARNER)
    switches: Mapping[str, Any] = {"place": {"rnokpp": place}, "identifiers_in_url": True}

    await plain(peer, method="GET", path=path, **switches).ask(ask_for(fields=STATUS))
    sent = peer.heard[0]

    assert (sent.method, sent.content, sent.url.raw_path.decode()) == ("GET", b"", seen)
    assert sent.headers["authorization"] == f"Bearer {CREDENTIAL}"
    assert sent.headers.get("rnokpp") == {"header": "3311845622"}.get(place)


@pytest.mark.parametrize(
    "switches",
    [
        {"place": {"rnokpp": "query"}},
        {"place": {"rnokpp": "path"}},
        {"method": "GET", "place": {"a": "body"}},
        {"method": "GET", "polling": TICKET},
    ],
)
def test_a_question_in_a_url_is_admitted_in_the_manifest(switches: dict[str, object]) -> None:
    """An identifier does not get into a URL by accident, nor a body into a GET."""
    with pytest.raises(ValidationError):
        Rest.model_validate({"key_header": "X-Api-Key", "path": "/a", **switches})


async def test_a_path_without_its_identifier_is_not_asked() -> None:
    """Somebody without the number that the path needs is not asked about: the rest of it is everybody's."""
    peer = saying(200, [LEARNER, LEARNER])
    subject = Subject(Identity({Scheme("unzr"): "19900903-13025"}))
    switches = {"place": {"rnokpp": "path", "unzr": "header"}, "identifiers_in_url": True}

    with pytest.raises(SourceRefusedError, match="identifier-missing"):
        await plain(peer, method="GET", path="/learners/{rnokpp}", **switches).ask(ask_for(subject, STATUS))

    assert not peer.heard


async def test_nobody_has_the_words_of_the_manifest() -> None:
    """A service that says it with status 200 and a member is understood."""
    peer = saying(200, {"success": "0"})

    with pytest.raises(SubjectUnknownError):
        await plain(peer, nobody=Nobody(status=200, member="success", value="0")).ask(ask_for(fields=STATUS))


async def test_a_record_may_lie_deeper() -> None:
    """A dotted name leads to the people, and nothing there is nobody."""
    found = saying(200, {"root": {"result": [LEARNER]}})
    empty = saying(200, {"root": None})

    reply = await plain(found, record="root.result").ask(ask_for(fields=STATUS))

    assert isinstance(reply, Answered)
    with pytest.raises(SubjectUnknownError):
        await plain(empty, record="root.result").ask(ask_for(fields=STATUS))

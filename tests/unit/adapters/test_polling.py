"""Asking by ticket: submitted, pending, answered, and an honest `Pending` before the deadline."""

from __future__ import annotations

import httpx
import pytest
from lxml import etree

from adapters.base import Answered, Pending, SourceMisbehavedError, SubjectUnknownError
from adapters.catalog import build, find_registries
from adapters.employment.simulator import application
from adapters.protocols.connection import Connection
from adapters.protocols.markup import read_tree
from adapters.protocols.xroad_serving import to_xml
from contracts.vocabulary import Source
from tests.unit.adapters.asking import MESSAGE_ID, Peer, ask_for, saying_in_turn

STATUS = frozenset({"employment.status"})
PERSON = {
    "rnokpp": "3311845622",
    "lastName": "Бондаренко",
    "firstName": "Марія",
    "birthDate": "03.09.1990",
    "statusName": "ШУКАЄ РОБОТУ",
}


def said(operation: str, **members: object) -> bytes:
    """Give an answer without any header, as Trembita's examples answer."""
    inside = b"".join(to_xml(name, value) for name, value in members.items())
    return b"".join(
        (
            b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>',
            f'<m:{operation}Response xmlns:m="urn:m">'.encode()
            + inside
            + f"</m:{operation}Response>".encode(),
            b"</s:Body></s:Envelope>",
        )
    )


TAKEN = said("SubmitEmploymentQuery", ticket="ticket-1", state="ACCEPTED")
WORKING = said("GetEmploymentAnswer", state="PROCESSING")
READY = said("GetEmploymentAnswer", state="READY", person=PERSON)


def asked(peer: Peer) -> list[object]:
    """Give the insides of what a peer was asked."""
    return [read_tree(etree.fromstring(request.content).find("{*}Body")[0]) for request in peer.heard]  # type: ignore[index]


async def test_a_ticket_is_polled_until_it_is_ready() -> None:
    """The question goes once, then the ticket alone, as often as it takes."""
    peer = saying_in_turn(TAKEN, WORKING, WORKING, READY)

    reply = await peer.adapter("employment").ask(ask_for(fields=STATUS))

    assert isinstance(reply, Answered)
    assert reply.values == {"employment.status": "job-seeker"}
    assert asked(peer) == [{"rnokpp": "3311845622"}, *[{"ticket": "ticket-1"}] * 3]


async def test_each_poll_is_a_message_of_its_own() -> None:
    """No message id goes onto the bus twice; the first is the question's."""
    peer = saying_in_turn(TAKEN, WORKING, READY)

    await peer.adapter("employment").ask(ask_for(fields=STATUS))
    ids = [etree.fromstring(request.content).findtext("{*}Header/{*}id") for request in peer.heard]

    assert ids[0] == MESSAGE_ID
    assert len(set(ids)) == 3


async def test_an_unfinished_ticket_is_pending() -> None:
    """A registry that works beyond the deadline is pending, in time, and not timed out."""
    peer = saying_in_turn(TAKEN, *[WORKING] * 50)

    reply = await peer.adapter("employment").ask(ask_for(fields=STATUS, patience=0.1))

    assert reply == Pending()


async def test_a_ticket_for_nobody_is_an_answer() -> None:
    """An answer that is ready and empty says that nobody is known."""
    peer = saying_in_turn(TAKEN, said("GetEmploymentAnswer", state="READY"))

    with pytest.raises(SubjectUnknownError):
        await peer.adapter("employment").ask(ask_for(fields=STATUS))


@pytest.mark.parametrize(
    "answers",
    [
        [said("SubmitEmploymentQuery", state="ACCEPTED")],
        [said("SubmitEmploymentQuery")],
        [TAKEN, said("GetEmploymentAnswer", state="LOST")],
        [TAKEN, said("GetEmploymentAnswer", person=PERSON)],
    ],
)
async def test_a_ticket_that_makes_no_sense_is_unreadable(answers: list[bytes]) -> None:
    """No ticket, no state or a state never heard of is the registry's fault."""
    with pytest.raises(SourceMisbehavedError, match="unreadable"):
        await saying_in_turn(*answers).adapter("employment").ask(ask_for(fields=STATUS))


@pytest.mark.parametrize("polls", [0, 3])
async def test_the_simulator_works_for_as_many_polls_as_it_is_told(polls: int) -> None:
    """The simulated service answers after the number of polls it was built with."""
    transport = httpx.ASGITransport(application(polls))
    adapter = build(find_registries()[Source("employment")], Connection("http://registry.example"), transport)

    reply = await adapter.ask(ask_for(fields=STATUS))

    assert isinstance(reply, Answered)
    assert reply.transaction_id

"""A message on its way: submitted once, sent until it arrives, in order, and on record at every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.store import CompanionRefusedError
from contracts.contract import NotPermittedError
from contracts.vocabulary import AgencyId, Purpose, SubjectRef
from gateway.consent.ground import CaseNotOpenError, ConsentMissingError
from gateway.faults import BodyInvalidError, ConflictError, NotFoundError
from gateway.outbox.inbox import Inbox
from gateway.outbox.message import LARGEST, MessageTooLargeError, Priority, State
from gateway.oversight.statements import told
from gateway.sealing.recipient import RecipientKeyError
from gateway.subjects import SubjectUnfiledError
from tests.journeys.delivering import BY_CONSENT, BY_LAW, Post
from tests.journeys.receiving import CLINIC

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_arrives_and_every_step_is_on_record(post: Post) -> None:
    """What was submitted is opened by the receiver alone; intent, attempt and arrival are entries."""
    message = await post.outbox.delivery.submit(post.draft(7))
    await post.work()

    assert post.inbox.opened == [{"number": 7}]
    assert post.inbox.ids == [message.id]
    assert await post.story() == [("intended", ""), ("sent", ""), ("delivered", "")]
    assert await post.states() == ["delivered"]


async def test_her_statement_names_what_was_sent_once_however_often_it_was_tried(post: Post) -> None:
    """A message that was sent is a line of its own, with receiver and source; an attempt more is none."""
    post.inbox.answers = [500, 202]
    await post.outbox.delivery.submit(post.draft())
    await post.work()
    await post.hurry()
    await post.work()
    lines = told(await post.recorded(), datetime.now(UTC))

    assert [[source["source"] for source in line.sources] for line in lines] == [["education"]]
    assert [line.recorded.event.agency for line in lines if line.recorded] == [CLINIC]


async def test_what_came_in_counts_once(post: Post) -> None:
    """A repetition under the same id is known; the same id with other content is a contradiction."""
    inbox, event = Inbox(post.database), post.noted()
    await post.record.note(event, [inbox.take("clinic", "m-1", b"one")])
    with pytest.raises(CompanionRefusedError):
        await post.record.note(post.noted(), [inbox.take("clinic", "m-1", b"one")])

    assert await inbox.has("clinic", "m-1", b"one")
    assert not await inbox.has("career-centre", "m-1", b"one")
    with pytest.raises(ConflictError):
        await inbox.has("clinic", "m-1", b"two")


async def test_nothing_of_the_content_is_kept_in_the_open_or_beyond_its_arrival(post: Post) -> None:
    """At rest a message is sealed under her key, and what has arrived is no longer kept."""
    await post.outbox.delivery.submit(post.draft(content=b'{"name":"canary-of-content"}'))
    before = await post.stored()
    await post.work()

    assert b"canary-of-content" not in before
    assert len(await post.stored()) < len(before)


async def test_a_submission_that_is_repeated_counts_once(post: Post) -> None:
    """Whoever does not know how a submission ended repeats it, and the message is taken once."""
    draft = post.draft()
    first = await post.outbox.delivery.submit(draft)
    second = await post.outbox.delivery.submit(draft)
    await post.work(2)

    assert first.seq == second.seq
    assert post.inbox.ids == [draft.id]


async def test_a_lane_keeps_its_order_and_other_lanes_do_not_wait(post: Post) -> None:
    """Behind a message that fails its own lane waits, and nobody else."""
    post.inbox.answers = [503, 202]
    first, second = [await post.outbox.delivery.submit(post.draft(n)) for n in (1, 2)]
    await post.work()
    other = await post.outbox.delivery.submit(post.draft(3, key="another"))
    await post.work(2)
    waiting = post.inbox.ids
    await post.hurry()
    await post.work(2)

    assert waiting == [other.id]
    assert post.inbox.ids == [other.id, first.id, second.id]


async def test_a_crisis_goes_first(post: Post) -> None:
    """What is urgent is claimed before what came earlier."""
    usual = [await post.outbox.delivery.submit(post.draft(n, key=f"k{n}")) for n in range(3)]
    crisis = await post.outbox.delivery.submit(post.draft(9, key="urgent", priority=Priority.CRISIS))
    leased = await post.claim()

    assert [each.message.id for each in leased] == [crisis.id, *(each.id for each in usual)]


async def test_an_attempt_that_failed_is_made_again_under_the_same_id(post: Post) -> None:
    """The receiver sees one id; the message's attempts tell what went wrong before."""
    post.inbox.answers = [500, 202]
    message = await post.outbox.delivery.submit(post.draft())
    await post.work()
    await post.hurry()
    await post.work()

    assert [sent for sent, _ in post.inbox.came] == [message.id, message.id]
    assert [(each.number, each.code) for each in await post.outbox.letters.attempts(message)] == [
        (1, "http-500")
    ]
    assert (await post.outbox.delivery.on_file(message.id)).attempts == 2


async def test_retry_after_is_heeded(post: Post) -> None:
    """A receiver that asks for rest gets at least that much."""
    post.inbox.answers, post.inbox.headers = [503, 202], {"retry-after": "900"}
    message = await post.outbox.delivery.submit(post.draft())
    before = datetime.now(UTC)
    await post.work(2)
    waiting = await post.outbox.delivery.on_file(message.id)

    assert waiting.due_at >= before + timedelta(seconds=900)
    assert post.inbox.ids == []


async def test_what_the_receiver_will_never_take_is_a_dead_letter(post: Post) -> None:
    """A refusal for good ends the message with its reason, and the lane goes on."""
    post.inbox.answers = [422, 202]
    await post.outbox.delivery.submit(post.draft(1))
    await post.outbox.delivery.submit(post.draft(2))
    await post.work(2)

    assert await post.states() == ["dead", "delivered"]
    assert ("dead", "http-422") in await post.story()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"agency": AgencyId("nobody")}, RecipientKeyError),
        ({"purpose": Purpose("crisis-intervention")}, NotPermittedError),
        ({"covers": {}}, NotPermittedError),
        ({"covers": {}, "duty": "none"}, NotPermittedError),
        ({"duty": "recall"}, NotPermittedError),
        ({"case": "KYIV-2026-999999"}, CaseNotOpenError),
        ({"official": "stranger"}, CaseNotOpenError),
        ({"covers": BY_CONSENT}, ConsentMissingError),
        ({"covers": BY_LAW | BY_CONSENT}, ConsentMissingError),
        ({"subject_ref": SubjectRef("0" * 32)}, SubjectUnfiledError),
    ],
)
async def test_what_may_not_be_told_is_refused_on_record(
    post: Post, changes: dict[str, Any], error: type[Exception]
) -> None:
    """A refusal is an entry, and no message is on file."""
    with pytest.raises(error):
        await post.outbox.delivery.submit(post.draft(**changes))

    assert await post.states() == []
    assert [event.result for event in await post.refusals()] == ["refused"]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"not json", BodyInvalidError), (b'"' + b"x" * LARGEST + b'"', MessageTooLargeError)],
)
async def test_content_that_cannot_be_sent_is_refused(
    post: Post, content: bytes, error: type[Exception]
) -> None:
    """Content is JSON of a bounded size."""
    with pytest.raises(error):
        await post.outbox.delivery.submit(post.draft(content=content))


async def test_what_is_owed_by_law_needs_no_contract_and_holds_nothing_of_her(post: Post) -> None:
    """A recall reaches its recipient under an article, whatever contracts there are."""
    draft = post.draft(covers={}, duty="recall", case=None, purpose=Purpose("crisis-intervention"))
    await post.outbox.delivery.submit(draft)
    await post.work()
    (intended, *_) = await post.events()

    assert post.inbox.ids == [draft.id]
    assert intended.details["duty"] == {"id": "recall", "citation": "Law 2297-VI art. 21(3)"}


async def test_a_consent_for_one_time_lasts_for_all_attempts_of_one_message(post: Post) -> None:
    """A message that is tried again uses the consent once; the next message has none left."""
    await post.consent(uses=1)
    post.inbox.answers = [500, 202]
    draft = post.draft(covers=BY_CONSENT)
    await post.outbox.delivery.submit(draft)
    await post.work()
    await post.hurry()
    await post.work()

    assert post.inbox.ids == [draft.id]
    with pytest.raises(ConsentMissingError):
        await post.outbox.delivery.submit(post.draft(covers=BY_CONSENT))


async def test_what_is_too_late_is_not_sent(post: Post) -> None:
    """A message past its time ends as expired, tried or not."""
    await post.outbox.delivery.submit(post.draft(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    await post.work()

    assert post.inbox.came == []
    assert await post.story() == [("intended", ""), ("dead", "expired")]


async def test_an_agency_that_cannot_be_called_fetches_and_acknowledges(post: Post) -> None:
    """Whole lanes in order, the same again until they are acknowledged, each on record as an attempt."""
    post.addresses.known.clear()
    sent = [await post.outbox.delivery.submit(post.draft(n)) for n in (1, 2)]
    await post.work()
    first = await post.outbox.pickup.fetch(CLINIC)
    again = await post.outbox.pickup.fetch(CLINIC)
    taken = await post.outbox.pickup.acknowledge(CLINIC, sent[0].id)
    rest = await post.outbox.pickup.fetch(CLINIC)
    behind = await post.outbox.pickup.fetch(CLINIC, after=sent[1].seq)

    assert [each.parcel.id for each in first] == [each.parcel.id for each in again] == [m.id for m in sent]
    assert taken.state is State.DELIVERED
    assert [each.parcel.id for each in rest] == [sent[1].id]
    assert behind == []


async def test_an_acknowledgement_may_be_repeated_and_is_nobody_elses(post: Post) -> None:
    """Saying twice that something came is no fault; another agency's message is unknown."""
    message = await post.outbox.delivery.submit(post.draft())
    with pytest.raises(NotFoundError):
        await post.outbox.pickup.acknowledge(CLINIC, message.id)
    await post.outbox.pickup.fetch(CLINIC)
    await post.outbox.pickup.acknowledge(CLINIC, message.id)
    again = await post.outbox.pickup.acknowledge(CLINIC, message.id)

    assert again.state is State.DELIVERED
    with pytest.raises(NotFoundError):
        await post.outbox.pickup.acknowledge(AgencyId("another"), message.id)


async def test_what_ended_otherwise_cannot_be_acknowledged(post: Post) -> None:
    """A dead letter stays one."""
    post.inbox.answers = [422]
    message = await post.outbox.delivery.submit(post.draft())
    await post.work()

    with pytest.raises(ConflictError):
        await post.outbox.pickup.acknowledge(CLINIC, message.id)

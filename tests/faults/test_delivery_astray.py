"""Everything that goes wrong between submission and arrival: each message arrives, or its end is told."""

from __future__ import annotations

import asyncio
import os
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import text

from audit.log import Log
from audit.store import AuditUnavailableError
from contracts.vocabulary import OfficialId
from gateway.consent.using import ENDED
from gateway.outbox.channel import Endpoint
from gateway.outbox.selection import Fate, Selection
from tests.faults.misdelivering import Broken, Resting, Sundial, rude
from tests.faults.traps import FAIL, Trap, trapped_store
from tests.journeys.conftest import post, post_database, post_of
from tests.journeys.delivering import BY_CONSENT, SIGNER, Post
from tests.journeys.receiving import CLINIC
from tests.unit.audit.records import dialect

__all__ = ["post", "post_database", "post_of"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 10_000 if os.environ.get("OBMIN_FAULTS") == "full" else 40


def trap_of(post: Post, *, after: bool, skip: int = 0) -> Trap:
    """Let a commit of the record fail, before or after it took effect."""
    return Trap(("COMMIT",), after=after, act=FAIL[dialect(post.database.url)], skip=skip)


def refused_unless(kept: bool) -> AbstractContextManager[object]:  # noqa: FBT001  a fact about the commit
    """Expect a refusal where the commit did not take effect."""
    return nullcontext() if kept else pytest.raises(AuditUnavailableError)


async def try_again(post: Post, times: int) -> None:
    """Make attempts as if it were always time."""
    for _ in range(times):
        await post.hurry()
        await post.work()


async def pass_a_week(post: Post, dial: Sundial, messages: int) -> int:
    """Let a worker work through a week in which nobody answers; give how many attempts it made."""
    post.outbox = post.again(clock=dial.clock())
    for number in range(messages):
        await post.outbox.delivery.submit(post.draft(number, expires_at=post.in_days(30)))
    for _ in range(7 * 24 * 6):
        dial.ahead += 600
        await post.work()
    return sum(message.attempts for message in await post.outbox.letters.where())


async def dead_letters(post: Post, count: int) -> None:
    """Put dead letters on file, each in a lane of its own."""
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        await asyncio.gather(*(post.outbox.delivery.submit(post.draft(n, key=f"k{n}")) for n in numbers))
    await post.database.write(
        text("UPDATE outbox SET state = 'dead', code = 'http-422', settled_at = submitted_at")
    )


async def replay_a_while(post: Post, upto: int) -> None:
    """Let a worker go on with replays until so many have arrived."""
    while len(post.inbox.ids) < upto:
        await post.later()
        await post.work()


async def test_a_receiver_that_accepts_and_drops_is_asked_again_under_the_same_id(post: Post) -> None:
    """Nobody knows whether it arrived, so it is sent again as the same; once it answers, that is its end."""
    message = await post.outbox.delivery.submit(post.draft())
    async with rude() as (address, read):
        post.addresses.known = {CLINIC: Endpoint(CLINIC, "plain", address)}
        await post.work()
    post.addresses.known = dict(post.addresses.all)
    await try_again(post, 1)

    assert message.id.encode() in b"".join(read)
    assert post.inbox.ids == [message.id]
    assert await post.attempts(message) == [(1, "connection-lost")]


async def test_what_may_have_arrived_does_not_end_as_if_it_had_not(post: Post) -> None:
    """A message whose time is over after a lost connection ends as unknown."""
    message = await post.outbox.delivery.submit(post.draft())
    async with rude() as (address, _):
        post.addresses.known = {CLINIC: Endpoint(CLINIC, "plain", address)}
        await post.work()
    await post.outlive(message)
    await post.outbox.tending.round()

    assert (await post.story())[-1] == ("unknown", "expired")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_that_asks_for_rest_is_left_alone_for_all_messages(post: Post, status: int) -> None:
    """After Retry-After no other message goes to it either, until the rest is over."""
    post.inbox.answers, post.inbox.headers = [status, 202], {"retry-after": "3600"}
    dial = Sundial()
    post.outbox = post.again(clock=dial.clock())
    await post.outbox.delivery.submit(post.draft(1, key="a"))
    await post.work()
    second = await post.outbox.delivery.submit(post.draft(2, key="b"))
    await post.work(3)
    at_rest = len(post.inbox.came)
    dial.ahead += 4000
    await post.work(3)

    assert at_rest == 1
    assert post.inbox.ids[0] in {second.id, post.inbox.came[0][0]}
    assert len(post.inbox.ids) == 2


async def test_a_receiver_that_is_down_for_a_week_gets_everything_in_order_and_was_not_stormed(
    post: Post,
) -> None:
    """Attempts grow rare: some hundreds in a week for all messages together; then all arrive in order."""
    dial = Sundial()
    post.addresses.known = {CLINIC: Endpoint(CLINIC, "plain", "http://127.0.0.1:9/in")}
    attempts = await pass_a_week(post, dial, 3)
    post.addresses.known = dict(post.addresses.all)
    dial.ahead += 2 * 3600
    await post.work(6)

    assert 20 < attempts < 300
    assert [opened["number"] for opened in post.inbox.opened] == [0, 1, 2]


async def test_a_message_that_breaks_the_worker_is_poison_after_a_few_times(post: Post) -> None:
    """It ends as a dead letter, its text is nowhere, and other messages go on."""
    message = await post.outbox.delivery.submit(post.draft(1))
    post.outbox = post.again(channels={"plain": Broken()})
    await try_again(post, 6)
    post.outbox = post.again()
    other = await post.outbox.delivery.submit(post.draft(2))
    await try_again(post, 1)

    assert (await post.story())[-4] == ("unknown", "poison")
    assert {code for _, code in await post.attempts(message)} == {"channel-failed"}
    assert post.inbox.ids == [other.id]


async def test_an_envelope_that_does_not_open_ends_alone(post: Post) -> None:
    """A damaged row is a dead letter; its lane goes on."""
    await post.outbox.delivery.submit(post.draft(1))
    other = await post.outbox.delivery.submit(post.draft(2))
    damaged = text("UPDATE outbox SET content = :junk WHERE state = 'ready'")
    await post.database.write(damaged, junk=b"junk")
    await post.work(2)

    assert await post.states() == ["dead", "delivered"]
    assert post.inbox.ids == [other.id]


async def test_a_clock_that_jumps_ahead_ends_nothing_for_good(post: Post) -> None:
    """What would be over by the wall's clock alone is not ended; it arrives."""
    dial = Sundial()
    post.outbox = post.again(clock=dial.clock())
    message = await post.outbox.delivery.submit(post.draft(expires_at=post.in_days(1)))
    dial.jumped += 3 * 86_400
    await post.outbox.tending.round()
    await post.work()

    assert post.inbox.ids == [message.id]


async def test_what_a_clock_that_ran_ahead_has_put_off_is_brought_back(post: Post) -> None:
    """An attempt that was put off to next year, by a clock of next year, is made today."""
    message = await post.outbox.delivery.submit(post.draft())
    astray = text("UPDATE outbox SET due_at = due_at + 31536000000000")
    await post.database.write(astray)
    await post.work()
    waiting = post.inbox.ids
    await post.outbox.tending.round()
    await post.work()

    assert waiting == []
    assert post.inbox.ids == [message.id]


async def test_of_two_workers_with_one_lease_the_later_one_delivers(post: Post) -> None:
    """A worker that was too slow finds its lease taken: it sends nothing and changes nothing."""
    message = await post.outbox.delivery.submit(post.draft())
    (slow,) = await post.claim(timedelta(0))
    standings = await post.outbox.weighing.standings([slow.message])
    await post.work()
    outcome = await post.outbox.delivery.attempt(
        slow, standings[slow.message.seq], post.addresses.all[CLINIC]
    )

    assert outcome is None
    assert post.inbox.ids == [message.id]
    assert [result for result, _ in await post.story()].count("delivered") == 1


async def test_many_workers_deliver_each_message_once(post: Post) -> None:
    """Whatever they claim beside each other, nothing is sent twice."""
    workers = [post.again().worker for _ in range(4)]
    sent = await asyncio.gather(*(post.outbox.delivery.submit(post.draft(n, key=f"k{n}")) for n in range(40)))
    await asyncio.gather(*(worker.round() for worker in workers))
    await asyncio.gather(*(worker.drained() for worker in workers))

    assert sorted(post.inbox.ids) == sorted(message.id for message in sent)


async def test_a_consent_withdrawn_between_attempts_ends_the_message_with_that_reason(post: Post) -> None:
    """The second attempt is not made, and sender and record have the reason."""
    consent = await post.consent()
    post.inbox.answers = [503, 202]
    message = await post.outbox.delivery.submit(post.draft(covers=BY_CONSENT))
    await post.work()
    await post.withdraw(consent)
    await try_again(post, 2)

    assert post.inbox.ids == []
    assert (await post.story())[-1] == ("dead", "consent-withdrawn")
    assert (await post.outbox.delivery.on_file(message.id)).code == "consent-withdrawn"


async def test_a_consent_withdrawn_after_the_weighing_still_stops_the_attempt(post: Post) -> None:
    """The record's own order decides: no byte leaves after a withdrawal that is acknowledged."""
    consent = await post.consent()
    await post.outbox.delivery.submit(post.draft(covers=BY_CONSENT))
    (leased,) = await post.claim()
    standings = await post.outbox.weighing.standings([leased.message])
    await post.withdraw(consent)
    await post.outbox.delivery.attempt(leased, standings[leased.message.seq], post.addresses.all[CLINIC])

    assert post.inbox.came == []
    assert (await post.story())[-1] == ("dead", "consent-withdrawn")


async def test_maintenance_makes_a_message_wait_and_no_other(post: Post) -> None:
    """A long wait is of the message alone: the receiver is not taken for dead."""
    post.outbox = post.again(channels={"plain": Resting()})
    for_long = await post.outbox.delivery.submit(post.draft(1, key="a"))
    await post.work()
    waiting = await post.outbox.delivery.on_file(for_long.id)

    assert waiting.due_at - waiting.submitted_at > timedelta(minutes=10)


@pytest.mark.parametrize("after", [False, True])
async def test_a_submission_whose_commit_nobody_answered_is_resolved_by_its_id(
    post: Post, *, after: bool
) -> None:
    """The entry is looked for, not guessed at; whoever repeats the submission has one message."""
    trap = trap_of(post, after=after)
    record = Log(trapped_store(post.database.url, trap, ENDED[dialect(post.database.url)]), SIGNER)
    outbox, draft = post.again(record=record), post.draft()
    with refused_unless(after):
        await outbox.delivery.submit(draft)
    again = await outbox.delivery.submit(draft)
    await post.work()
    await record.close()

    assert post.inbox.ids == [again.id]
    assert await post.states() == ["delivered"]


@pytest.mark.parametrize("after", [False, True])
async def test_an_arrival_whose_commit_nobody_answered_is_recorded_once(post: Post, *, after: bool) -> None:
    """The end is written until it stands, and stands once; the receiver is not asked again."""
    trap = trap_of(post, after=after, skip=1)
    record = Log(trapped_store(post.database.url, trap, ENDED[dialect(post.database.url)]), SIGNER)
    message = await post.outbox.delivery.submit(post.draft())
    post.outbox = post.again(record=record)
    await post.work()
    await record.close()

    assert post.inbox.ids == [message.id]
    assert [result for result, _ in await post.story()] == ["intended", "sent", "delivered"]
    assert await post.states() == ["delivered"]


async def test_a_large_replay_stopped_half_way_sends_nothing_twice_and_forgets_nothing(post: Post) -> None:
    """What had gone is delivered, all others are dead letters as before, and the next replay finds them."""
    await dead_letters(post, MANY)
    replay = await post.replay(Selection(), per_minute=min(6000, 6 * MANY))
    await replay_a_while(post, MANY // 2)
    await post.outbox.replays.stop(replay, "by-hand", OfficialId("operator-1"))
    await post.later()
    await post.work(3)
    arrived, states = post.inbox.ids, await post.all_states()
    seen = await post.outbox.replays.preview(Selection())

    assert len(set(arrived)) == len(arrived) >= MANY // 2
    assert states == {"delivered": len(arrived), "dead": MANY - len(arrived)}
    assert seen.fates[Fate.SEND] == MANY - len(arrived)

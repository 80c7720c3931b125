"""Dead letters and their replay: seen before, slowly, within the law of today, and stopped when it hurts."""

from __future__ import annotations

import pytest

from contracts.vocabulary import AgencyId, OfficialId
from gateway.faults import ConflictError
from gateway.outbox.selection import Fate, Selection
from tests.journeys.delivering import BY_CONSENT, Post

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPERATOR, OLHA = AgencyId("operator"), OfficialId("operator-1")
ALL = Selection()


async def test_a_preview_says_what_would_become_of_each_letter(post: Post) -> None:
    """Sent as it was, sent with more time, skipped because it came, not permitted: counted, not done."""
    consent = await post.consent()
    sent = await post.died(post.draft(1, key="a"))
    await post.outlive(await post.died(post.draft(2, key="b")))
    delivered = await post.outbox.delivery.submit(post.draft(3, key="c"))
    await post.work()
    await post.died(post.draft(4, key="d", covers=BY_CONSENT))
    await post.withdraw(consent)
    seen = await post.outbox.replays.preview(ALL)
    named = await post.outbox.replays.preview(Selection(ids=(sent.id, delivered.id)))

    assert seen.fates == {Fate.SEND: 1, Fate.CHANGE: 1, Fate.SKIP: 0, Fate.REFUSE: 1}
    assert seen.reasons == {"expiry-extended": 1, "consent-withdrawn": 1}
    assert named.fates == {Fate.SEND: 1, Fate.CHANGE: 0, Fate.SKIP: 1, Fate.REFUSE: 0}
    assert await post.states() == ["dead", "dead", "delivered", "dead"]


async def test_a_replay_sends_what_was_seen_and_is_on_record_by_name(post: Post) -> None:
    """The letters arrive under their old ids; each replay names the official, and ends as done."""
    letters = [await post.died(post.draft(n, key=f"k{n}")) for n in range(3)]
    replay = await post.replay(ALL)
    await post.outbox.replays.round()
    await post.work(2)
    await post.later()
    ended = await post.outbox.replays.get(replay.id)
    replayed = [event for event in await post.events() if event.result == "replayed"]

    assert post.inbox.ids == [letter.id for letter in letters]
    assert (ended.state, ended.revived) == ("done", 3)
    assert {event.details["by"] for event in replayed} == {OLHA}
    assert len(replayed) == 3


async def test_nothing_is_replayed_that_nobody_has_seen(post: Post) -> None:
    """A letter that has come since the preview makes its token void, and without letters nothing starts."""
    with pytest.raises(ConflictError):
        await post.replay(ALL)
    await post.died(post.draft(1, key="a"))
    seen = await post.outbox.replays.preview(ALL)
    await post.died(post.draft(2, key="b"))

    with pytest.raises(ConflictError):
        await post.outbox.replays.start(ALL, seen.token, OPERATOR, OLHA, 60)


async def test_what_is_no_longer_permitted_stays_a_dead_letter(post: Post) -> None:
    """A consent that was withdrawn since keeps its letters where they are, counted as refused."""
    consent = await post.consent()
    await post.died(post.draft(1, key="a", covers=BY_CONSENT))
    await post.died(post.draft(2, key="b"))
    await post.withdraw(consent)
    replay = await post.replay(ALL)
    await post.outbox.replays.round()
    await post.work(2)
    await post.later()
    ended = await post.outbox.replays.get(replay.id)

    assert await post.states() == ["dead", "delivered"]
    assert (ended.revived, ended.refused) == (1, 1)


async def test_a_replay_stops_by_itself_when_much_fails(post: Post) -> None:
    """A receiver that refuses again what it refused before is not asked for all the rest."""
    _ = [await post.died(post.draft(number, key=f"k{number}")) for number in range(15)]
    post.inbox.answers = [422]
    replay = await post.replay(ALL, per_minute=144)
    await post.outbox.replays.round()
    await post.work(2)
    await post.later()
    ended = await post.outbox.replays.get(replay.id)

    assert (ended.state, ended.code, ended.revived) == ("stopped", "error-rate", 12)
    assert ended.ended_at is not None


async def test_a_replay_that_is_stopped_leaves_the_rest_as_it_was(post: Post) -> None:
    """What was not reached stays a dead letter with its reason, and the next replay finds it."""
    _ = [await post.died(post.draft(number, key=f"k{number}")) for number in range(5)]
    replay = await post.replay(ALL, per_minute=24)
    await post.outbox.replays.round()
    await post.outbox.replays.stop(replay, "by-hand", OLHA)
    again = await post.outbox.replays.stop(replay, "by-hand", OLHA)
    await post.later()
    await post.work(2)

    assert again is False
    assert (await post.states()).count("delivered") == 2
    assert (await post.outbox.replays.preview(ALL)).fates[Fate.SEND] == 3


async def test_a_replayed_message_keeps_its_place_before_what_came_later(post: Post) -> None:
    """Within its lane the older message goes first, though it was replayed after the other had waited."""
    first = await post.died(post.draft(1))
    post.addresses.known.clear()
    second = await post.outbox.delivery.submit(post.draft(2))
    third = await post.outbox.delivery.submit(post.draft(3))
    await post.replay(ALL)
    await post.outbox.replays.round()
    post.addresses.known = dict(post.addresses.all)
    await post.work(3)

    assert post.inbox.ids == [second.id, first.id, third.id]

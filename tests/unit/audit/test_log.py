"""The record on both databases: durable, in order, without a gap, and never a release without its ground."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit import promise
from audit.event import LARGEST, Event, EventTooLargeError, Kind, SourceOutcome
from audit.log import Log, Noted, Receipt
from audit.merkle import leaf_hash
from audit.store import AuditUnavailableError, CompanionRefusedError, GroundEndedError, Statement
from tests.unit.audit.records import (
    CONSENT,
    END_CONSENT,
    NOW,
    SIGNER,
    dialect,
    engine_at,
    event,
    log_at,
    mandate,
    outcomes,
    rows_of,
)

INDEXES = "SELECT idx FROM audit_entries ORDER BY idx"
ENTRIES = "SELECT entry FROM audit_entries ORDER BY idx"
SIZE = "SELECT size FROM audit_head"


def withdrawal(url: str, consent: str = CONSENT) -> Statement:
    """Give the companion that ends a consent."""
    return Statement(END_CONSENT[dialect(url)], (consent,))


async def released(log: Log, exchange_id: str = "exchange-1", health: str = "answered") -> Receipt:
    """Take one exchange through intent and release."""
    asked = mandate(exchange_id)
    intent = await log.intend(asked, NOW)
    return await log.release(intent, asked, outcomes(health), NOW)


async def test_an_intent_says_who_asks_what_on_which_ground(database: str) -> None:
    """The entry of an intent names agency, official, case, purpose, fields, grounds and what is withheld."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
    [(content,)] = await rows_of(database, ENTRIES)
    recorded = Event.parse(content)

    assert (intent.index, intent.event_id, intent.leaf_hash) == (0, recorded.id, leaf_hash(content))
    assert (recorded.agency, recorded.official, recorded.case) == (
        "case-system",
        "worker-17",
        "KYIV-2026-000123",
    )
    assert (recorded.purpose, recorded.contract) == ("needs-assessment", "sha-256:00")
    assert recorded.details == {
        "contract": {"id": "needs-assessment", "version": 3},
        "sources": [
            {
                "source": "education",
                "fields": ["education.status"],
                "ground": {"kind": "law", "id": "", "citation": "Art. 2"},
            },
            {
                "source": "health",
                "fields": ["health.disability_group"],
                "ground": {"kind": "consent", "id": CONSENT, "citation": "Art. 1"},
            },
        ],
        "withheld": [{"source": "border", "reason": "identifier-missing"}],
    }


async def test_a_receipt_is_a_signed_promise_about_the_entry(database: str) -> None:
    """The promise holds for this log, exchange and leaf, and for no other."""
    async with log_at(database) as log:
        receipt = await released(log)
    content = (await rows_of(database, ENTRIES))[1][0]

    assert (receipt.origin, receipt.index, receipt.leaf_hash) == (SIGNER.name, 1, leaf_hash(content))
    assert promise.holds(SIGNER.verifier, "exchange-1", receipt.leaf_hash, receipt.promise)
    assert not promise.holds(SIGNER.verifier, "exchange-2", receipt.leaf_hash, receipt.promise)
    assert not promise.holds(SIGNER.verifier, "exchange-1", leaf_hash(b""), receipt.promise)
    assert not promise.holds(SIGNER.verifier, "exchange-1", receipt.leaf_hash, "not base64")


async def test_a_receipt_is_given_again_from_the_record(database: str) -> None:
    """The receipt made from the recorded release is the one first given; only a release has one."""
    async with log_at(database) as log:
        receipt = await released(log)
        recorded = [Event.parse(content) for (content,) in await rows_of(database, ENTRIES)]

        assert log.reissue(recorded[1], 1) == receipt
        with pytest.raises(ValueError, match="not-a-release"):
            log.reissue(recorded[0], 0)


async def test_concurrent_appends_leave_no_gap(database: str) -> None:
    """Every waiter gets its own index, and the indexes are all numbers from 0 on."""
    async with log_at(database) as log:
        noted = await asyncio.gather(*(log.note(event()) for _ in range(700)))

    assert sorted(each.index for each in noted) == list(range(700))
    assert await rows_of(database, INDEXES) == [(index,) for index in range(700)]
    assert await rows_of(database, SIZE) == [(700,)]


async def test_two_logs_on_one_database_share_one_order(database: str) -> None:
    """Two gateways append at once without a gap, a fork or an index given twice."""
    async with log_at(database) as one, log_at(database) as two:
        noted = await asyncio.gather(*(log.note(event()) for _ in range(100) for log in (one, two)))
    stored = await rows_of(database, "SELECT idx, leaf_hash FROM audit_entries ORDER BY idx")

    assert sorted((each.index, each.leaf_hash) for each in noted) == stored
    assert [index for index, _ in stored] == list(range(200))


async def test_what_was_acknowledged_first_stands_first(database: str) -> None:
    """An entry appended after another's acknowledgement, by any gateway, has a higher index."""
    async with log_at(database) as one, log_at(database) as two:
        noted = [await log.note(event()) for _ in range(5) for log in (one, two)]

    assert [each.index for each in noted] == list(range(10))


async def test_a_release_after_a_withdrawal_is_refused(database: str) -> None:
    """Once a withdrawal is on record, a release on that consent raises, names it and leaves no entry."""
    async with log_at(database) as log, log_at(database) as other:
        intent = await log.intend(mandate(), NOW)
        await other.note(event(Kind.CONSENT), [withdrawal(database)])
        with pytest.raises(GroundEndedError) as raised:
            await log.release(intent, mandate(), outcomes(), NOW)
        after = await log.note(event())

    assert raised.value.grounds == {CONSENT}
    assert after.index == 2


async def test_a_release_without_the_withdrawn_source_goes_out(database: str) -> None:
    """Another source's withdrawn consent does not stop what rests on the law."""
    async with log_at(database) as log:
        await log.note(event(Kind.CONSENT), [withdrawal(database)])
        receipt = await released(log, health="unavailable")

    assert receipt.index == 2


@pytest.mark.parametrize("withdrawn_first", [True, False])
async def test_a_withdrawal_in_the_same_commit_counts(database: str, *, withdrawn_first: bool) -> None:
    """Where a withdrawal and a release meet in one batch, no release stands behind its withdrawal."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
        release = log.release(intent, mandate(), outcomes(), NOW)
        ended = log.note(event(Kind.CONSENT), [withdrawal(database)])
        first, second = (ended, release) if withdrawn_first else (release, ended)
        busy = log.note(event())
        results = await asyncio.gather(busy, first, second, log.note(event()), return_exceptions=True)

    assert sum(isinstance(result, GroundEndedError) for result in results) == 1
    assert sorted(result.index for result in results if isinstance(result, Noted)) == [1, 2, 3]


async def test_a_refused_release_takes_its_companions_with_it(database: str) -> None:
    """What was to be written beside a release is not written when its ground has ended."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
        await log.note(event(Kind.CONSENT), [withdrawal(database)])
        with pytest.raises(GroundEndedError):
            await log.release(intent, mandate(), outcomes(), NOW, [withdrawal(database, "answer")])

    assert await rows_of(database, "SELECT id FROM ended") == [(CONSENT,)]


async def test_a_consent_ends_at_its_last_instant(sqlite_database: str) -> None:
    """A consent is a ground until its end, which is exclusive."""
    async with log_at(sqlite_database) as log:
        asked = mandate(until=NOW)
        intent = await log.intend(asked, NOW)
        with pytest.raises(GroundEndedError):
            await log.release(intent, asked, outcomes(), NOW)
        receipt = await log.release(intent, asked, outcomes(), NOW - timedelta(microseconds=1))

    assert receipt.index == 1


BEYOND = SourceOutcome("education", "answered", ["education.level"])


@pytest.mark.parametrize(
    ("exchange_id", "told", "error"),
    [
        ("exchange-2", outcomes(), ValueError),
        ("exchange-1", [BEYOND], ValueError),
        ("exchange-1", [SourceOutcome("border", "answered", ["border.abroad"])], KeyError),
        ("exchange-1", [SourceOutcome("border", "unknown")], KeyError),
    ],
)
async def test_a_release_beyond_its_mandate_is_not_recorded(
    sqlite_database: str,
    exchange_id: str,
    told: list[SourceOutcome],
    error: type[Exception],
) -> None:
    """Another exchange's mandate, a field or a source that it does not name are mistakes that raise."""
    async with log_at(sqlite_database) as log:
        intent = await log.intend(mandate(), NOW)
        with pytest.raises(error):
            await log.release(intent, mandate(exchange_id), told, NOW)

    assert await rows_of(sqlite_database, SIZE) == [(1,)]


async def test_a_refusal_ends_its_intent(database: str) -> None:
    """A refusal after the intent names it, with its reason and how each source went."""
    async with log_at(database) as log:
        intent = await log.intend(mandate(), NOW)
        await log.refuse(intent, mandate(), "required-source", NOW, outcomes("unavailable"))
    recorded = Event.parse((await rows_of(database, ENTRIES))[1][0])

    assert (recorded.kind, recorded.result, recorded.reason) == (Kind.REFUSAL, "refused", "required-source")
    assert recorded.details["intent"] == 0


async def test_companions_are_written_with_their_entries(database: str) -> None:
    """Companions of many entries, several each, are there when the entries are."""
    async with log_at(database) as log:
        await asyncio.gather(
            *(
                log.note(event(), [withdrawal(database, f"a{number}"), withdrawal(database, f"b{number}")])
                for number in range(40)
            )
        )

    assert await rows_of(database, "SELECT count(*) FROM ended") == [(80,)]


BAD = [
    Statement("INSERT INTO ended (id) VALUES (NULL)"),
    Statement("INSERT INTO nowhere (id) VALUES (1)"),
    Statement("INSERT INTO"),
    Statement("INSERT INTO ended (id) VALUES ('x')", ("one parameter too many",)),
]


@pytest.mark.parametrize("bad", BAD, ids=["rule", "table", "syntax", "parameters"])
async def test_a_refused_companion_fails_only_its_own_entry(database: str, bad: Statement) -> None:
    """In one batch with a companion that cannot be written, all other entries are kept, without a gap."""
    async with log_at(database) as log:
        good = [log.note(event(), [withdrawal(database, f"a{number}")]) for number in range(9)]
        results = await asyncio.gather(log.note(event(), [bad]), *good, return_exceptions=True)

    assert isinstance(results[0], CompanionRefusedError)
    assert sorted(result.index for result in results[1:] if isinstance(result, Noted)) == list(range(9))
    assert await rows_of(database, "SELECT count(*) FROM ended") == [(9,)]
    assert await rows_of(database, SIZE) == [(9,)]


async def test_one_of_two_equal_companions_wins(database: str) -> None:
    """Two entries whose companions exclude each other: exactly one is kept."""
    async with log_at(database) as one, log_at(database) as two:
        results = await asyncio.gather(
            *(log.note(event(), [withdrawal(database)]) for _ in range(10) for log in (one, two)),
            return_exceptions=True,
        )

    assert sum(isinstance(result, Noted) for result in results) == 1
    assert sum(isinstance(result, CompanionRefusedError) for result in results) == 19


async def test_an_event_that_is_too_large_is_refused_alone(sqlite_database: str) -> None:
    """An event above the limit raises before it reaches the batch."""
    async with log_at(sqlite_database) as log:
        with pytest.raises(EventTooLargeError):
            await log.note(event(reason="x" * LARGEST))
        noted = await log.note(event())

    assert noted.index == 0


async def test_hostile_text_is_recorded_as_it_came(database: str) -> None:
    """NUL, line breaks and escapes are kept in the entry on both databases."""
    hostile = "a\0b\nc\x1b[2J"
    async with log_at(database) as log:
        await log.note(event(official=hostile, details={"sources": [{"source": hostile}]}))
    [(content,)] = await rows_of(database, ENTRIES)

    assert Event.parse(content).official == hostile


async def test_too_many_waiters_are_turned_away(sqlite_database: str) -> None:
    """Beyond the bound of the queue an append is refused at once, and the others are kept."""
    async with log_at(sqlite_database) as usual:
        bounded = Log(usual._writer._store, SIGNER, most_waiting=3)
        results = await asyncio.gather(*(bounded.note(event()) for _ in range(5)), return_exceptions=True)

    assert [getattr(result, "code", "kept") for result in results] == ["kept"] * 3 + ["queue-full"] * 2


async def test_a_waiter_that_hangs_up_changes_nothing(database: str) -> None:
    """An entry is kept although nobody waits for its acknowledgement any more."""
    async with log_at(database) as log:
        hung_up = asyncio.create_task(log.note(event()))
        await asyncio.sleep(0)
        hung_up.cancel()
        after = await log.note(event())

    assert after.index == 1
    assert hung_up.cancelled()


async def test_a_closed_log_takes_nothing(sqlite_database: str) -> None:
    """After closing, an append is refused; what waited before is kept."""
    async with log_at(sqlite_database) as log:
        waiting = asyncio.create_task(log.note(event()))
        await asyncio.sleep(0)
        await log.close()
        with pytest.raises(AuditUnavailableError) as raised:
            await log.note(event())

    assert raised.value.code == "closed"
    assert (await waiting).index == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET reason = 'x'",
        "DELETE FROM audit_entries",
        "UPDATE audit_checkpoints SET size = 2",
        "DELETE FROM audit_checkpoints",
        "INSERT INTO audit_head (id, size) VALUES (2, 0)",
    ],
)
async def test_the_tables_refuse_to_be_changed(database: str, statement: str) -> None:
    """Entries and heads can be neither changed nor removed, and there is one size."""
    async with log_at(database) as log:
        await log.note(event())
    async with engine_at(database) as engine:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO audit_checkpoints (size, note, at) VALUES (1, '', 0)"))
        with pytest.raises(DBAPIError, match=r"append-only|audit_head_is_one_row|CHECK"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))


def test_a_url_of_another_database_is_refused() -> None:
    """Only databases that the record knows are taken, and none in memory alone."""
    with pytest.raises(AuditUnavailableError):
        Log.at("mysql://localhost/record", SIGNER, "")
    with pytest.raises(AuditUnavailableError):
        Log.at("sqlite+aiosqlite://", SIGNER, "")

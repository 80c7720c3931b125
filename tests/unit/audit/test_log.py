"""Intents, releases and refusals: what they say, and never a release without its ground."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit import promise
from audit.event import LARGEST, Event, EventTooLargeError, Kind, SourceOutcome
from audit.log import Log, Receipt
from audit.merkle import leaf_hash
from audit.store import GroundEndedError
from tests.unit.audit.records import (
    CONSENT,
    NOW,
    SIGNER,
    event,
    log_at,
    mandate,
    outcomes,
    rows_of,
    withdrawal,
)

INDEXES = "SELECT idx FROM audit_entries ORDER BY idx"
ENTRIES = "SELECT entry FROM audit_entries ORDER BY idx"
SIZE = "SELECT size FROM audit_head"


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


async def test_an_event_that_is_too_large_is_refused_alone(sqlite_database: str) -> None:
    """An event above the limit raises before it reaches the batch."""
    async with log_at(sqlite_database) as log:
        with pytest.raises(EventTooLargeError):
            await log.note(event(reason="x" * LARGEST))
        noted = await log.note(event())

    assert noted.index == 0

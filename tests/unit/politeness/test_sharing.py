"""Identical questions under way at the same time are asked once, and share nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.base import (
    Question,
    Reply,
    SubjectUnknownError,
)
from contracts.vocabulary import AgencyId, Field, Identity, Purpose, Scheme, Subject
from gateway.politeness.calls import Calls
from gateway.politeness.polite import Manners, Polite
from tests.unit.politeness.questions import (
    ANSWER,
    SOURCE,
    Registry,
    counted,
    question_of,
    says,
    waits,
)


def differing(question: Question, what: str) -> Question:
    """Give the question with another purpose, person, agency or field."""
    others = {
        "purpose": {"purpose": Purpose("other")},
        "number": {"subject": Subject(Identity({Scheme("rnokpp"): "3111712316"}))},
        "agency": {"agency": AgencyId("other")},
        "field": {"fields": frozenset({Field("education.level")})},
    }
    changes: dict[str, Any] = others[what]  # type: ignore[assignment]
    return replace(question, **changes)


async def together(polite: Polite, gate: asyncio.Event, *messages: str) -> list[Reply]:
    """Ask the same under several message ids at once, and let the registry answer when all have asked."""
    asking = [asyncio.create_task(polite.ask(question_of(message))) for message in messages]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*asking)


async def test_identical_questions_are_asked_once(calls: Calls) -> None:
    """Three askers, one message; each is told under which message the registry was asked."""
    gate = asyncio.Event()
    registry = Registry([waits(gate)])
    replies = await together(Polite(registry, calls), gate, "one", "two", "three")

    assert registry.heard == ["one"]
    assert [reply.message_id for reply in replies] == ["", "one", "one"]
    assert counted(calls) == {"asked": 1, "repeated": 0, "joined": 2, "spared": 0}


@pytest.mark.parametrize("differs", ["purpose", "number", "agency", "field"])
async def test_a_question_that_differs_is_asked_by_itself(calls: Calls, differs: str) -> None:
    """Another purpose, person, agency or field shares nothing."""
    gate = asyncio.Event()
    registry = Registry([waits(gate)])
    polite = Polite(registry, calls)
    asking = [
        asyncio.create_task(polite.ask(question_of("a"))),
        asyncio.create_task(polite.ask(differing(question_of("b"), differs))),
    ]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*asking)

    assert registry.heard == ["a", "b"]


async def test_nothing_is_kept_for_the_next_asker(calls: Calls) -> None:
    """Once the answer is there, the same question is asked anew: this is no cache."""
    registry = Registry([says()])
    polite = Polite(registry, calls)
    await polite.ask(question_of("one"))
    await polite.ask(question_of("two"))

    assert registry.heard == ["one", "two"]


async def test_a_shared_failure_is_everybodys(calls: Calls) -> None:
    """Who joined hears the same reason, and which message it was."""
    gate = asyncio.Event()

    async def unknown() -> Reply:
        await gate.wait()
        raise SubjectUnknownError(SOURCE, "not-found")

    polite = Polite(Registry([unknown]), calls)
    asking = [asyncio.create_task(polite.ask(question_of(name))) for name in ("one", "two")]
    await asyncio.sleep(0)
    gate.set()
    _, second = await asyncio.gather(*asking, return_exceptions=True)

    assert isinstance(second, SubjectUnknownError)
    assert second.message_id == "one"


async def test_who_hangs_up_takes_nobody_along(calls: Calls) -> None:
    """When the first asker leaves, the next one asks in its own name."""
    gate = asyncio.Event()
    registry = Registry([waits(gate)])
    polite = Polite(registry, calls)
    first, second = (asyncio.create_task(polite.ask(question_of(name))) for name in ("one", "two"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    gate.set()

    assert await second == ANSWER
    assert registry.heard == ["one", "two"]


async def test_sharing_can_be_switched_off(calls: Calls) -> None:
    """A registry whose owner wants every look-up in its own log gets every one."""
    gate = asyncio.Event()
    registry = Registry([waits(gate)])
    await together(Polite(registry, calls, Manners(share=False)), gate, "one", "two")

    assert registry.heard == ["one", "two"]

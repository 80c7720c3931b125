"""Two versions of a contract in words: who gains what, who loses what, and what else changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from contracts.canonical import describe
from contracts.contract import Contract, Grant
from contracts.decision import Decision, decide
from contracts.facts import Facts
from contracts.telling import Speaker


def compare(old: Contract, new: Contract, speaker: Speaker) -> list[str]:
    """Say the differences, gains and losses first; nothing where the two say the same."""
    before, after = fields_of(old), fields_of(new)
    said = [_move("gains", new, each, speaker) for each in sorted(after - before)]
    said += [_move("loses", old, each, speaker) for each in sorted(before - after)]
    moved = {f"terms.{source}.fields.{field}" for source, field in before ^ after}
    return said + list(_changes(describe(old), describe(new), moved, speaker))


def fields_of(contract: Contract) -> set[tuple[str, str]]:
    """Name every field that a contract gives, with its source."""
    return {(source, field) for source, terms in contract.terms.items() for field in terms.fields}


def _move(phrase: str, contract: Contract, moved: tuple[str, str], speaker: Speaker) -> str:
    source, field = moved
    return speaker.say(
        phrase, consumer=contract.consumer, field=speaker.field(field), source=speaker.source(source)
    )


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], moved: set[str], speaker: Speaker, above: str = ""
) -> Iterator[str]:
    for key in sorted(old.keys() | new.keys()):
        path = f"{above}{key}"
        before, after = old.get(key), new.get(key)
        if before == after or path in moved:
            continue
        if isinstance(before, dict) or isinstance(after, dict):
            yield from _changes(before or {}, after or {}, moved, speaker, f"{path}.")
        else:
            yield speaker.say(
                "becomes", what=path, before=_word(before, speaker), after=_word(after, speaker)
            )


def _word(value: object, speaker: Speaker) -> str:
    return speaker.say("nothing-said") if value is None else orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Shift:
    """What a draft would have done to one exchange: fields that would have been refused or newly given."""

    refused: frozenset[tuple[str, str]]
    given: frozenset[tuple[str, str]]


def shift(then: Decision, draft: Grant, facts: Facts, at: Any) -> Shift:
    """Decide again under a draft, and compare with what was decided then."""
    before, after = _given(then), _given(decide(draft, facts, at))
    return Shift(before - after, after - before)


def _given(decision: Decision) -> frozenset[tuple[str, str]]:
    return frozenset(
        (source, field) for source, permit in decision.permits.items() for field in permit.fields
    )

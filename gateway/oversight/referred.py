"""What a person is told of referrals: where she was referred, for what, and how far it has come.

Whatever a contract's rule delays or forbids to tell is left out, as in her statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from audit.event import Json, Kind, stamp
from audit.query import Recorded
from contracts.vocabulary import Field
from gateway.oversight.statements import may_tell
from gateway.oversight.wording import LANGUAGES, Texts, Wordings

QUIET: Final = frozenset({"read", "reminded", "escalated", "reassigned", "changed", "refused", "drafted"})
"""What concerns officials alone."""

STAGES: Mapping[str, Texts] = {
    "sent": {"uk": "надіслано", "en": "sent"},
    "transferred": {"uk": "надіслано замість попереднього", "en": "sent in place of an earlier one"},
    "received": {"uk": "отримано", "en": "received"},
    "accepted": {"uk": "прийнято", "en": "accepted"},
    "rejected": {"uk": "відхилено", "en": "rejected"},
    "in-progress": {"uk": "виконується", "en": "under way"},
    "completed": {"uk": "виконано", "en": "completed"},
    "revoked": {"uk": "відкликано", "en": "revoked"},
}
SENTENCES: Mapping[str, Texts] = {
    "referral": {
        "uk": "{at} {sender} направила вас до: {receiver}. Навіщо: {purpose}. Стан: {state}.",
        "en": "{at} {sender} referred you to {receiver}. Why: {purpose}. It stands at: {state}.",
    },
    "contribution": {
        "uk": "{at} {sender} попросила {receiver} про внесок до оцінювання ваших потреб: {sections}. "
        "Стан: {state}.",
        "en": "{at} {sender} asked {receiver} for a part of the assessment of your needs: {sections}. "
        "It stands at: {state}.",
    },
}

Story = Sequence[Recorded]


def stories(events: Iterable[Recorded], at: datetime) -> list[Story]:
    """Give each referral's entries that she may be told of, in the order in which they began."""
    told: dict[str, list[Recorded]] = {}
    hidden: set[str] = set()
    for recorded in events:
        event = recorded.event
        if event.kind is not Kind.REFERRAL or event.result in QUIET:
            continue
        referral = str(event.details["referral"])
        if not all(may_tell(rule, at) for rule in _rules(event.details)):
            hidden.add(referral)
        # A referral that arrived without an entry of its own is known by what follows.
        told.setdefault(referral, []).append(recorded)
    return [story for referral, story in told.items() if referral not in hidden]


def shown(story: Story, words: Wordings) -> Mapping[str, Any]:
    """Write one referral's story, for machines and people."""
    first, last = story[0].event, story[-1].event
    details = first.details
    return {
        "referral": details["referral"],
        "kind": details["asks"],
        "at": stamp(first.at),
        "from": {"agency": details["sender"], **words.agency(str(details["sender"]))},
        "to": {"agency": details["receiver"], **words.agency(str(details["receiver"]))},
        "why": {"purpose": first.purpose, **words.purpose(first.purpose)},
        "case": first.case,
        "sections": [{"section": each, **words.field(f"contribution.{each}")} for each in _sections(details)],
        "state": str(last.details["stage"]),
        "steps": [
            {"at": stamp(each.event.at), "step": each.event.result, "agency": each.event.agency}
            for each in story
        ],
        "text": {language: _sentence(story, words, language) for language in LANGUAGES},
    }


def _sentence(story: Story, words: Wordings, language: str) -> str:
    first, last = story[0].event, story[-1].event
    stage = str(last.details["stage"])
    titles = [words.field(f"contribution.{each}")[language] for each in _sections(first.details)]
    return SENTENCES[str(first.details["asks"])][language].format(
        at=first.at.strftime("%Y-%m-%d"),
        sender=words.agency(str(first.details["sender"]))[language],
        receiver=words.agency(str(first.details["receiver"]))[language],
        purpose=words.purpose(first.purpose)[language],
        sections=", ".join(titles),
        state=STAGES.get(stage, {}).get(language, stage),
    )


def _sections(details: Mapping[str, Json]) -> list[Field]:
    listed = details.get("sections", ())
    return [Field(str(each)) for each in listed] if isinstance(listed, list | tuple) else []


def _rules(details: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Give by which rules she is told of the messages that an entry carries, where it is not at once."""
    push = details.get("push")
    carried = push if isinstance(push, list) else []
    notices = [each.get("notices") for each in carried if isinstance(each, Mapping)]
    rules = [rule for each in notices if isinstance(each, Mapping) for rule in each.values()]
    return [rule for rule in rules if isinstance(rule, Mapping)]

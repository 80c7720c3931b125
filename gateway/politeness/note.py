"""The monthly note to a registry's owner: how often the gateway asked, and how often it did not have to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.vocabulary import Source
from gateway.politeness.calls import month_of
from gateway.storage.engine import Database

TEXT: Final[Mapping[str, str]] = {
    "uk": (
        "{source}, {month}: шлюз мав {wanted} запитань, надіслав {asked} і ще {repeated} повторно. "
        "{joined} не надіслано, бо таке саме запитання вже було в дорозі; {spared} не надіслано, щоб дати "
        "реєстру спокій (збої, технічні роботи, домовлена кількість). Збережено викликів: {saved}."
    ),
    "en": (
        "{source}, {month}: the gateway had {wanted} questions, sent {asked}, and {repeated} once more. "
        "{joined} were not sent because the same question was under way; {spared} were not sent to leave the "
        "registry in peace (failures, maintenance, the agreed number). Calls saved: {saved}."
    ),
}


async def note_of(database: Database, source: Source, month: str) -> dict[str, Any]:
    """Write one registry's note of a month (`2026-11`): the figures, and a text in both languages."""
    count = await month_of(database, source, month)
    figures = {
        "source": source,
        "month": month,
        "wanted": count.asked + count.joined + count.spared,
        "asked": count.asked,
        "repeated": count.repeated,
        "joined": count.joined,
        "spared": count.spared,
        "saved": count.joined + count.spared,
    }
    return {**figures, "text": {language: text.format(**figures) for language, text in TEXT.items()}}

"""Everything that people read in a cabinet exists in Ukrainian and in English, from the same catalogues."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.architecture.repository import find_modules
from tests.architecture.sentences import entries, raw_code, raw_text, sentence_of, templates, written


def test_every_sentence_is_translated() -> None:
    """What templates and code hand to a catalogue has an entry in one."""
    missing = sorted(written() - {sentence_of(message) for _, message in entries()})

    assert not missing


def test_every_translation_is_whole() -> None:
    """No entry is empty or doubtful, and each has as many forms as Ukrainian numbers need."""
    partial = [
        f"{name}: {message.id}"
        for name, message in entries()
        if message.fuzzy
        or not message.string
        or (message.pluralizable and not all(message.string))
        or (message.pluralizable and len(message.string) != 3)
    ]

    assert not partial


def test_a_translation_fills_in_what_the_sentence_does() -> None:
    """Names in brackets are the same on both sides, so that no page breaks in one language alone."""
    broken = [f"{name}: {message.id}" for name, message in entries() for _ in message.check()]

    assert not broken


def test_no_translation_is_left_over() -> None:
    """An entry whose sentence is written nowhere any more goes."""
    unused = sorted({f"{name}: {sentence_of(m)}" for name, m in entries() if sentence_of(m) not in written()})

    assert not unused


def test_one_sentence_has_one_translation() -> None:
    """The catalogues of two cabinets do not say the same thing in two ways."""
    said = {(sentence_of(message), str(message.string)) for _, message in entries()}
    twice = [sentence for sentence, times in Counter(each for each, _ in said).items() if times > 1]

    assert not twice


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_no_template_says_anything_by_itself(template: Path) -> None:
    """Text stands in `_()`: neither between tags nor in what is read aloud is there any other."""
    said = raw_text(template)

    assert not said


def test_no_page_of_code_speaks_ukrainian() -> None:
    """A module of the cabinets holds no Ukrainian sentence: catalogues and data do."""
    cabinets = [path for path in find_modules("gateway") if "cabinets" in path.parts]
    spoken = [text for path in cabinets for text in raw_code(path)]

    assert cabinets
    assert not spoken

"""May I, and what would I get: the preview as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import Field
from gateway.spelling import Spelling
from gateway.web.cabinets.casework.history import GROUNDS, reason_words


@dataclass(frozen=True, slots=True)
class Source:
    """One source: what it would tell on which ground, or why it would tell nothing."""

    title: str
    permitted: bool
    ground: str
    citation: str
    fields: Sequence[str]
    sealed: Sequence[str]
    masked: Sequence[str]
    reason: str
    next: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The whole of it. `lacking` names the sources for which the person's consent is missing."""

    permitted: bool
    refusal: str
    next: str
    sources: Sequence[Source]
    lacking: Sequence[str]

    @property
    def given(self) -> Sequence[Source]:
        """The sources that would answer."""
        return [each for each in self.sources if each.permitted]

    @property
    def withheld(self) -> Sequence[Source]:
        """The sources that would not, each with its reason."""
        return [each for each in self.sources if not each.permitted]


def read_preview(shown: Mapping[str, Any], spelling: Spelling) -> Foreseen:
    """Lay out what `gateway.preview.preview` gives."""
    refusal, following = ("", "")
    if shown["refusal"]:
        refusal, following = reason_words(shown["refusal"], spelling.vocabulary, spelling.language)
    return Foreseen(
        permitted=shown["permitted"],
        refusal=refusal,
        next=following,
        sources=[_source(name, line, spelling) for name, line in sorted(shown["sources"].items())],
        lacking=lacking_consent(shown),
    )


def lacking_consent(shown: Mapping[str, Any]) -> list[str]:
    """Name the sources that would tell if the person consented."""
    return sorted(name for name, line in shown["sources"].items() if line.get("reason") == "consent-missing")


def _source(name: str, line: Mapping[str, Any], spelling: Spelling) -> Source:
    def titles(member: str) -> list[str]:
        return [spelling.title(Field(each)) for each in line.get(member, ())]

    reason, following = ("", "")
    if not line["permitted"]:
        reason, following = reason_words(line["reason"], spelling.vocabulary, spelling.language)
    ground = line.get("ground", {})
    return Source(
        title=spelling.source(name),
        permitted=line["permitted"],
        ground=GROUNDS.get(ground.get("kind", ""), ""),
        citation=ground.get("citation", ""),
        fields=titles("fields"),
        sealed=titles("sealed"),
        masked=titles("masked"),
        reason=reason,
        next=following,
    )

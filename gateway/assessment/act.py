"""One act: its cells with what was filled, what was written since, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from contracts.vocabulary import AgencyId, CaseId, Field, OfficialId, Source, SubjectRef
from gateway.assessment.form import Cell, Form, Kind
from gateway.assessment.prefill import Choice, Filled, Origin
from gateway.faults import BodyInvalidError

LONGEST_TEXT = 4000
WITHDRAWN = "consent-withdrawn"


class State(StrEnum):
    """Whether it may still be written in."""

    DRAFT = "draft"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell of an act: what stands in it, what it was filled from, who wrote in it since and when."""

    text: str
    filled: Filled
    edited_by: str = ""
    edited_at: str = ""

    def __repr__(self) -> str:
        return f"Entry({len(self.text)})"

    @property
    def disputed(self) -> bool:
        """Whether sources tell several things, and nobody has chosen."""
        return len(self.filled.choices) > 1 and not self.edited_by


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one case. `version` is its ETag."""

    id: str
    agency: AgencyId
    case: CaseId
    subject_ref: SubjectRef
    exchange_id: str
    official: OfficialId
    form: str
    form_version: int
    language: str
    state: State
    entries: Mapping[str, Entry]
    version: int
    begun_at: datetime
    changed_at: datetime

    def __repr__(self) -> str:
        return f"Act({self.id})"


def begin_with(filled: Mapping[str, Filled]) -> Mapping[str, Entry]:
    """Give the entries of a new act: where sources agree their text stands, where they do not, none."""
    return {
        name: Entry(cell.choices[0].text if len(cell.choices) == 1 else "", cell)
        for name, cell in filled.items()
    }


def edit(form: Form, act: Act, changes: Mapping[str, str], by: OfficialId, at: datetime) -> Act:
    """Write into cells; one whose text stays as it was is not changed.

    Raises:
        BodyInvalidError: the form has no such cell, or its kind does not take this text.
    """
    faults, entries = [], dict(act.entries)
    for name, raw in changes.items():
        cell, text = form.cell(name), raw.replace("\r\n", "\n").strip()
        if cell is None:
            faults.append({"pointer": "/cells", "code": "unknown-cell"})
        elif code := _wrong(cell, text):
            faults.append({"pointer": f"/cells/{name}", "code": code})
        else:
            entry = entries.get(name, Entry("", Filled()))
            if entry.text != text:
                entries[name] = replace(entry, text=text, edited_by=by, edited_at=at.isoformat())
    if faults:
        raise BodyInvalidError("not-as-described", faults)
    return replace(act, entries=entries, changed_at=at)


def changed(before: Act, after: Act) -> list[str]:
    """Name the cells whose text differs: what the record keeps of a change."""
    return sorted(
        name
        for name, entry in after.entries.items()
        if name not in before.entries or before.entries[name].text != entry.text
    )


def without(act: Act, sources: frozenset[Source]) -> Act:
    """Take out what rested on sources that a withdrawn consent covered; what a person wrote stays."""
    if not sources:
        return act
    return replace(act, entries={name: _rid(entry, sources) for name, entry in act.entries.items()})


def _rid(entry: Entry, sources: frozenset[Source]) -> Entry:
    left = tuple(c for c in entry.filled.choices if not any(o.source in sources for o in c.origins))
    if len(left) == len(entry.filled.choices):
        return entry
    text = entry.text if entry.edited_by else (left[0].text if len(left) == 1 else "")
    return replace(entry, text=text, filled=Filled(left, "" if left else WITHDRAWN))


def _wrong(cell: Cell, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return "too-long"
    if any(ord(sign) < ord(" ") and sign not in "\n\t" for sign in text):
        return "control-characters"
    if text and cell.kind is Kind.DATE and not _is_date(text):
        return "not-a-date"
    if text and cell.kind is Kind.CHOICE and text not in cell.choices:
        return "not-a-choice"
    return ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def entries_as_json(entries: Mapping[str, Entry]) -> dict[str, Any]:
    """Write the entries: a text, its origins, what else was told, why nothing was, who wrote since."""
    return {name: _entry_as_json(entry) for name, entry in entries.items()}


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    written: dict[str, Any] = {"text": entry.text}
    if entry.filled.choices:
        written["told"] = [
            {
                "text": choice.text,
                "origins": [
                    {"source": o.source, "field": o.field, "as_of": o.as_of}
                    | ({"sealed": True} if o.sealed else {})
                    for o in choice.origins
                ],
            }
            for choice in entry.filled.choices
        ]
    if entry.filled.reason:
        written["reason"] = entry.filled.reason
    if entry.edited_by:
        written |= {"edited_by": entry.edited_by, "edited_at": entry.edited_at}
    return written


def entries_from_json(written: Mapping[str, Any]) -> Mapping[str, Entry]:
    """Read them back. The inverse of `entries_as_json`."""
    return {name: _entry_from_json(each) for name, each in written.items()}


def _entry_from_json(written: Mapping[str, Any]) -> Entry:
    choices = tuple(
        Choice(
            told["text"],
            tuple(
                Origin(Source(o["source"]), Field(o["field"]), o["as_of"], bool(o.get("sealed")))
                for o in told["origins"]
            ),
        )
        for told in written.get("told", ())
    )
    filled = Filled(choices, written.get("reason", ""))
    return Entry(written["text"], filled, written.get("edited_by", ""), written.get("edited_at", ""))

"""Reads an entry at a glance: for most entries that is enough, and ten times cheaper than parsing.

What is recognised is exactly what `Event.parse` would accept. An entry's frame is one pattern: its
members in order, text without escapes. Its details are canonical if their skeleton is, that is what is
left of them when all text and numbers are emptied; there are few skeletons, and each is
parsed once. Whatever is not recognised goes the long way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from audit.event import LARGEST, Event, EventError, Json, Kind

_TEXT = rb'"([^"\\\x00-\x1f]*)"'
_FRAME = re.compile(
    rb'\{"agency":' + _TEXT
    + rb',"at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{6}Z)"'
    + rb',"case":' + _TEXT
    + rb',"contract":' + _TEXT + rb',"details":(\{.*\}),"exchange_id":' + _TEXT + rb',"id":' + _TEXT
    + rb',"kind":' + _TEXT + rb',"official":' + _TEXT + rb',"purpose":' + _TEXT + rb',"reason":' + _TEXT
    + rb',"result":' + _TEXT + rb',"subject_ref":' + _TEXT + rb',"v":1\}'
)  # fmt: skip
_VALUE = re.compile(rb':(?:"[^"\\\x00-\x1f]+"|[1-9][0-9]{0,14}(?=[,}]))')
_PLAIN = re.compile(rb'(?:[{}\[\],]|"[A-Za-z0-9_. -]*"|(?<="):|(?<=:)0)*')
"""Structure, names, empty text and noughts: no brace, colon or number that stands inside a text."""
_TOLD = re.compile(rb'"fields":\[([^\]]*)\],"ground":(\{[^{}]*\})[^{}]*?"source":"([^"]*)"')
_INTENT = re.compile(rb'"intent":([0-9]+)[,}]')
_KINDS: Mapping[bytes, Kind] = {kind.value.encode(): kind for kind in Kind}
_MOST_SKELETONS = 4096


class Skeleton(NamedTuple):
    """What is known of details of one shape: how many braces they close, -1 where they are not canonical.

    `tells` is how many times they speak of fields, each time of a source; -1 where that is not plain.
    """

    braces: int
    tells: int


@dataclass(slots=True)
class Line:
    """What of an entry its story needs. `at` sorts as time does; `who` is empty where it was not glanced."""

    kind: Kind
    at: bytes
    exchange_id: bytes
    entry: bytes
    who: tuple[bytes, ...] = ()
    details: bytes = b""
    tells: int = -1

    def event(self) -> Event:
        """Give the whole event."""
        return Event.parse(self.entry)

    def matches(self, intent: Line, index: int) -> bool:
        """Say whether this release plainly tells what the intent at `index` allows; if not, look closer."""
        if self.tells < 0 or intent.tells < 0 or self.who != intent.who:
            return False
        named = _INTENT.search(self.details)
        if named is None or int(named[1]) != index:
            return False
        told = _TOLD.findall(self.details)
        if len(told) != self.tells:
            return False
        return all(_covered(fields, ground, source, intent.details) for fields, ground, source in told)


def _covered(fields: bytes, ground: bytes, source: bytes, allowed: bytes) -> bool:
    """Say whether an intent allows exactly these fields, or more, of a source on a ground that says which."""
    if b'"kind":""' in ground or (b'"id":""' in ground and b'"citation":""' in ground):
        return False
    if b'"fields":[%s],"ground":%s,"source":"%s"' % (fields, ground, source) in allowed:
        return True
    may = {name: (some, on) for some, on, name in _TOLD.findall(allowed)}.get(source, (b"", b""))
    return may[1] == ground and set(fields.split(b",")) <= set(may[0].split(b","))


@dataclass(slots=True)
class Glances:
    """Reads entries, and remembers the skeletons and the second that it has already seen to be right."""

    skeletons: dict[bytes, Skeleton] = field(default_factory=lambda: {b"{}": Skeleton(1, -1)})
    second: bytes = b""

    def read(self, entry: bytes) -> Line:
        """Give an entry's line; raise `EventError` as `Event.parse` does."""
        match = _FRAME.fullmatch(entry) if len(entry) <= LARGEST else None
        if match is not None:
            (
                agency,
                second,
                rest,
                case,
                contract,
                details,
                exchange,
                _,
                word,
                official,
                purpose,
                _,
                _,
                subject,
            ) = match.groups()
            kind = _KINDS.get(word)
            skeleton = self._skeleton(details)
            if (
                kind is not None
                and skeleton.braces == details.count(b"}")
                and (second == self.second or self._right(second))
                and (entry.isascii() or _is_utf8(entry))
            ):
                who = (agency, case, contract, official, purpose, subject)
                return Line(kind, second + rest, exchange, entry, who, details, skeleton.tells)
        event = Event.parse(entry)
        return Line(event.kind, _stamp(event), event.exchange_id.encode(), entry)

    def _right(self, second: bytes) -> bool:
        try:
            datetime.fromisoformat(second.decode())
        except ValueError:
            return False
        self.second = second
        return True

    def _skeleton(self, details: bytes) -> Skeleton:
        bones = _VALUE.sub(b':""', details)
        known = self.skeletons.get(bones)
        if known is None:
            known = _known(bones)
            if len(self.skeletons) < _MOST_SKELETONS:
                self.skeletons[bones] = known
        return known


def _stamp(event: Event) -> bytes:
    return event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


def _known(bones: bytes) -> Skeleton:
    """Say what is known of a skeleton, by parsing an event around it."""
    try:
        if not _PLAIN.fullmatch(bones):
            return Skeleton(-1, -1)
        details = Event.parse(_AROUND % bones).details
    except EventError:
        return Skeleton(-1, -1)
    return Skeleton(bones.count(b"}"), _tells(details, bones))


def _tells(details: Mapping[str, Json], bones: bytes) -> int:
    """Count the sources of which fields are told; -1 where fields or an intent stand elsewhere, too."""
    sources = details.get("sources")
    told = (
        [each for each in sources if isinstance(each, dict) and "fields" in each]
        if isinstance(sources, list)
        else []
    )
    everywhere = bones.count(b'"fields":'), len(_TOLD.findall(bones))
    once = bones.count(b'"intent":') == ("intent" in details)
    return len(told) if once and everywhere == (len(told), len(told)) else -1


def _is_utf8(entry: bytes) -> bool:
    try:
        entry.decode()
    except UnicodeDecodeError:
        return False
    return True


_AROUND = (
    b'{"agency":"","at":"2026-01-01T00:00:00.000000Z","case":"","contract":"","details":%s,"exchange_id":"",'
    b'"id":"","kind":"read","official":"","purpose":"","reason":"","result":"","subject_ref":"","v":1}'
)

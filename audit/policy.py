"""Whom to believe (C2SP tlog-policy): which logs, which witnesses, and how many of them are enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from audit.cosignature import CosignerKey, time_of
from audit.note import NoteError, Verifier, split_note

_NONE = "none"


class PolicyError(ValueError):
    """A policy that cannot be used. `code` says why, `line` where."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(f"line {line}: {code}")
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose heads are believed, and where it is."""

    verifier: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness: its name within the policy, its key, and the prefix to which heads are sent."""

    name: str
    key: CosignerKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses or groups."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups, and the name of the quorum (`none` asks for nobody); `text` is the file."""

    logs: tuple[KnownLog, ...]
    witnesses: Mapping[str, KnownWitness]
    groups: Mapping[str, Group]
    quorum: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a policy file. Raises `PolicyError`, with the line at fault."""
        reading = _Reading()
        for number, line in enumerate(text.split("\n"), 1):
            reading.take(number, line)
        if reading.quorum is None:
            raise PolicyError("no-quorum-line", text.count("\n") + 1)
        return cls(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum, text)

    def met(self, note: str) -> bool:
        """Say whether enough witnesses have cosigned a head; a signature that does not hold is none."""
        return self.satisfied(frozenset(self.cosigned(note)))

    def cosigned(self, note: str) -> Mapping[str, int]:
        """Give the witnesses whose cosignatures of a head hold, each with the time that it says."""
        text, signatures = split_note(note)
        known = {(each.key.name, each.key.key_id): each for each in self.witnesses.values()}
        times: dict[str, int] = {}
        for name, key_id, signature in signatures:
            witness = known.get((name, key_id))
            if witness is not None and witness.key.holds(text.encode(), signature):
                times[witness.name] = time_of(signature)
        return times

    def satisfied(self, cosigned: frozenset[str]) -> bool:
        """Say whether these witnesses are enough."""
        return self.quorum == _NONE or self._witnessed(self.quorum, cosigned)

    def _witnessed(self, name: str, cosigned: frozenset[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._witnessed(member, cosigned) for member in group.members) >= group.threshold


class _Reading:
    """A policy while it is read: names must be defined before they are used, and each joins one group."""

    def __init__(self) -> None:
        self.logs: list[KnownLog] = []
        self.witnesses: dict[str, KnownWitness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._taken: set[str] = set()
        self._keys: set[tuple[str, bytes]] = set()

    def take(self, number: int, line: str) -> None:
        """Read one line."""
        if any(character < " " and character != "\t" for character in line):
            raise PolicyError("control-character", number)
        words = line.replace("\t", " ").strip(" ").split(" ")
        match [word for word in words if word]:
            case [] | [""]:
                return
            case [first, *_] if first.startswith("#"):
                return
            case ["log", vkey, *rest] if len(rest) <= 1:
                self._log(number, vkey, "".join(rest))
            case ["witness", name, vkey, *rest] if len(rest) <= 1:
                self._witness(number, name, vkey, "".join(rest))
            case ["group", name, threshold, *members] if members:
                self._group(number, name, threshold, tuple(members))
            case ["quorum", name]:
                self._quorum(number, name)
            case _:
                raise PolicyError("malformed-line", number)

    def _log(self, number: int, vkey: str, url: str) -> None:
        try:
            verifier = Verifier.parse(vkey)
        except NoteError as error:
            raise PolicyError(error.code, number) from None
        self._once(number, "log", verifier.key.public_bytes_raw())
        self.logs.append(KnownLog(verifier, url))

    def _witness(self, number: int, name: str, vkey: str, url: str) -> None:
        self._fresh(number, name)
        try:
            key = CosignerKey.parse(vkey)
        except NoteError as error:
            raise PolicyError(error.code, number) from None
        self._once(number, "witness", key.key.public_bytes_raw())
        self.witnesses[name] = KnownWitness(name, key, url)

    def _group(self, number: int, name: str, threshold: str, members: tuple[str, ...]) -> None:
        self._fresh(number, name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise PolicyError("unknown-member", number)
            if member in self._taken:
                raise PolicyError("member-twice", number)
            self._taken.add(member)
        needed = {"all": len(members), "any": 1}.get(threshold, _count(threshold))
        if not 1 <= needed <= len(members):
            raise PolicyError("bad-threshold", number)
        self.groups[name] = Group(needed, members)

    def _quorum(self, number: int, name: str) -> None:
        if self.quorum is not None:
            raise PolicyError("quorum-twice", number)
        if name != _NONE and name not in self.witnesses and name not in self.groups:
            raise PolicyError("unknown-quorum", number)
        self.quorum = name

    def _fresh(self, number: int, name: str) -> None:
        if name == _NONE or name in self.witnesses or name in self.groups:
            raise PolicyError("name-twice", number)

    def _once(self, number: int, what: str, key: bytes) -> None:
        if (what, key) in self._keys:
            raise PolicyError("key-twice", number)
        self._keys.add((what, key))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and not text.startswith("0") else 0


def urls_of(policy: Policy) -> Iterator[KnownWitness]:
    """Give the witnesses to which heads can be sent."""
    return (witness for witness in policy.witnesses.values() if witness.url)

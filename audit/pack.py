"""An evidence pack: some entries of the record, each with its proof, sealed by the log's signature.

    PACK/evidence.note     every other file with its SHA-256, signed by the log
    PACK/log.vkey          the log's key: compare it over another channel
    PACK/summary.txt       what the pack shows, to be read
    PACK/entries/<index>.json  PACK/entries/<index>.tlog-proof

A pack is checked with nothing but this package. It shows that these entries are in the log, and nothing
of the other entries; that they are *all* that there was to show, only the whole log can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from audit.event import Event, EventError, Json
from audit.note import NoteError, Signer, Verifier, open_note, sign
from audit.policy import Policy
from audit.proof import Proof

SEAL, KEY, SUMMARY = "evidence.note", "log.vkey", "summary.txt"
HEADER = "obmin evidence v1"
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One entry with the proof of its place."""

    entry: bytes
    proof: Proof


@dataclass(slots=True)
class PackReport:
    """What a check of a pack found; no problem means that everything is as it was sealed."""

    origin: str = ""
    key_given: bool = False
    entries: int = 0
    size: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def as_json(self) -> dict[str, Json]:
        """Give the report for machines."""
        return {
            "ok": self.ok,
            "origin": self.origin,
            "key_given": self.key_given,
            "entries": self.entries,
            "size": self.size,
            "problems": [{"what": what, "where": where} for what, where in self.problems],
        }


def is_pack(folder: Path) -> bool:
    """Say whether a folder is a pack rather than an exported log."""
    return (folder / SEAL).is_file()


def write_pack(folder: Path, exhibits: Sequence[Exhibit], summary: str, signer: Signer) -> None:
    """Write a pack into an absent or empty folder; the seal comes last."""
    files: dict[str, bytes] = {KEY: f"{signer.verifier}\n".encode(), SUMMARY: summary.encode()}
    for exhibit in exhibits:
        index = exhibit.proof.index
        files[f"entries/{index}.json"] = exhibit.entry
        files[f"entries/{index}.tlog-proof"] = exhibit.proof.text().encode()
    (folder / "entries").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    listed = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    (folder / SEAL).write_text(sign(f"{HEADER}\n{listed}", signer), "utf-8")


def verify_pack(folder: Path, key: str | None = None, policy: Policy | None = None) -> PackReport:
    """Check a pack: the seal, every file, every entry against its proof. Nothing in it is trusted."""
    report = PackReport(key_given=key is not None)
    try:
        verifier = Verifier.parse(key or _read(folder / KEY).decode())
        sealed = _listed(open_note(_read(folder / SEAL).decode(), verifier))
    except (OSError, ValueError) as error:
        report.problems.append((getattr(error, "code", "unreadable"), SEAL))
        return report
    report.origin = verifier.name
    report.problems += _changed(folder, sealed)
    for name in sorted(sealed, key=_order):
        if name.endswith(".json"):
            _check(folder, name, verifier, policy, report)
    return report


def _check(folder: Path, name: str, verifier: Verifier, policy: Policy | None, report: PackReport) -> None:
    try:
        entry = _read(folder / name)
        proof = Proof.parse(_read((folder / name).with_suffix(".tlog-proof")).decode())
        head = proof.opened(verifier, entry, policy)
        Event.parse(entry)
    except (EventError, NoteError) as error:
        report.problems.append((error.code, name))
    except (OSError, ValueError):
        report.problems.append(("unreadable", name))
    else:
        report.entries += 1
        report.size = max(report.size, head.size)
        if name != f"entries/{proof.index}.json":
            report.problems.append(("entry-misnamed", name))


def _listed(note: str) -> Mapping[str, str]:
    header, *lines = note.splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    if header != HEADER or any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004  digest and name
        raise NoteError("not-an-evidence-seal")
    return {name: digest for digest, name in pairs}


def _changed(folder: Path, sealed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    yield from (("unexpected-file", name) for name in sorted(found - sealed.keys() - {SEAL}))
    for name, digest in sealed.items():
        try:
            if sha256(_read(folder / name)).hexdigest() != digest:
                yield "file-differs", name
        except (OSError, ValueError):
            yield "file-missing", name


def _order(name: str) -> tuple[int, str]:
    stem = Path(name).stem
    return (int(stem) if stem.isdecimal() and stem.isascii() else -1, name)


def _read(path: Path) -> bytes:
    """Give a file; a link, or one larger than any honest one, is a `ValueError`."""
    if path.is_symlink():
        raise ValueError("link")
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("file-too-large")
    return content

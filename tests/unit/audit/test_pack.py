"""Evidence packs: sealed, checked with nothing but the package, and unforgeable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint
from audit.event import Kind
from audit.merkle import inclusion_proof, leaf_hash, root_of
from audit.note import Signer, sign
from audit.pack import Exhibit, is_pack, verify_pack, write_pack
from audit.proof import Proof
from tests.unit.audit.records import SIGNER
from tests.unit.audit.streams import entry

ENTRIES = [entry(Kind.RELEASE, n, exchange_id=f"exchange-{n}").canonical() for n in range(9)]
LEAVES = [leaf_hash(each) for each in ENTRIES]
NOTE = Checkpoint(SIGNER.name, len(LEAVES), root_of(LEAVES)).sign(SIGNER)
KEY = str(SIGNER.verifier)


def exhibit(index: int, entry: bytes | None = None) -> Exhibit:
    """Give one of the entries with its proof."""
    path = inclusion_proof(index, len(LEAVES), lambda start, end: root_of(LEAVES[start:end]))
    return Exhibit(entry or ENTRIES[index], Proof(index, tuple(path), NOTE))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Write a pack of two entries."""
    folder = tmp_path / "pack"
    write_pack(folder, [exhibit(2), exhibit(7)], "two entries\n", SIGNER)
    return folder


def reseal(folder: Path) -> None:
    """Seal a pack again with a key of one's own under the log's name."""
    seal = (folder / "evidence.note").read_text("utf-8").split("\n\n", 1)[0] + "\n"
    forger = Signer.of(SIGNER.name, bytes(32))
    (folder / "evidence.note").write_text(sign(seal, forger), "utf-8")
    (folder / "log.vkey").write_text(f"{forger.verifier}\n", "utf-8")


def test_a_pack_is_whole(pack: Path) -> None:
    """Every file is as it was sealed, and every entry is in the log."""
    report = verify_pack(pack, KEY)

    assert is_pack(pack)
    assert report.ok, report.as_json()
    assert (report.entries, report.size, report.key_given) == (2, 9, True)


def test_a_key_from_the_pack_itself_is_told(pack: Path) -> None:
    """Whoever made the pack could have signed anything."""
    report = verify_pack(pack)

    assert report.ok
    assert not report.key_given


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (lambda pack: (pack / "summary.txt").write_text("one entry\n"), ("file-differs", "summary.txt")),
        (lambda pack: (pack / "summary.txt").unlink(), ("file-missing", "summary.txt")),
        (lambda pack: (pack / "more.txt").write_text("more"), ("unexpected-file", "more.txt")),
        (
            lambda pack: (pack / "entries/2.json").write_bytes(ENTRIES[3]),
            ("not-included", "entries/2.json"),
        ),
        (
            lambda pack: (pack / "entries/2.tlog-proof").write_text("nothing"),
            ("malformed-proof", "entries/2.json"),
        ),
        (lambda pack: (pack / "evidence.note").write_text("nothing"), ("malformed-note", "evidence.note")),
        (lambda pack: (pack / "evidence.note").write_bytes(b"\xff"), ("unreadable", "evidence.note")),
        (reseal, ("no-known-signature", "evidence.note")),
    ],
)
def test_a_changed_pack_is_found_out(
    pack: Path, spoil: Callable[[Path], object], wrong: tuple[str, str]
) -> None:
    """What was changed, taken out or put in is named."""
    spoil(pack)
    report = verify_pack(pack, KEY)

    assert not report.ok
    assert wrong[1] in {where for _, where in report.problems}


def test_a_forged_entry_is_in_no_log(tmp_path: Path) -> None:
    """Even the log's own key cannot put an entry into a tree that lacks it."""
    forged = entry(Kind.RELEASE, 2, exchange_id="forged").canonical()
    write_pack(tmp_path / "pack", [exhibit(2, forged)], "one entry\n", SIGNER)
    report = verify_pack(tmp_path / "pack", KEY)

    assert report.problems == [("not-included", "entries/2.json")]


def test_a_link_out_of_the_pack_is_not_followed(pack: Path, tmp_path: Path) -> None:
    """A pack is what lies in it."""
    outside = tmp_path / "summary.txt"
    outside.write_text("two entries\n")
    (pack / "summary.txt").unlink()
    (pack / "summary.txt").symlink_to(outside)

    assert verify_pack(pack, KEY).problems == [("file-missing", "summary.txt")]

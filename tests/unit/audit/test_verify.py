"""The offline check: an honest log passes, and of a changed one the first bad entry is named."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from audit.event import Json
from audit.tiles import bundle_path, tile_path
from audit.verify import verify
from tests.unit.audit.folders import (
    EXCHANGES,
    FORGER,
    HEADS,
    LAST,
    OTHERS,
    SIZE,
    VKEY,
    altered,
    entries_of,
    every_entry,
    found,
    heads_of,
    rewrite,
    story,
    write,
    write_heads,
    write_log,
)
from tests.unit.audit.records import SIGNER


def test_an_honest_log_passes(honest: Path) -> None:
    """Nothing is wrong with a log that nobody changed; its entries and heads are counted."""
    report = verify(honest, vkey=VKEY)

    assert report.ok
    assert (report.origin, report.size, report.checkpoints) == (SIGNER.name, SIZE, 8)
    assert report.kinds == {"intent": EXCHANGES, "release": EXCHANGES, "read": OTHERS}
    assert (report.open_count, report.key_given) == (0, True)


def test_a_check_with_the_folders_own_key_says_so(honest: Path) -> None:
    """Without a key given, the report says that the key came with the folder."""
    report = verify(honest)

    assert report.ok
    assert not report.key_given


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512])
def test_logs_of_any_size_pass(tmp_path: Path, size: int) -> None:
    """Full and partial tiles at every edge are as the verifier expects."""
    write_log(tmp_path, asyncio.run(story(0, size)), [size // 2])

    assert verify(tmp_path, vkey=VKEY).ok


def edit(index: int) -> Callable[[list[bytes]], list[bytes]]:
    """Change an entry of a bundle into another that is just as canonical."""
    return lambda entries: [
        *entries[:index],
        altered(entries[index], agency="somebody-else"),
        *entries[index + 1 :],
    ]


CHANGES: list[tuple[str, Callable[[list[bytes]], list[bytes]], int, str]] = [
    ("edited", edit(60), 572, "entry-differs"),
    ("edited first", edit(0), 512, "entry-differs"),
    ("edited last", edit(LAST - 1), 599, "entry-differs"),
    ("deleted", lambda entries: entries[:40] + entries[41:], 512, "entries-too-few"),
    ("deleted last", lambda entries: entries[:-1], 512, "entries-too-few"),
    ("inserted", lambda entries: [*entries[:40], entries[3], *entries[40:]], 512, "entries-too-many"),
    ("replaced by its neighbour", lambda e: [*e[:9], e[10], *e[10:]], 521, "entry-differs"),
    ("swapped", lambda e: [*e[:7], e[8], e[7], *e[9:]], 519, "entry-differs"),
    ("reversed", lambda e: e[::-1], 512, "entry-differs"),
    ("emptied", lambda _: [], 512, "entries-too-few"),
    ("not json", lambda e: [*e[:5], b"\0\xff\x1b[2J", *e[6:]], 517, "entry-differs"),
    ("not canonical", lambda e: [*e[:5], e[5] + b" ", *e[6:]], 517, "entry-differs"),
]


@pytest.mark.parametrize(("change", "index", "what"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_changed_bundle_is_named(
    folder: Path, change: Callable[[list[bytes]], list[bytes]], index: int, what: str
) -> None:
    """Whatever is done to the entries, the first that is not as signed is told, or its bundle's start."""
    rewrite(folder, 2, LAST, change(entries_of(folder, 2, LAST)))

    assert (index, what) in [(problem.index, problem.what) for problem in verify(folder, vkey=VKEY).problems]
    assert found(verify(folder, vkey=VKEY))[0] == index


@pytest.mark.parametrize("index", [0, 1, 17, 254, 255, 256, 299, 511])
def test_an_entry_changed_anywhere_is_named(folder: Path, index: int) -> None:
    """An edited entry is named by its own index, wherever it stands."""
    rewrite(folder, index // 256, 256, edit(index % 256)(entries_of(folder, index // 256, 256)))

    assert found(verify(folder, vkey=VKEY)) == (index, "entry-differs")


@pytest.mark.parametrize(
    ("level", "index", "width", "at"), [(0, 0, 256, 3), (0, 2, LAST, 50), (0, 1, 256, 255)]
)
def test_a_changed_tile_is_told_from_a_changed_entry(
    folder: Path, level: int, index: int, width: int, at: int
) -> None:
    """Where the entries still have the signed root, the tile is at fault."""
    path = folder / tile_path(level, index, width)
    tile = bytearray(path.read_bytes())
    tile[at * 32] ^= 1
    write(path, bytes(tile))

    assert found(verify(folder, vkey=VKEY)) == (index * 256 + at, "tile-differs")


@pytest.mark.parametrize(
    ("path", "content", "index", "what"),
    [
        (tile_path(0, 1), b"", 256, "tile-differs"),
        (tile_path(0, 1), None, 256, "tile-differs"),
        (tile_path(1, 0, 2), b"", 0, "tile-differs"),
        (tile_path(1, 0, 2), None, 0, "tile-differs"),
        (bundle_path(1), None, 256, "entries-unreadable"),
        (bundle_path(1), b"\0", 256, "entries-unreadable"),
        (bundle_path(1), bytes(5_000_000), 256, "entries-unreadable"),
        ("tile/0/001.p/3", b"", None, "unexpected-file"),
        ("tile/0/005", b"", None, "unexpected-file"),
        ("tile/entries/003", b"", None, "unexpected-file"),
        ("tile/2/000.p/1", b"", None, "unexpected-file"),
        ("notes.txt", b"", None, "unexpected-file"),
        ("checkpoints/latest", b"", None, "unexpected-file"),
        ("checkpoints/000.p/8", b"", None, "malformed-note"),
        ("checkpoints/000.p/8", b"\xff", None, "heads-unreadable"),
        ("checkpoints/000.p/9", b"", None, "malformed-note"),
        ("checkpoints/001", b"", None, "unexpected-file"),
        ("checkpoint", b"", None, "malformed-note"),
        ("checkpoint", b"\xff", None, "unreadable"),
        ("checkpoint", None, None, "unreadable"),
    ],
)
def test_a_lost_or_foreign_file_is_named(
    folder: Path, path: str, content: bytes | None, index: int | None, what: str
) -> None:
    """A file that is missing, torn or does not belong is a problem with its place."""
    put(folder / path, content)
    report = verify(folder, vkey=VKEY)

    assert found(report) == (index, what)


def put(path: Path, content: bytes | None) -> None:
    """Write a file, or remove it where there is no content."""
    if content is None:
        path.unlink()
    else:
        write(path, content)


def test_entries_and_tiles_changed_together_do_not_fit_what_was_signed(honest: Path, tmp_path: Path) -> None:
    """A log rebuilt with one other entry still fails at the first head that covers it."""
    entries = every_entry(honest)
    write_log(tmp_path, [*entries[:300], altered(entries[300], official="x"), *entries[301:]])
    write_heads(tmp_path, list(heads_of(honest).values()))
    shutil.copy(honest / "checkpoint", tmp_path / "checkpoint")

    assert found(verify(tmp_path, vkey=VKEY)) == (257, "entries-differ-from-signed")


def test_a_log_signed_with_another_key_is_refused(honest: Path, tmp_path: Path) -> None:
    """A log forged whole, under the same name, does not open with the key that the auditor brought."""
    write_log(tmp_path, every_entry(honest), HEADS, FORGER)

    assert verify(tmp_path).ok
    assert found(verify(tmp_path, vkey=VKEY)) == (None, "unknown-key")


def test_a_head_put_back_is_told_by_the_retained_ones(folder: Path) -> None:
    """An older head over a newer folder is a rollback."""
    write(folder / "checkpoint", heads_of(folder)[550].encode())
    report = verify(folder, vkey=VKEY)

    assert "head-older-than-retained" in {problem.what for problem in report.problems}


def test_a_fork_signed_by_the_log_itself_is_told(honest: Path, folder: Path) -> None:
    """Two heads by the log's own key that contradict each other cannot both fit the entries."""
    fork = folder.parent / "fork"
    entries = every_entry(honest)
    write_log(fork, [*entries[:399], altered(entries[399], official="x")], [])
    write_heads(folder, list((heads_of(folder) | heads_of(fork)).values()))

    assert found(verify(folder, vkey=VKEY)) == (257, "entries-differ-from-signed")


def test_heads_out_of_order_are_told(folder: Path) -> None:
    """Retained heads stand in the order of their sizes, each size once."""
    notes = list(heads_of(folder).values())
    write_heads(folder, [*notes[:4], notes[5], notes[4], *notes[6:]])

    assert found(verify(folder, vkey=VKEY)) == (None, "heads-out-of-order")


def test_a_key_that_is_none_is_told(honest: Path) -> None:
    """A malformed key given is a problem, not a crash."""
    assert found(verify(honest, vkey="obmin")) == (None, "not-ed25519")


def test_the_report_is_json(folder: Path) -> None:
    """What a machine reads holds the verdict, the first problem and the counts."""
    rewrite(folder, 2, LAST, edit(60)(entries_of(folder, 2, LAST)))
    report: dict[str, Json] = json.loads(json.dumps(verify(folder, vkey=VKEY).as_json()))

    assert report["ok"] is False
    assert report["first"] == {"what": "entry-differs", "index": 572, "where": "tile/entries/002"}
    assert (report["size"], report["receipts"]) == (600, 0)


def test_the_verifier_needs_nothing_of_ours_but_this_package() -> None:
    """Whatever the verifier imports, directly or not, is of `audit` or of other projects."""
    assert {name.partition(".")[0] for name in _imports("audit.verify", set())} == {
        "audit",
        "cryptography",
        "orjson",
        "uuid_utils",
    }


def _imports(module: str, seen: set[str]) -> Iterable[str]:
    tree = ast.parse(Path(f"{module.replace('.', '/')}.py").read_text())
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    plain = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    named = [
        f"{node.module}.{alias.name}" for node in froms if node.module == "audit" for alias in node.names
    ]
    names = {*named, *plain, *(str(node.module) for node in froms if node.module != "audit")} - seen
    seen |= names
    ours = [name for name in names if name.startswith("audit.")]
    return {
        name
        for name in {*names, *(inner for each in ours for inner in _imports(each, seen))}
        if name.partition(".")[0] not in sys.stdlib_module_names
    }

"""The offline check: an honest log passes, and of a changed one the first bad entry is named."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from audit import promise
from audit.event import Json
from audit.merkle import leaf_hash
from audit.note import Signer
from audit.report import Report
from audit.tiles import bundle_path, tile_path
from audit.verify import verify
from tests.unit.audit.folders import altered, entries_of, rewrite, story, write, write_log
from tests.unit.audit.records import SIGNER

VKEY = str(SIGNER.verifier)
EXCHANGES, OTHERS = 150, 300
SIZE = 2 * EXCHANGES + OTHERS
HEADS = [1, 255, 256, 257, 400, 512, 550]
LAST = 600 - 512
FORGER = Signer.of(SIGNER.name, bytes(32))


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of 600 entries with eight heads."""
    folder = tmp_path_factory.mktemp("honest")
    write_log(folder, asyncio.run(story(EXCHANGES, OTHERS)), HEADS)
    return folder


@pytest.fixture
def folder(honest: Path, tmp_path: Path) -> Path:
    """Give a copy of the log to change."""
    return Path(shutil.copytree(honest, tmp_path / "log"))


def found(report: Report) -> tuple[int | None, str]:
    """Say where and what the first problem is."""
    assert report.first is not None
    return report.first.index, report.first.what


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
        ("checkpoints/400", b"", None, "malformed-note"),
        ("checkpoints/401", b"", None, "malformed-note"),
        ("checkpoints/601", b"", 600, "head-older-than-retained"),
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


def test_entries_and_tiles_changed_together_do_not_fit_what_was_signed(honest: Path, folder: Path) -> None:
    """A log rebuilt with one other entry still fails at the first head that covers it."""
    entries = _all(honest)
    rebuilt = folder.parent / "rebuilt"
    write_log(rebuilt, [*entries[:300], altered(entries[300], official="x"), *entries[301:]], HEADS, FORGER)
    for size in [*HEADS, SIZE]:
        shutil.copy(honest / "checkpoints" / str(size), rebuilt / "checkpoints" / str(size))
    shutil.copy(honest / "checkpoint", rebuilt / "checkpoint")

    assert found(verify(rebuilt, vkey=VKEY)) == (257, "entries-differ-from-signed")


def _all(folder: Path) -> list[bytes]:
    widths = ((0, 256), (1, 256), (2, LAST))
    return [entry for index, width in widths for entry in entries_of(folder, index, width)]


def test_a_log_signed_with_another_key_is_refused(honest: Path, tmp_path: Path) -> None:
    """A log forged whole, under the same name, does not open with the key that the auditor brought."""
    write_log(tmp_path, _all(honest), HEADS, FORGER)

    assert verify(tmp_path).ok
    assert found(verify(tmp_path, vkey=VKEY)) == (None, "unknown-key")


def test_a_head_put_back_is_told_by_the_retained_ones(folder: Path) -> None:
    """An older head over a newer folder is a rollback."""
    shutil.copy(folder / "checkpoints" / "550", folder / "checkpoint")
    report = verify(folder, vkey=VKEY)

    assert "head-older-than-retained" in {problem.what for problem in report.problems}


def test_a_fork_signed_by_the_log_itself_is_told(honest: Path, folder: Path) -> None:
    """Two heads by the log's own key that contradict each other cannot both fit the entries."""
    fork = folder.parent / "fork"
    entries = _all(honest)
    write_log(fork, [*entries[:399], altered(entries[399], official="x")], [])
    shutil.copy(fork / "checkpoints" / "400", folder / "checkpoints" / "400")

    assert found(verify(folder, vkey=VKEY)) == (257, "entries-differ-from-signed")


def test_heads_under_each_others_names_are_told(folder: Path) -> None:
    """A retained head must have the size that its name says."""
    shutil.copy(folder / "checkpoints" / "512", folder / "checkpoints" / "400")

    assert found(verify(folder, vkey=VKEY)) == (None, "checkpoint-misnamed")


def test_a_key_that_is_none_is_told(honest: Path) -> None:
    """A malformed key given is a problem, not a crash."""
    assert found(verify(honest, vkey="obmin")) == (None, "not-ed25519")


def receipt(
    folder: Path, index: int = 1, exchange_id: str = "exchange-0", signer: Signer = SIGNER
) -> dict[str, object]:
    """Give the receipt of a release as an answer carries it."""
    leaf = leaf_hash(_all(folder)[index])
    return {
        "origin": signer.name,
        "index": index,
        "leaf_hash": b64encode(leaf).decode(),
        "promise": promise.sign(signer, exchange_id, leaf),
        "exchange_id": exchange_id,
    }


def test_a_receipt_of_this_log_holds(honest: Path) -> None:
    """Receipts whose entries are at their indexes are counted and fine."""
    report = verify(honest, [receipt(honest), receipt(honest, 3, "exchange-1")], VKEY)

    assert report.ok
    assert report.receipts == 2


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"origin": "other.example/log"}, "receipt-of-another-log"),
        ({"index": 600}, "receipt-not-in-log"),
        ({"index": -1}, "receipt-malformed"),
        ({"index": True}, "receipt-malformed"),
        ({"index": "1"}, "receipt-malformed"),
        ({"index": 3}, "receipt-for-another-entry"),
        ({"leaf_hash": "!"}, "receipt-malformed"),
        ({"leaf_hash": None}, "receipt-malformed"),
        ({"leaf_hash": b64encode(bytes(32)).decode()}, "receipt-not-signed"),
        ({"promise": "AAAA"}, "receipt-not-signed"),
        ({"exchange_id": "exchange-1"}, "receipt-not-signed"),
        ({"exchange_id": None}, "receipt-malformed"),
        ({"exchange_id": "\ud800"}, "receipt-not-signed"),
        ({"exchange_id": "x" * 70_000}, "receipt-not-signed"),
    ],
)
def test_a_receipt_that_does_not_fit_is_named(honest: Path, changed: dict[str, object], what: str) -> None:
    """A receipt of another log, index, entry or exchange, or with a forged promise, is a problem."""
    report = verify(honest, [receipt(honest) | changed], VKEY)

    assert found(report)[1] == what


@pytest.mark.parametrize(
    ("made", "what"),
    [
        ((0, "exchange-0", SIGNER), "receipt-for-another-exchange"),
        ((1, "exchange-1", SIGNER), "receipt-for-another-exchange"),
        ((1, "exchange-0", FORGER), "receipt-not-signed"),
        ((1, "exchange-0", Signer.of("other.example/log", bytes(32))), "receipt-of-another-log"),
    ],
)
def test_a_promise_broken_by_the_log_is_named(honest: Path, made: tuple[int, str, Signer], what: str) -> None:
    """A well-signed promise for what is no release of that exchange convicts the log."""
    report = verify(honest, [receipt(honest, *made)], VKEY)

    assert found(report)[1] == what


def test_a_receipt_for_an_entry_that_was_dropped_is_named(honest: Path, tmp_path: Path) -> None:
    """When the operator signs a log without an entry, whoever holds its receipt can show it."""
    entries = _all(honest)
    write_log(tmp_path, [entries[0], *entries[2:]])
    report = verify(tmp_path, [receipt(honest)], VKEY)

    assert "receipt-for-another-entry" in {problem.what for problem in report.problems}


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

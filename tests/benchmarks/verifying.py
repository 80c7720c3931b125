"""Verifying an export beside a loop that only hashes the same bytes, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audit.checkpoint import Checkpoint
from audit.folder import Folder, bundle_heads
from audit.merkle import SIZE, leaf_hash
from audit.note import Signer
from audit.tiles import WIDTH, Growth, Subtree, bundle, bundle_path, heads_path, tile_path, unbundle
from audit.verify import verify

SIGNER = Signer.of("bench.example/log", bytes(range(32)))
EVERY = 4096
"""Entries between two retained heads: about one a second on a busy gateway."""
TEMPLATE = (
    b'{"agency":"case-system","at":"2026-11-%02dT%02d:%02d:%02d.%06dZ","case":"KYIV-2026-%06d",'
    b'"contract":"sha-256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","details":%s,'
    b'"exchange_id":"exchange-%d","id":"event-%d","kind":"%s","official":"worker-17",'
    b'"purpose":"needs-assessment","reason":"","result":"%s","subject_ref":"%032d","v":1}'
)
SOURCES = (
    b'[{"fields":["education.status"],"ground":{"citation":"Art. 2","id":"","kind":"law"},'
    b'"source":"education"%s},{"fields":["health.disability_group"],"ground":{"citation":"Art. 1",'
    b'"id":"consent-%d","kind":"consent"},"source":"health"%s}]'
)
INTENT = b'{"contract":{"id":"case-system-needs-assessment","version":3},"sources":%s,"withheld":[]}'
RELEASE = b'{"contract":{"id":"case-system-needs-assessment","version":3},"intent":%d,"sources":%s}'


@dataclass(frozen=True, slots=True)
class Verifying:
    """Microseconds an entry, megabytes at most, and how much of the bare loop's speed the verifier has."""

    entries: int
    hashing_us: float
    verifying_us: float
    ratio: float
    peak_mb: float


def measure_verifying(folder: Path, sizes: Sequence[int]) -> list[Verifying]:
    """Write a log of each size, hash it, verify it."""
    return [_measure(folder / str(size), size) for size in sizes]


def _measure(folder: Path, size: int) -> Verifying:
    _write_log(folder, size)
    hashing, verifying = (_run(what, folder) for what in ("hash", "verify"))
    return Verifying(
        size,
        1e6 * hashing["seconds"] / size,
        1e6 * verifying["seconds"] / size,
        hashing["seconds"] / verifying["seconds"],
        verifying["peak_mb"],
    )


def _run(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.verifying", what, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _entries(size: int) -> Iterator[bytes]:
    """Give exchanges, intent and release, as a gateway records them."""
    for index in range(size):
        number, release = divmod(index, 2)
        second, micro = divmod(index * 300, 1_000_000)
        sources = SOURCES % (
            (b',"status":"answered"', number, b',"status":"answered"') if release else (b"", number, b"")
        )
        details = RELEASE % (index - 1, sources) if release else INTENT % sources
        yield TEMPLATE % (
            1 + second // 86_400 % 28,
            second // 3600 % 24,
            second // 60 % 60,
            second % 60,
            micro,
            number % 1_000_000,
            details,
            number,
            index,
            b"release" if release else b"intent",
            b"released" if release else b"",
            number,
        )


def _write_log(folder: Path, size: int) -> None:
    growth, heads, waiting = Growth(), [], []
    for entry in _entries(size):
        waiting.append(entry)
        growth.append(leaf_hash(entry))
        if growth.size % WIDTH == 0 or growth.size == size:
            _write(folder / bundle_path((growth.size - 1) // WIDTH, len(waiting)), bundle(waiting))
            waiting.clear()
        if growth.size % EVERY == 0 or growth.size == size:
            heads.append(Checkpoint(SIGNER.name, growth.size, growth.root()).sign(SIGNER))
        for (level, index), tile in growth.fresh.items():
            _write(folder / tile_path(level, index), tile)
        growth.fresh.clear()
    for (level, index), tile in growth.partial().items():
        _write(folder / tile_path(level, index, len(tile) // SIZE), tile)
    for start in range(0, len(heads), WIDTH):
        listed = heads[start : start + WIDTH]
        _write(folder / heads_path(start // WIDTH, len(listed)), bundle_heads(listed))
    _write(folder / "checkpoint", heads[-1].encode())
    _write(folder / "log.vkey", str(SIGNER.verifier).encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _hash(folder: Path, size: int) -> None:
    """Do the least that could find the root: read, hash leaves, hash upwards."""
    files, growth = Folder(folder), Growth()
    for start in range(0, size - size % WIDTH, WIDTH):
        listed = unbundle(files.read(bundle_path(start // WIDTH)))
        leaves = b"".join([sha256(b"\0" + entry).digest() for entry in listed])
        growth.append_tile(Subtree.over(leaves))
        growth.fresh.clear()


def main(what: str, folder: Path) -> None:
    """Do one of the two in this process and tell seconds and the peak of its memory."""
    size = Checkpoint.open(Folder(folder).text("checkpoint"), SIGNER.verifier).size
    began = time.perf_counter()
    if what == "hash":
        _hash(folder, size)
    else:
        report = verify(folder, vkey=str(SIGNER.verifier))
        assert report.ok, report.first
    seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": _peak()}))


def _peak() -> float:
    """Give this process's peak in megabytes; `getrusage` would count the parent from before the exec, too."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

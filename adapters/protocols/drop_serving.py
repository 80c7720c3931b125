"""The registry's side of a file drop: what its nightly job does, and how that can go wrong.

An extract is written under another name and given its own only when it is whole.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc import jwe
from joserfc.jwk import ECKey

from adapters.protocols.drop_intake import ALGORITHMS, LARGEST
from adapters.protocols.switches import Drop

HEADER: Final = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
NOISE: Final = b"\x00\xff not a sealed file" * 40


class Sender:
    """One registry's nightly job over its samples. `name` begins the names of its files."""

    def __init__(self, name: str, drop: Drop, samples: Path) -> None:
        self._name = name
        self._drop = drop
        records = json.loads(samples.read_text(encoding="utf-8")).values()
        self._rows = [record["said"] for record in records]

    def send(self, folder: Path, key: ECKey, on: date, fault: str = "") -> Path:
        """Leave the extract of a day in a gateway's folder, sealed to its key; give the file.

        With a `fault` it is one that nobody can use: `garbage`, `truncated`, `huge`, or one whose last line
        cannot be read (`fault`).
        """
        rows = self._rows
        if fault == "fault":
            rows = [*rows, {}]
        sealed = jwe.encrypt_compact(HEADER, self._written(rows), key, registry=ALGORITHMS).encode()
        content = {"garbage": NOISE, "truncated": sealed[: len(sealed) // 2]}.get(fault, sealed)
        incoming = folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        file = incoming / f"{self._name}-{on.isoformat()}.{self._drop.format}.jwe"
        part = file.with_suffix(".part")
        with part.open("wb") as writing:
            writing.write(content)
            if fault == "huge":
                writing.truncate(LARGEST + 1)
        return part.replace(file)

    def _written(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        if self._drop.format == "json":
            return orjson.dumps(rows)
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._drop.delimiter)
        writer.writerow(self._rows[0])
        writer.writerows(list(row.values()) or ["?"] for row in rows)
        return text.getvalue().encode()

"""The simulated nightly job: what its registry's owner is told, who holds the key, when it sends."""

from __future__ import annotations

from pathlib import Path

import orjson
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from adapters.advice import advise
from adapters.bench import Bench
from adapters.catalog import find_registries
from adapters.conformance import simulated_bench, try_check
from adapters.nightly import Nightly
from contracts.vocabulary import Source
from gateway.commands.keys import keys


async def test_an_owner_is_told_what_is_wrong_with_a_first_extract() -> None:
    """Put on trial by itself, an extract that cannot be used fails the check with line and code."""
    verdict = await try_check(sent_wrongly(), "extract")

    assert verdict.because == "quarantined columns line 9"
    assert "cannot be used" in advise(verdict.because, "en")


def sent_wrongly() -> Bench:
    """Give the trial of a registry whose extract has a last line that cannot be read."""
    bench = simulated_bench(find_registries()[Source("local-aid")])
    assert bench.nightly
    bench.nightly.send(1, "fault")
    return bench


def test_an_extract_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Sent twice in a day it is one file under its name, and nothing half written is left beside it."""
    nightly = Nightly(tmp_path, ECKey.generate_key("P-256"))
    nightly.send()
    nightly.send()
    (file,) = (tmp_path / "local-aid" / "incoming").iterdir()

    assert file.name.endswith(".csv.jwe")
    assert file.name.startswith("local-aid-20")


def test_the_key_for_extracts_is_made_once(tmp_path: Path) -> None:
    """The private half lies in a file of its owner's, the public half is printed; nothing is overwritten."""
    file = tmp_path / "extracts.jwk"
    first, second = (CliRunner().invoke(keys, ["extracts", str(file)]) for _ in range(2))

    assert ECKey.import_key(orjson.loads(first.stdout)).thumbprint() == key_in(file).thumbprint()
    assert "d" not in orjson.loads(first.stdout)
    assert file.stat().st_mode & 0o077 == 0
    assert second.exit_code == 1


def key_in(file: Path) -> ECKey:
    """Read a key."""
    return ECKey.import_key(orjson.loads(file.read_bytes()))

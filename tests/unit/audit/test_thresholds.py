"""The file of thresholds."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.thresholds import OURS, Thresholds
from contracts.reading import ContractInvalidError


def changed(folder: Path, old: str, new: str) -> Path:
    """Write our file with a change."""
    path = folder / "thresholds.toml"
    path.write_text(OURS.read_text("utf-8").replace(old, new), "utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("people = 20", 'people = "20"', "people"),
        ("minutes = 10", "", "minutes"),
        ("[burst]", "[bursts]", "burst"),
        ("Europe/Kyiv", "Kyiv", "no such time zone"),
        ("agencies = 3", "agencies = 3\nagency = 4", "agency"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    """File, line and remedy are named."""
    with pytest.raises(ContractInvalidError, match=rf"thresholds\.toml:\d+: .*{wrong}"):
        Thresholds.load(changed(tmp_path, old, new))


def test_our_own_file_is_read() -> None:
    """The thresholds that come with the gateway are whole."""
    assert Thresholds.load().zone.key == "Europe/Kyiv"

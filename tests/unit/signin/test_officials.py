"""The list of officials: read whole, or refused with the place that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.vocabulary import AgencyId, OfficialId
from gateway.signin.officials import Cabinet, OfficialsError, load_officials

ENTRY = """
[[official]]
subject = "s-1"
agency = "case-system"
id = "worker-1"
name = "Олена"
cabinets = ["casework"]
"""


def test_an_official_is_found_by_both_names(tmp_path: Path) -> None:
    """By what the identity provider calls her and by what the record does."""
    file = tmp_path / "officials.toml"
    file.write_text(ENTRY, "utf-8")
    officials = load_officials(file)
    found = officials.signing_in("s-1")

    assert found is not None
    assert found.cabinets == {Cabinet.CASEWORK}
    assert officials.find(AgencyId("case-system"), OfficialId("worker-1")) is found
    assert officials.signing_in("worker-1") is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (ENTRY + ENTRY, "more than once"),
        (ENTRY.replace("s-1", "s-2") + ENTRY, "more than once"),
        (ENTRY.replace("casework", "everything"), "cabinets"),
        (ENTRY.replace("casework", "personal"), "personal"),
        (ENTRY.replace('["casework"]', "[]"), "cabinets"),
        (ENTRY.replace("subject", "subjekt"), "subject"),
        (ENTRY.replace('"s-1"', '""'), "subject"),
        ("[case-system]\n", "[[official]]"),
        ("[[official]\n", "TOMLDecodeError"),
    ],
)
def test_a_wrong_list_is_refused_as_a_whole(tmp_path: Path, text: str, wrong: str) -> None:
    """One mistake anywhere, and nobody is let in by it; the message says which."""
    file = tmp_path / "officials.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(OfficialsError, match=f"(?s).*{wrong.replace('[', chr(92) + '[')}"):
        load_officials(file)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A missing file is a mistake, not an empty list."""
    with pytest.raises(OfficialsError, match="FileNotFoundError"):
        load_officials(tmp_path / "absent.toml")

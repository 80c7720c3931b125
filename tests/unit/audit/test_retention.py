"""How long a person can be found in the record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.event import Kind
from audit.retention import OURS, Retention, kept_until
from contracts.reading import ContractInvalidError

RETENTION = Retention.load()
AT_2026 = datetime(2026, 3, 1, tzinfo=UTC)


def changed(folder: Path, old: str, new: str) -> Path:
    """Write our file with a change."""
    path = folder / "retention.toml"
    path.write_text(OURS.read_text("utf-8").replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("newest", "years", "until"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 1, datetime(2028, 1, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 1, datetime(2028, 1, 1, tzinfo=UTC)),
        (datetime(2026, 6, 1, tzinfo=UTC), 3, datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_year_begins_at_the_end_of_its_own(newest: datetime, years: int, until: datetime) -> None:
    """One year from the end of the year of the operation, as the order has it."""
    assert kept_until(newest, years) == until


@pytest.mark.parametrize(
    ("newest", "at", "ended"),
    [
        ({Kind.RELEASE: AT_2026}, datetime(2029, 12, 31, tzinfo=UTC), False),
        ({Kind.RELEASE: AT_2026}, datetime(2030, 1, 1, tzinfo=UTC), True),
        ({Kind.STATEMENT: AT_2026}, datetime(2028, 1, 1, tzinfo=UTC), True),
        ({Kind.STATEMENT: AT_2026, Kind.RELEASE: AT_2026}, datetime(2028, 1, 1, tzinfo=UTC), False),
        ({Kind.READ: AT_2026}, datetime(2029, 12, 31, tzinfo=UTC), False),
    ],
    ids=["running", "over", "short-class", "longest-decides", "unnamed-kind"],
)
def test_every_class_has_to_run_out(newest: dict[Kind, datetime], at: datetime, *, ended: bool) -> None:
    """The newest entry of each class decides; a kind in no class is kept as long as the longest."""
    assert RETENTION.ended(newest, at) is ended


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("years = 1", "years = 0", "shorter than the law has it"),
        ('"consent", "case"', '"consent", "release"', "a kind is in two classes"),
        ('"consent", "case"', '"consent", "cases"', "case"),
        ("years = 3", "year = 3", "year"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    """File, line and remedy are named."""
    with pytest.raises(ContractInvalidError, match=rf"retention\.toml:\d+: .*{wrong}"):
        Retention.load(changed(tmp_path, old, new))

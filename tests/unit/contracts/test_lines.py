"""Lines of keys in a TOML document."""

from __future__ import annotations

import pytest

from contracts.lines import find_lines, nearest

TEXT = '''# a comment
plain = 1

[table]  # another
"dotted.key" = {}
long = """
[not.a.table]
also = "not a key"
"""
list = [
  1,  # ]
  2,
]
a.b = { c = 1, d = "]" }

[table.inner]
  x = 'y'
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("plain",), 2),
        (("table",), 4),
        (("table", "dotted.key"), 5),
        (("table", "long"), 6),
        (("table", "list"), 10),
        (("table", "a", "b", "c"), 14),
        (("table", "inner"), 16),
        (("table", "inner", "x"), 17),
    ],
)
def test_a_key_stands_on_its_line(path: tuple[str, ...], line: int) -> None:
    """Every key and table is found on the line where its statement begins."""
    lines = find_lines(TEXT)

    assert lines[path] == line


def test_text_within_a_value_is_no_key() -> None:
    """What looks like a table inside a text is not taken for one."""
    lines = find_lines(TEXT)

    assert ("not",) not in lines
    assert ("table", "also") not in lines


def test_a_missing_key_is_shown_at_the_table_around_it() -> None:
    """A key that is not there is reported where it belongs, or at the top."""
    lines = find_lines(TEXT)

    assert nearest(lines, ("table", "inner", "absent")) == 16
    assert nearest(lines, ("absent",)) == 1

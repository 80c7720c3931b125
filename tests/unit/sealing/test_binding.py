"""Several texts as one byte string."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.sealing.binding import bind

texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4)


def test_parts_do_not_run_together() -> None:
    """Where one part ends and the next begins makes a difference."""
    bound = {bind("a", "bc"), bind("ab", "c"), bind("abc"), bind("abc", ""), bind("", "abc")}

    assert len(bound) == 5


@given(texts, texts)
def test_different_parts_never_read_alike(one: list[str], other: list[str]) -> None:
    """Two lists of parts have one encoding only if they are the same."""
    alike = bind(*one) == bind(*other)

    assert alike == (one == other)

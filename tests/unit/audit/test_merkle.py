"""The tree's properties, for trees of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY,
    Tip,
    consistency_proof,
    consistency_ranges,
    extends,
    includes,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    root_of,
)

MOST = 300
LEAVES = [leaf_hash(str(number).encode()) for number in range(MOST)]
SIZES = st.integers(1, MOST)


def subtree(start: int, end: int) -> bytes:
    """Give the root over a range of the test's leaves, as RFC 6962 §2.1 defines it: by splitting."""
    if end - start == 1:
        return LEAVES[start]
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    return node_hash(subtree(start, middle), subtree(middle, end))


@st.composite
def indexed(draw: st.DrawFn) -> tuple[int, int]:
    """Draw an index and the size of a tree that has it."""
    size = draw(SIZES)
    return draw(st.integers(0, size - 1)), size


@st.composite
def grown(draw: st.DrawFn) -> tuple[int, int]:
    """Draw two sizes, the second no smaller."""
    new = draw(SIZES)
    return draw(st.integers(1, new)), new


@given(SIZES)
def test_appending_gives_the_root_of_the_definition(size: int) -> None:
    """The root from appended leaves is the recursive definition's."""
    assert root_of(LEAVES[:size]) == subtree(0, size)


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    """The empty root is SHA-256 of the empty string (RFC 6962 §2.1)."""
    assert Tip().root() == EMPTY
    assert EMPTY.hex().startswith("e3b0c442")


@given(indexed())
def test_every_leaf_is_proved(drawn: tuple[int, int]) -> None:
    """The proof made for a leaf holds under the tree's root."""
    index, size = drawn
    proof = inclusion_proof(index, size, subtree)

    assert includes(subtree(0, size), size, LEAVES[index], index, proof)


@given(indexed(), st.integers(0, MOST), st.integers(0, 255))
def test_a_proof_shows_nothing_else(drawn: tuple[int, int], other: int, flipped: int) -> None:
    """Another index, size, leaf, or one changed or missing hash makes a proof worthless."""
    index, size = drawn
    proof = inclusion_proof(index, size, subtree)
    root = subtree(0, size)
    changed = bytes([root[0] ^ (flipped | 1)]) + root[1:]

    assert other == index or not includes(root, size, LEAVES[index], other, proof)
    assert not includes(changed, size, LEAVES[index], index, proof)
    assert not includes(root, size, leaf_hash(b"other"), index, proof)
    assert not includes(root, size, LEAVES[index], index, [*proof, root])
    assert not proof or not includes(root, size, LEAVES[index], index, proof[:-1])
    assert not includes(root, size, LEAVES[index], index, [changed, *proof[1:]])


@given(grown())
def test_every_older_tree_is_proved_a_prefix(drawn: tuple[int, int]) -> None:
    """The proof made between two sizes holds between their roots."""
    old, new = drawn
    proof = consistency_proof(old, new, subtree)

    assert extends(old, subtree(0, old), new, subtree(0, new), proof)


@given(grown())
def test_a_changed_past_is_no_prefix(drawn: tuple[int, int]) -> None:
    """No consistency proof holds for a root that the older tree did not have."""
    old, new = drawn
    proof = consistency_proof(old, new, subtree)
    forged = root_of([leaf_hash(b"forged"), *LEAVES[1:old]])

    assert not extends(old, forged, new, subtree(0, new), proof)
    assert not extends(old, subtree(0, old), new, forged, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (5, 4)])
def test_there_is_no_proof_for_a_leaf_beyond_the_tree(index: int, size: int) -> None:
    """Asking for an index that the tree does not have is a mistake."""
    with pytest.raises(ValueError, match="index-out-of-tree"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 1), (2, 1), (-1, 1)])
def test_there_is_no_proof_backwards_or_from_nothing(old: int, new: int) -> None:
    """Consistency is shown from a smaller, non-empty tree to a larger one."""
    with pytest.raises(ValueError, match="sizes-out-of-order"):
        consistency_ranges(old, new)

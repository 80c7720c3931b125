"""The tree and the entries as files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    SIZE,
    consistency_proof,
    consistency_ranges,
    extends,
    includes,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    root_of,
)
from audit.tiles import (
    Growth,
    Key,
    bundle,
    bundle_path,
    layout,
    needed,
    parse_path,
    subtree,
    tile_path,
    unbundle,
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(66_000)]
MARKS = [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000]


def extend(growth: Growth, leaves: list[bytes]) -> None:
    """Append leaf hashes."""
    for leaf in leaves:
        growth.append(leaf)


def grown(size: int) -> tuple[Growth, dict[Key, bytes]]:
    """Give the tree of the first leaves, and all its tiles."""
    growth = Growth()
    extend(growth, LEAVES[:size])
    return growth, growth.fresh | growth.partial()


TREE, TILES = grown(66_000)


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 273, 112, "tile/0/273.p/112"),
        (1, 1_234_067, 256, "tile/1/x001/x234/067"),
        (63, 1000, 1, "tile/63/x001/000.p/1"),
    ],
)
def test_tiles_lie_where_the_specification_says(level: int, index: int, width: int, path: str) -> None:
    """Paths are those of the specification's examples, and are read back."""
    assert tile_path(level, index, width) == path
    assert parse_path(path) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/0/001/067",
        "tile/0/x000/067",
        "tile/0/x001/067/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/07",
        "tile/x/000",
        "tile/0/000/../001",
        "/tile/0/000",
        "checkpoint",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    """A path that the specification would not write is no path of a tile."""
    with pytest.raises(ValueError, match="not-a-tile-path"):
        parse_path(path)


def test_a_tree_of_the_specification_has_its_tiles() -> None:
    """A tree of 70,000 has 273 full tiles and the partial ones of the specification's example."""
    tiles = list(layout(70_000))

    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert [each for each in tiles if each[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(layout(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(layout(0)) == []


def test_growing_makes_exactly_the_tiles_of_the_layout() -> None:
    """Full and partial tiles together are those that the layout of the size names."""
    assert {key: len(tile) // SIZE for key, tile in TILES.items()} == {
        (level, index): width for level, index, width in layout(66_000)
    }
    assert TREE.root() == root_of(LEAVES)


@pytest.mark.parametrize("size", MARKS)
def test_a_tree_is_resumed_from_its_rightmost_tiles(size: int) -> None:
    """From tiles that have grown since, the tree of any earlier size is had again, and grows on."""
    resumed = Growth.resume(size, TILES)
    original, _ = grown(size)
    resumed_root = resumed.root()
    extend(resumed, LEAVES[:300])
    extend(original, LEAVES[:300])

    assert resumed_root == root_of(LEAVES[:size])
    assert resumed.root() == original.root()
    assert resumed.partial() == original.partial()


@given(st.integers(1, 66_000), st.data())
def test_proofs_made_from_tiles_hold(size: int, data: st.DataObject) -> None:
    """Inclusion and consistency proofs read only the tiles said to be needed, and hold."""
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    inclusion = {key: TILES[key] for key in needed(inclusion_ranges(index, size))}
    consistency = {key: TILES[key] for key in needed(consistency_ranges(old, size))}
    root = Growth.resume(size, TILES).root()
    path = inclusion_proof(index, size, lambda start, end: subtree(inclusion, start, end))
    growth = consistency_proof(old, size, lambda start, end: subtree(consistency, start, end))

    assert includes(root, size, LEAVES[index], index, path)
    assert extends(old, Growth.resume(old, TILES).root(), size, root, growth)


@given(st.lists(st.binary(max_size=70), max_size=10))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    """Entries come back from a bundle in order, the empty ones too."""
    assert unbundle(bundle(entries)) == entries


@pytest.mark.parametrize("content", [b"\0", b"\0\1", b"\0\3ab", b"\0\1a\0"])
def test_a_torn_bundle_is_refused(content: bytes) -> None:
    """A bundle that ends within an entry is not read in part."""
    with pytest.raises(ValueError, match="torn-bundle"):
        unbundle(content)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    """The length of an entry has two bytes."""
    with pytest.raises(OverflowError):
        bundle([bytes(65_536)])


def test_bundles_lie_beside_their_tiles() -> None:
    """A bundle's path is its level 0 tile's with the word for entries."""
    assert bundle_path(1000, 7) == "tile/entries/x001/000.p/7"
    assert parse_path("tile/entries/x001/000.p/7") == (None, 1000, 7)

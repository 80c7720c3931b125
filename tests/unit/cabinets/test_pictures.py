"""Pictures: well-formed SVG with a title, whatever the figures and whatever the texts."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from gateway.web.cabinets.atlas import tiles_of
from gateway.web.cabinets.pictures import Bar, Step, area_map, bars, columns, path, sparkline

SVG = "{http://www.w3.org/2000/svg}"
MARKUP = '"><script>alert(1)</script>'
TILES = tiles_of("UA", "uk")

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60) | st.just(MARKUP)
amount = st.floats(0, 1e6) | st.integers(0, 10**6).map(float)


def read(picture: Markup) -> ET.Element:
    """Read a picture as a browser would, and find that it says what it is."""
    svg = ET.fromstring(str(picture))  # noqa: S314  our own
    title = svg.find(f"{SVG}title")
    assert title is not None
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == title.get("id")
    assert not [
        element for element in svg.iter() if element.tag.endswith("script") or "style" in element.attrib
    ]
    return svg


@given(st.lists(st.none() | amount, max_size=30), text)
def test_a_line_holds_whatever_was_measured(values: list[float | None], title: str) -> None:
    """Gaps, nothing at all and any title make a picture within its frame."""
    svg = read(sparkline(values, title, title))
    places = " ".join(line.get("points", "") for line in svg.iter(f"{SVG}polyline")).replace(",", " ")

    assert all(0 <= float(place) <= 160 for place in places.split())


@given(st.lists(st.tuples(text, amount), max_size=8), text)
def test_bars_hold_whatever_they_are_called(rows: list[tuple[str, float]], title: str) -> None:
    """Each bar is drawn, none beyond the frame, with its label as text."""
    svg = read(bars([Bar(label, value, f"{value}") for label, value in rows], title))
    drawn = [float(rect.get("width", "0")) for rect in svg.iter(f"{SVG}rect")]

    assert len(drawn) == len(rows)
    assert all(width <= 220 for width in drawn)


@pytest.mark.parametrize(
    "drawn",
    [
        lambda: columns([(MARKUP, 3), ("b", 0)], MARKUP),
        lambda: columns([], MARKUP),
        lambda: path([Step(MARKUP, MARKUP * 5), Step("", "", "waiting"), Step("c", "", "refused")], MARKUP),
        lambda: path([], MARKUP),
        lambda: area_map(TILES, {"UA18": 3, "UA80": 0}, MARKUP),
        lambda: area_map((), {}, MARKUP),
    ],
)
def test_every_other_picture_is_whole_too(drawn: Callable[[], Markup]) -> None:
    """Markup in a text stays text, and no figures at all are a picture as well."""
    svg = read(drawn())

    assert MARKUP in "".join(svg.itertext())


def test_the_more_the_darker() -> None:
    """The area with most has the darkest tile, one with none the lightest."""
    svg = read(area_map(TILES, {"UA18": 10, "UA80": 1, "UA32": 0}, "Offers"))
    shades = {group.findtext(f"{SVG}text"): group.find(f"{SVG}rect") for group in svg.iter(f"{SVG}g")}
    kinds = {name: rect.get("class") for name, rect in shades.items() if rect is not None}

    assert (kinds["Житом"], kinds["Київ"], kinds["Київс"]) == ("area-4", "area-1", "area-0")


def test_no_two_areas_lie_in_one_place() -> None:
    """A map has each area once, and a country without a map has none."""
    assert len({(tile.column, tile.row) for tile in TILES}) == len(TILES) == 27
    assert tiles_of("", "uk") == tiles_of("../UA", "en") == ()

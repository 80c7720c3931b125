"""Pictures drawn by the server as SVG: no script, no inline style, each with a title and a description.

A picture never stands alone: whoever shows one puts a table or a sentence with the same figures beside it.
Colours stand in `look/_pictures.scss`, by class.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from gateway.web.cabinets.atlas import Tile

State = Literal["done", "waiting", "refused"]
SHADES = 5
TILE, GAP = 60, 4
LINE = 18
"""Pixels from one line of text to the next."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how much, and the figure as people read it."""

    label: str
    value: float
    text: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: its name, a line beneath, and whether it was gone."""

    name: str
    detail: str = ""
    state: State = "done"


def sparkline(values: Sequence[float | None], title: str, desc: str = "", *, alarm: bool = False) -> Markup:
    """Draw figures in time as a small line; None is a gap. The last one has a dot."""
    width, height, edge = 160, 36, 4
    known = [value for value in values if value is not None]
    top = max([*known, 0.0]) or 1.0
    step = (width - 2 * edge) / max(len(values) - 1, 1)
    points = [
        (edge + index * step, height - edge - value / top * (height - 2 * edge))
        if value is not None
        else None
        for index, value in enumerate(values)
    ]
    kind = Markup("line alarm-line") if alarm else Markup("line")
    lines = Markup().join(
        Markup('<polyline class="{}" points="{}"/>').format(
            kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
        )
        for run in _runs(points)
    )
    last = points[-1] if points else None
    dot = _dot(last, "alarm" if alarm else "mark") if last else Markup()
    axis = Markup('<path class="axis" d="M{} {}H{}"/>').format(edge, height - edge, width - edge)
    return _picture(width, height, title, desc, axis + lines + dot)


def bars(rows: Sequence[Bar], title: str, desc: str = "") -> Markup:
    """Draw bars beneath their labels, the figure at their end: readable on a telephone."""
    width, each = 320, 44
    top = max([row.value for row in rows] + [0.0]) or 1.0
    drawn = Markup().join(
        Markup(
            '<text x="0" y="{}">{}</text><rect class="{}" x="0" y="{}" width="{:.1f}" height="16" rx="2"/>'
        ).format(
            index * each + 14, row.label, "alarm" if row.alarm else "mark", index * each + 20, _long(row, top)
        )
        + Markup('<text class="small" x="{:.1f}" y="{}">{}</text>').format(
            _long(row, top) + 6, index * each + 33, row.text
        )
        for index, row in enumerate(rows)
    )
    return _picture(width, max(each * len(rows), 1), title, desc, drawn)


def columns(values: Sequence[tuple[str, int]], title: str, desc: str = "") -> Markup:
    """Draw one column for each label, days for example; the first and the last label are written."""
    width, height, foot = 320, 120, 20
    top = max([value for _, value in values] + [0]) or 1
    step = width / max(len(values), 1)
    drawn = Markup().join(
        Markup('<rect class="mark" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            index * step + 1,
            _rest(value, top, height - foot),
            max(step - 2, 1),
            value / top * (height - foot),
        )
        for index, (_, value) in enumerate(values)
    )
    axis = Markup('<path class="axis" d="M0 {}H{}"/>').format(height - foot, width)
    return _picture(width, height, title, desc, axis + drawn + _ends(values, width, height))


def area_map(tiles: Sequence[Tile], values: Mapping[str, float], title: str, desc: str = "") -> Markup:
    """Draw a country as one tile for each area, lying as the areas do, the darker the more."""
    top = max([*values.values(), 0.0]) or 1.0
    drawn = Markup().join(_tile(tile, values.get(tile.code), top) for tile in tiles)
    width = (max((tile.column for tile in tiles), default=0) + 1) * (TILE + GAP)
    height = (max((tile.row for tile in tiles), default=0) + 1) * (TILE + GAP)
    return _picture(width, height, title, desc, drawn)


def path(steps: Sequence[Step], title: str, desc: str = "") -> Markup:
    """Draw a way from top to bottom: a box for each step, broken where it is not gone, red where refused."""
    drawn, y = Markup(), 0
    for index, step in enumerate(steps):
        box, high = _box(step, y)
        arrow = (
            Markup('<path class="axis" d="M160 {}v16m-4 -5l4 5l4 -5"/>').format(y - 18) if index else Markup()
        )
        drawn += arrow + box
        y += high + 20
    return _picture(320, max(y - 18, 1), title, desc, drawn)


def _box(step: Step, y: int) -> tuple[Markup, int]:
    lines = [("", line) for line in textwrap.wrap(step.name, 34) or [""]]
    lines += [("small", line) for line in textwrap.wrap(step.detail, 42)]
    high = len(lines) * LINE + 12
    texts = Markup().join(
        Markup('<text class="{}" x="14" y="{}">{}</text>').format(kind, y + LINE * (number + 1), line)
        for number, (kind, line) in enumerate(lines)
    )
    box = Markup('<rect class="box {}" x="2" y="{}" width="316" height="{}" rx="4"/>').format(
        step.state, y + 1, high
    )
    return box + texts, high


def _tile(tile: Tile, value: float | None, top: float) -> Markup:
    x, y = tile.column * (TILE + GAP), tile.row * (TILE + GAP)
    shade = 0 if not value else 1 + min(int(value / top * (SHADES - 1)), SHADES - 2)
    figure = "" if value is None else f"{value:g}"
    return Markup(
        '<g><rect class="area-{}" x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text class="on-area-{}" x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="on-area-{}" x="{}" y="{}" text-anchor="middle">{}</text></g>'
    ).format(
        *(shade, x, y, TILE, TILE),
        *(shade, x + TILE // 2, y + 25, tile.short),
        *(shade, x + TILE // 2, y + 46, figure),
    )


def _picture(width: int, height: int, title: str, desc: str, content: Markup) -> Markup:
    name = hashlib.sha256(f"{title}\0{desc}\0{content}".encode()).hexdigest()[:12]
    described = Markup('<desc id="d{}">{}</desc>').format(name, desc) if desc else Markup()
    reference = Markup(' aria-describedby="d{}"').format(name) if desc else Markup()
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="obmin-picture" role="img" viewBox="0 0 {w} {h}" '
        'width="{w}" height="{h}" aria-labelledby="t{n}"{r}><title id="t{n}">{t}</title>{d}{c}</svg>'
    ).format(w=width, h=height, n=name, r=reference, t=title, d=described, c=content)


def _runs(points: Iterable[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Part the points at the gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _dot(at: tuple[float, float], kind: str) -> Markup:
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(kind, *at)


def _long(row: Bar, top: float) -> float:
    return max(row.value / top * 220, 1.0)


def _rest(value: int, top: int, room: int) -> float:
    return room - value / top * room


def _ends(values: Sequence[tuple[str, int]], width: int, height: int) -> Markup:
    if not values:
        return Markup()
    first = Markup('<text class="small" x="0" y="{}">{}</text>').format(height - 4, escape(values[0][0]))
    return first + Markup('<text class="small" x="{}" y="{}" text-anchor="end">{}</text>').format(
        width, height - 4, escape(values[-1][0])
    )

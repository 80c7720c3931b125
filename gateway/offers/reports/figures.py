"""A told table as people look at it: rows for a sheet, bars, and a map of tiles. Each has its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from gateway.offers.reports.reports import Told

Label = Callable[[str], str]
HIDDEN = "…"
"""What stands in a cell that is left out."""
BAR, STEP, LEFT, WIDE = 20, 26, 190, 420
TILE = 64


def lines_of(told: Told, label: Label, total: str) -> tuple[list[str], list[list[object]]]:
    """Give heading and lines of a sheet, totals last."""
    head = ["", *map(label, told.columns), total]
    names = [*map(label, told.rows), total]
    lines: list[list[object]] = [
        [name, *(HIDDEN if figure is None else figure for figure in line)]
        for name, line in zip(names, told.figures, strict=True)
    ]
    return head, lines


def bars(told: Told, label: Label, title: str) -> str:
    """Draw the rows' totals as bars (SVG), each with its figure beside it; what is left out has none."""
    totals = [line[-1] for line in told.figures[:-1]]
    most = max((figure for figure in totals if figure), default=1)
    parts = [
        f'<text x="{LEFT - 8}" y="{STEP * row + 15}" text-anchor="end">{escape(label(name))}</text>'
        f'<rect x="{LEFT}" y="{STEP * row}" width="{(figure or 0) * WIDE // most}" height="{BAR}"/>'
        f'<text x="{LEFT + (figure or 0) * WIDE // most + 6}" y="{STEP * row + 15}">'
        f"{HIDDEN if figure is None else figure}</text>"
        for row, (name, figure) in enumerate(zip(told.rows, totals, strict=True))
    ]
    return _svg(LEFT + WIDE + 80, STEP * len(totals) + 4, title, parts)


def tiles(told: Told, label: Label, title: str, places: Mapping[str, Sequence[int]]) -> str:
    """Draw a map of equal tiles (SVG), one for each area of the rows; `places` gives column and line of each.

    A darker tile has more; the figure stands in it, so no colour need be told apart.
    """
    totals = {name: line[-1] for name, line in zip(told.rows, told.figures, strict=False)}
    most = max((figure for figure in totals.values() if figure), default=1)
    parts = []
    for name, (column, line) in places.items():
        figure = totals.get(name, 0)
        shade = 0.1 + 0.6 * (figure or 0) / most
        text = HIDDEN if figure is None else str(figure)
        x, y = column * TILE, line * TILE
        parts.append(
            f'<rect x="{x}" y="{y}" width="{TILE - 3}" height="{TILE - 3}" fill-opacity="{shade:.2f}">'
            f"<title>{escape(label(name))}: {text}</title></rect>"
            f'<text x="{x + 4}" y="{y + 16}">{escape(label(name)[:7])}</text>'
            f'<text x="{x + 4}" y="{y + 44}">{text}</text>'
        )
    width = (max((column for column, _ in places.values()), default=0) + 1) * TILE
    height = (max((line for _, line in places.values()), default=0) + 1) * TILE
    return _svg(width, height, title, parts)


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label={quoteattr(title)} font-family="sans-serif" font-size="13">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )

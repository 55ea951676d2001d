"""The tile map of Finland's 19 regions: one tile a region, as near to where it lies as a grid allows.

What belongs here: the grid and the drawing. What does not: names and words (components/maps.py, locales).

A tile says its region and its value in words, so that the map can be read without seeing colour; the tint only helps.
Five columns: at 320 px a tile is still 55 px wide, where it takes the short name (the style sheet swaps the two).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.site.canvas import Canvas, Drawing, drawing
from pipelines.site.svg import element, percent

GRID: Mapping[str, tuple[int, int]] = {
    "19": (0, 2),
    **{"17": (1, 2), "18": (1, 3)},
    **{"15": (2, 0), "16": (2, 1), "13": (2, 2), "11": (2, 3), "12": (2, 4)},
    **{"14": (3, 1), "06": (3, 2), "10": (3, 3), "09": (3, 4)},
    **{"04": (4, 0), "05": (4, 1), "07": (4, 2), "08": (4, 3)},
    **{"21": (5, 0), "02": (5, 1), "01": (5, 2)},
}
"""Row and column of each region by its code (reference/regions.csv), from the north-west."""

SHADES = (0.08, 0.17, 0.26, 0.35, 0.44)
"""Opacity of the tint, a fifth of the regions each; the contrast of the text on it is computed in a test."""

_COLUMNS, _ROWS = 5, 6
_TILE, _GAP = 68, 4
_CUT = 11


@dataclass(frozen=True)
class Tile:
    """One region: its code, names, the value as a number (null = no data) and printed, the address of its page.

    ``spoken`` is the value for those who don't see the tile, where it differs from what is printed.
    """

    code: str
    name: str
    short: str
    value: float | None
    text: str
    href: str = ""
    spoken: str = ""


def tiles(canvas: Canvas, regions: Sequence[Tile]) -> Drawing:
    """Draw the map. Every tile's code is in GRID."""
    known = sorted({tile.value for tile in regions if tile.value is not None})
    drawn = [_tile(canvas, tile, known) for tile in sorted(regions, key=lambda tile: GRID[tile.code])]
    return drawing(_ROWS * (_TILE + _GAP) - _GAP, drawn)


def shade(value: float, known: Sequence[float]) -> int:
    """Return which fifth of the values ``value`` is in, 0–4."""
    return min(len(SHADES) * known.index(value) // max(len(known), 1), len(SHADES) - 1)


def _tile(canvas: Canvas, tile: Tile, known: Sequence[float]) -> Markup:
    row, column = GRID[tile.code]
    left, top, middle = column / _COLUMNS, row * (_TILE + _GAP), percent((column + 0.5) / _COLUMNS - 0.003)
    box = {"x": percent(left), "y": top, "width": percent(1 / _COLUMNS - 0.006), "height": _TILE}
    colour = canvas.colours["s1"]
    if tile.value is None:
        rect = element(
            "rect", **box, class_="tile-open", fill="none", stroke=canvas.colours["muted"], stroke_dasharray="3 3"
        )
    else:
        step = shade(tile.value, known)
        rect = element("rect", **box, class_="tile", fill=colour, fill_opacity=SHADES[step])
    names = _split(tile.name)
    lines = [
        canvas.text(name, middle, top + 19 + 15 * n, "middle", class_name="long", font_size=13)
        for n, name in enumerate(names)
    ]
    short = canvas.text(tile.short, middle, top + 26, "middle", class_name="short", font_size=12, display="none")
    tone = "muted" if tile.value is None else "ink"
    value = canvas.text(tile.text, middle, top + 56, "middle", tone, font_weight=600, font_size=15)
    group = element("g", rect, *lines, short, value, class_="region")
    if not tile.href:
        return group
    return element("a", group, href=tile.href, aria_label=f"{tile.name}: {tile.spoken or tile.text}")


def _split(name: str) -> list[str]:
    """Return a long name as two lines, broken after its last hyphen or blank."""
    if len(name) <= _CUT:
        return [name]
    for mark in (" ", "-"):
        head, found, tail = name.rpartition(mark)
        if found:
            return [head + (mark if mark == "-" else ""), tail]
    return [name]

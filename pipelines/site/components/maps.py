"""The component ``region_map``: Finland's regions as tiles, each with its value in words.

What belongs here: from rows to tiles, the words around them. What does not: the grid and the drawing (tiles.py).
"""

from dataclasses import replace

from markupsafe import Markup

from pipelines.site.canvas import Canvas
from pipelines.site.components.data import DATA, column, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.rows import row_address
from pipelines.site.components.scope import Scope
from pipelines.site.components.sheet import (
    BOUND,
    DESCRIPTION,
    LABELS,
    SOURCE,
    TITLE,
    extremes,
    numbers,
    one_coverage,
    sheet,
)
from pipelines.site.faults import Fault
from pipelines.site.tables import Table
from pipelines.site.tiles import GRID, Tile, tiles


def _region_map(
    scope: Scope,
    data: Table,
    region: str,
    value: str,
    title: str,
    description: str,
    source: str,
    link: str,
    bound: str | None,
    labels: dict[str, str] | None,
) -> Markup:
    if not data.cells:
        return empty(scope, data)
    one_coverage(data, "region_map")
    values = numbers(data, value, "region_map")
    names, printed = column(scope, data, region, labels), column(scope, data, value, labels, bound)
    links = [row_address(scope, link, row) for row in data] if link else []
    found: dict[str, Tile] = {}
    for n, cell in enumerate(data.column(region)):
        code = _code(scope, cell)
        if code in found:
            raise Fault(f"region_map: {cell!r} is there twice", "one row a region")
        short = scope.locale.word("region_short", code) or names.cells[n]
        href = links[n] if links else ""
        spoken = "" if printed.cells[n] else scope.locale.text("no_data")
        found[code] = Tile(code, names.cells[n], short, values[n], printed.cells[n] or "–", href, spoken)
    regions = list(found.values())
    canvas = Canvas(
        scope.theme.light,
        scope.next_id("c"),
        title,
        description or extremes(scope, "map_words", names, printed, values),
    )
    return sheet(
        scope,
        canvas,
        tiles(canvas, [replace(tile, href="") for tile in regions]),
        [names, printed],
        data,
        source,
        legend=scope.locale.text("map_legend") + (f" – = {scope.locale.text('no_data')}." if None in values else ""),
        links=links,
        on_page=tiles(canvas, regions) if links else None,
    )


def _code(scope: Scope, cell: object) -> str:
    found = scope.regions.find(str(cell))
    if found is None or found.id not in GRID:
        raise Fault(f"region_map: {cell!r} is no region", "a code or Finnish name of reference/regions.csv")
    return found.id


MAP_COMPONENTS = (
    Component(
        "region_map",
        "The 19 regions as tiles where they lie, each with its value; a fifth of them a tint.",
        (
            DATA,
            Attribute("region", "column", "the regions: Finnish names or codes"),
            Attribute("value", "column", "their values"),
            TITLE,
            DESCRIPTION,
            SOURCE,
            Attribute("link", "text", "address of the page of a row: /maakunta/[region]", ""),
            BOUND,
            LABELS,
        ),
        _region_map,
    ),
)

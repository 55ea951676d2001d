"""Components that draw a query's rows, each with its data as a table right below: here bars; lines.py has the rest.

What belongs here: from rows to the records that charts.py draws, words for readers who don't see the picture.
What does not: geometry and SVG (charts.py), what stands around a picture (sheet.py).
"""

from markupsafe import Markup

from pipelines.site.canvas import Canvas
from pipelines.site.charts import Bar, bars
from pipelines.site.components.data import DATA, column, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.lines import LINE_COMPONENTS
from pipelines.site.components.maps import MAP_COMPONENTS
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

MAX_BARS = 60


def _bar_chart(
    scope: Scope,
    data: Table,
    x: str,
    y: str,
    title: str,
    description: str,
    source: str,
    variant: str | None,
    bound: str | None,
    labels: dict[str, str] | None,
) -> Markup:
    if not data.cells:
        return empty(scope, data)
    if len(data) > MAX_BARS:
        raise Fault(f"bar_chart: {len(data)} rows", f"at most {MAX_BARS}; limit the query")
    one_coverage(data, "bar_chart")
    values = numbers(data, y, "bar_chart")
    names, printed = column(scope, data, x, labels), column(scope, data, y, labels, bound)
    first = next((cell for cell in data.column(variant) if cell is not None), None) if variant else None
    items: list[Bar] = []
    for n, (name, value, text) in enumerate(zip(names.cells, values, printed.cells, strict=True)):
        kind = data.column(variant)[n] if variant else None
        hollow = kind != first
        label = f"{name} · {scope.cells.text(kind, variant or '')}" if hollow else name
        items.append(Bar(label, value, text or scope.locale.text("no_data"), hollow))
    made = description or extremes(scope, "bar_words", names, printed, values)
    canvas = Canvas(scope.theme.light, scope.next_id("c"), title, made)
    shown = [names, printed, *([column(scope, data, variant, labels)] if variant else [])]
    return sheet(scope, canvas, bars(canvas, items), shown, data, source)


PICTURE_COMPONENTS = (
    Component(
        "bar_chart",
        "Horizontal bars from zero; what is missing is said, what is not final is hollow.",
        (
            DATA,
            Attribute("x", "column", "names of the bars"),
            Attribute("y", "column", "their lengths"),
            TITLE,
            DESCRIPTION,
            SOURCE,
            Attribute("variant", "column", "rows unlike the first in this column are hollow", None),
            BOUND,
            LABELS,
        ),
        _bar_chart,
    ),
    *LINE_COMPONENTS,
    *MAP_COMPONENTS,
)

"""Components about how a series moved and how one value was revised, from a query's rows.

What belongs here: the change between two neighbours that may be compared, and the vintages of one observation. What
does not: a figure's own past (figure_past.py), pictures (lines.py).
"""

from itertools import pairwise

from markupsafe import Markup

from pipelines import formats
from pipelines.site.components.data import DATA, column, empty, table
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.lines import Series, break_starts
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Table
from pipelines.site.tokens import plain
from pipelines.site.values import Figure

KEY = ("series", "geo", "dimension", "category", "coverage", "reference")
"""What makes an observation the same one (rule R2): vintages of two are not put in one list."""

_SHOWN = ("recorded_at", "value", "change_kind", "published_on", "publisher")


def _delta(scope: Scope, data: Table, x: str, y: str, breaks: Figure | Table | None, bound: str | None) -> Markup:
    """Print the change between the two newest values with their own period, or why there is none (R4, R5)."""
    if not data.cells:
        return plain(scope.locale.text("delta_none"))
    series = Series(scope, "delta", data, x, y, bound=bound)
    [(_, points)] = series.grouped()
    known = [point for point in points if point.y is not None]
    if len(known) < 2:
        return plain(scope.locale.text("delta_none"))
    before, now = known[-2:]
    cut = any(before.x < start <= now.x for start in break_starts(breaks))
    if cut or before.coverage != now.coverage or now.x - before.x > now.reach:
        return plain(scope.locale.text("delta_not", reference=before.label))
    bounds = zip(series.places, data.column(bound), strict=True) if bound else ()
    if {str(one) for place, one in bounds if place in (before.x, now.x)} - {"exact", "None"}:
        return plain(scope.locale.text("delta_bounds", reference=before.label))
    change = (now.y or 0) - (before.y or 0)
    text = scope.cells.number(change, f"change_{y}")
    if before.y and not y.endswith("_pct"):
        text = f"{text} ({scope.cells.number(100 * change / before.y, 'change_pct')})"
    return Markup('<span class="delta">{}</span>').format(plain(f"{text}, {before.label}–{now.label}"))


def _vintages(scope: Scope, data: Table) -> Markup:
    if not data.cells:
        return empty(scope, data)
    for name in KEY:
        if name in data.columns and len(set(data.column(name))) > 1:
            raise Fault(f"vintages: two values of {name} in one list", "the vintages of one observation (rule R2)")
    days = [str(day) for day in data.column("recorded_at")]
    if any(first > second for first, second in pairwise(days)):
        raise Fault("vintages: not in order", "order by recorded_at, vintage")
    labels = {name: scope.locale.text(f"vintages_{name}") for name in _SHOWN}
    bound = "bound" if "bound" in data.columns else None
    shown = [column(scope, data, name, labels, bound if name == "value" else None) for name in _SHOWN]
    name = formats.reference(str(data.column("reference")[0]), scope.language) if "reference" in data.columns else ""
    return scope.fill(
        "data_table", **table(scope, shown, scope.locale.text("vintages_of", name=name)), links=(), file=""
    )


PAST_COMPONENTS = (
    Component(
        "delta",
        "The change between the two newest values of a series, with their period; never across a break or a bound.",
        (
            DATA,
            Attribute("x", "column", "periods or days"),
            Attribute("y", "column", "the values of one series"),
            Attribute("breaks", "breaks", "where the series breaks", None),
            Attribute("bound", "column", "the bound of each value", None),
        ),
        _delta,
        block=False,
    ),
    Component(
        "vintages",
        "What one observation said from when on, with the kind of each change.",
        (Attribute("data", "data", "rows of marts.observations for one observation, order by recorded_at"),),
        _vintages,
    ),
)

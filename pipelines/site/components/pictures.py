"""Components that draw a query's rows: bars and lines, each with its data as a table right below.

What belongs here: from rows to the records that charts.py draws, words for readers who don't see the picture.
What does not: geometry and SVG (charts.py).
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from pipelines import formats
from pipelines.site.charts import Bar, Canvas, Line, Mark, Point, bars, lines, scale
from pipelines.site.components.data import DATA, Column, column, empty, is_number, table
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table
from pipelines.site.values import Figure

MAX_BARS, MAX_LINES = 60, 4

_TITLE = Attribute("title", "text", "the title above the picture")
_DESCRIPTION = Attribute("description", "text", "what a reader who does not see it should know (default: made)", "")
_SOURCE = Attribute("source", "text", "whose data it is", "")
_LABELS = Attribute("labels", "labels", "headings that differ from the house's own", None)


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
    _one_coverage(data)
    values = _numbers(data, y, "bar_chart")
    names, printed = column(scope, data, x, labels), column(scope, data, y, labels, bound)
    first = next((cell for cell in data.column(variant) if cell is not None), None) if variant else None
    items: list[Bar] = []
    for n, (name, value, text) in enumerate(zip(names.cells, values, printed.cells, strict=True)):
        kind = data.column(variant)[n] if variant else None
        hollow = kind != first
        label = f"{name} · {scope.cells.text(kind, variant or '')}" if hollow else name
        items.append(Bar(label, value, text or scope.locale.text("no_data"), hollow))
    made = description or _bar_words(scope, names, printed, values)
    canvas = Canvas(scope.theme.light, scope.next_id("c"), title, made)
    shown = [names, printed, *([column(scope, data, variant, labels)] if variant else [])]
    return _figure(scope, canvas, bars(canvas, items), shown, source, [])


def _line_chart(
    scope: Scope,
    data: Table,
    x: str,
    y: str,
    series: str | None,
    title: str,
    description: str,
    source: str,
    breaks: Figure | Table | None,
    events: Table | None,
    bound: str | None,
    labels: dict[str, str] | None,
) -> Markup:
    if not data.cells:
        return empty(scope, data)
    grouped = _series(scope, data, x, y, series)
    if len(grouped) > MAX_LINES:
        raise Fault(f"line_chart: {len(grouped)} series", f"at most {MAX_LINES}")
    highest = max((point.y or 0 for _, points in grouped for point in points), default=0)
    ticks = [(value, scope.cells.number(value, y)) for value in scale(highest)]
    xs = [point.x for _, points in grouped for point in points]
    marks = _marks(scope, breaks, events, min(xs), max(xs))
    drawn = [Line(name, scope.cells.number(_last(points), y), tuple(points)) for name, points in grouped]
    made = description or _line_words(scope, grouped, y)
    canvas = Canvas(scope.theme.light, scope.next_id("c"), title, made)
    listed = [(mark.letter, day, text) for mark, day, text in marks]
    picture = lines(canvas, drawn, ticks, [mark for mark, _, _ in marks])
    return _figure(scope, canvas, picture, _wide(scope, data, x, y, series, grouped, bound, labels), source, listed)


def _figure(
    scope: Scope,
    canvas: Canvas,
    picture: Markup,
    columns: list[Column],
    source: str,
    marks: Sequence[tuple[str, str, str]],
) -> Markup:
    data = table(scope, columns, canvas.title)
    return scope.fill("chart", picture=picture, title=canvas.title, source=source, marks=marks, **data)


def _numbers(data: Table, name: str, component: str) -> list[float | None]:
    found: list[float | None] = []
    for cell in data.column(name):
        if cell is not None and not is_number(cell):
            raise Fault(f"{component}: column {name!r} is not numbers ({cell!r})", "a column of numbers")
        number = None if cell is None else float(str(cell))
        if number is not None and number < 0:
            raise Fault(f"{component}: {number} is below zero", "numbers from zero up")
        found.append(number)
    if all(number is None for number in found):
        raise Fault(f"{component}: column {name!r} has no value", "at least one number")
    return found


def _one_coverage(data: Table) -> None:
    """Refuse to compare bars of two populations (R5)."""
    if "coverage" in data.columns and len(set(data.column("coverage"))) > 1:
        raise Fault("bar_chart: two coverages in one picture", "one coverage; filter the query (rule R5)")


def _series(scope: Scope, data: Table, x: str, y: str, series: str | None) -> list[tuple[str, list[Point]]]:
    values = _numbers(data, y, "line_chart")
    coverages = data.column("coverage") if "coverage" in data.columns else [""] * len(data)
    found: dict[str, list[Point]] = {}
    for row, value, coverage in zip(data.rows, values, coverages, strict=True):
        name = _name(scope, row, series) if series else scope.cells.heading(y)
        found.setdefault(name, []).append(
            Point(_place(row[x]), value, scope.cells.text(row[x], _as_reference(x)), str(coverage))
        )
    for points in found.values():
        points.sort(key=lambda point: point.x)
        for left, right in pairwise(points):
            if left.x == right.x:
                raise Fault(f"line_chart: {left.label} has two values in one series", "one row a period and series")
    return list(found.items())


def _as_reference(x: str) -> str:
    return x if x == "year" else "reference"


def _place(cell: object) -> float:
    """Return where a period or day lies, as a year with decimals: the middle of a year or month."""
    if isinstance(cell, date):
        return cell.year + (cell.timetuple().tm_yday - 0.5) / 366
    text = str(cell)
    try:
        if len(text) == 4:
            return int(text) + 0.5
        if len(text) == 7:
            return int(text[:4]) + (int(text[5:]) - 0.5) / 12
        return _place(date.fromisoformat(text))
    except ValueError:
        raise Fault(f"line_chart: {text!r} is not a period or day", "2018, 2018-05 or 2018-05-31") from None


def _marks(
    scope: Scope, breaks: Figure | Table | None, events: Table | None, first: float, last: float
) -> list[tuple[Mark, str, str]]:
    listed: list[tuple[str, str, bool]] = []
    if isinstance(breaks, Figure):
        listed += [(b.at, b.text[scope.language], True) for b in breaks.spec.breaks]
    for table_of, cut in ((breaks, True), (events, False)):
        if isinstance(table_of, Table):
            listed += [(str(row["since"]), str(row["text"]), cut) for row in table_of]
    inside = [(since, text, cut) for since, text, cut in sorted(listed) if first <= _start(since) <= last]
    return [
        (Mark(_start(since), chr(ord("a") + n), cut), formats.reference(since, scope.language), text)
        for n, (since, text, cut) in enumerate(inside)
    ]


def _start(at: str) -> float:
    """Return where a break lies: it stands at the start of its period."""
    return float(at) if len(at) == 4 else _place(at) - (1 / 24 if len(at) == 7 else 0)


def _wide(
    scope: Scope,
    data: Table,
    x: str,
    y: str,
    series: str | None,
    grouped: Sequence[tuple[str, list[Point]]],
    bound: str | None,
    labels: dict[str, str] | None,
) -> list[Column]:
    if not series:
        return [column(scope, data, x, labels), column(scope, data, y, labels, bound)]
    texts = column(scope, data, y, labels or {y: y}, bound).cells
    printed = {(_name(scope, row, series), _place(row[x])): text for row, text in zip(data.rows, texts, strict=True)}
    places = sorted({point.x: point.label for _, points in grouped for point in points}.items())
    shown = [Column(scope.cells.heading(x, labels), False, tuple(label for _, label in places))]
    for name, _ in grouped:
        shown.append(Column(name, True, tuple(printed.get((name, place), "") for place, _ in places)))
    return shown


def _name(scope: Scope, row: Row, series: str) -> str:
    return scope.cells.text(row[series], series)


def _last(points: Sequence[Point]) -> float:
    return next((point.y for point in reversed(points) if point.y is not None), 0.0)


def _bar_words(scope: Scope, names: Column, printed: Column, values: Sequence[float | None]) -> str:
    known = [n for n, value in enumerate(values) if value is not None]
    most, least = max(known, key=lambda n: values[n] or 0), min(known, key=lambda n: values[n] or 0)
    return scope.locale.text(
        "bar_words",
        count=len(values),
        most=f"{names.cells[most]} {printed.cells[most]}",
        least=f"{names.cells[least]} {printed.cells[least]}",
    )


def _line_words(scope: Scope, grouped: Sequence[tuple[str, list[Point]]], y: str) -> str:
    parts: list[str] = []
    for name, points in grouped:
        known = [point for point in points if point.y is not None] or points
        first, last = (scope.cells.number(p.y or 0, y) for p in (known[0], known[-1]))
        parts.append(f"{name}: {known[0].label} {first}, {known[-1].label} {last}")
    return scope.locale.text("line_words", series="; ".join(parts))


PICTURE_COMPONENTS = (
    Component(
        "bar_chart",
        "Horizontal bars from zero; what is missing is said, what is not final is hollow.",
        (
            DATA,
            Attribute("x", "column", "names of the bars"),
            Attribute("y", "column", "their lengths"),
            _TITLE,
            _DESCRIPTION,
            _SOURCE,
            Attribute("variant", "column", "rows unlike the first in this column are hollow", None),
            Attribute("bound", "column", "the bound of each value", None),
            _LABELS,
        ),
        _bar_chart,
    ),
    Component(
        "line_chart",
        "Lines from zero with their names at the ends; two coverages are never joined.",
        (
            DATA,
            Attribute("x", "column", "periods or days"),
            Attribute("y", "column", "the values"),
            Attribute("series", "column", "which line a row belongs to", None),
            _TITLE,
            _DESCRIPTION,
            _SOURCE,
            Attribute("breaks", "breaks", "where the series break: the lines are interrupted", None),
            Attribute("events", "data", "what else to mark: a query with the columns since and text", None),
            Attribute("bound", "column", "the bound of each value", None),
            _LABELS,
        ),
        _line_chart,
    ),
)

"""Components that draw a series over time: lines, areas, and sparklines in running text.

What belongs here: from rows to the points that charts.py draws, breaks and events, words for readers who don't see
the picture. What does not: geometry and SVG (charts.py), what stands around a picture (sheet.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Any

from markupsafe import Markup

from pipelines import formats
from pipelines.site.canvas import Canvas, Drawing
from pipelines.site.charts import Line, Mark, Point, areas, lines, scale, spark
from pipelines.site.components.data import DATA, Column, column, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.scope import Scope
from pipelines.site.components.sheet import BOUND, DESCRIPTION, LABELS, SOURCE, TITLE, numbers, sheet
from pipelines.site.faults import Fault
from pipelines.site.tables import Table
from pipelines.site.values import Figure

MAX_LINES = 5

_REACH = {4: 1.01, 7: 1.5 / 12}
"""How far apart two neighbours are at most, in years, by the length of a period's text: a missing one is a gap."""


@dataclass(frozen=True)
class Series:
    """What lines and areas have in common: the attributes of the page, read once."""

    scope: Scope
    component: str
    data: Table
    x: str
    y: str
    series: str | None = None
    title: str = ""
    description: str = ""
    source: str = ""
    breaks: Figure | Table | None = None
    events: Table | None = None
    bound: str | None = None
    labels: dict[str, str] | None = None

    def grouped(self) -> list[tuple[str, list[Point]]]:
        """Return the points by the name of their series, in order of time."""
        data = self.data
        values = numbers(data, self.y, self.component)
        labels = self.scope.cells.texts(data.column(self.x), self.x if self.x == "year" else "reference")
        reaches = [_REACH.get(len(str(cell)), inf) for cell in data.column(self.x)]
        coverages = data.column("coverage") if "coverage" in data.columns else [""] * len(data)
        found: dict[str, list[Point]] = {}
        for name, *point in zip(self.names, self.places, values, labels, map(str, coverages), reaches, strict=True):
            found.setdefault(name, []).append(Point(*point))
        for points in found.values():
            points.sort(key=lambda point: point.x)
            for left, right in pairwise(points):
                if left.x == right.x:
                    problem = f"{self.component}: {left.label} has two values in one series"
                    raise Fault(problem, "one row a period and series")
        if len(found) > MAX_LINES:
            raise Fault(f"{self.component}: {len(found)} series", f"at most {MAX_LINES}")
        return list(found.items())

    @cached_property
    def names(self) -> list[str]:
        """The name of the series that each row belongs to."""
        if self.series:
            return self.scope.cells.texts(self.data.column(self.series), self.series)
        return [self.scope.cells.heading(self.y, self.labels)] * len(self.data)

    @cached_property
    def places(self) -> list[float]:
        """Where the period or day of each row lies. Raises Fault."""
        return [_place(cell, self.component) for cell in self.data.column(self.x)]

    def columns(self, grouped: Sequence[tuple[str, list[Point]]]) -> list[Column]:
        """Return the table below: one row a period, one column a series."""
        scope, data, labels = self.scope, self.data, self.labels
        if not self.series:
            return [column(scope, data, self.x, labels), column(scope, data, self.y, labels, self.bound)]
        texts = column(scope, data, self.y, labels or {self.y: self.y}, self.bound).cells
        printed = dict(zip(zip(self.names, self.places, strict=True), texts, strict=True))
        places = sorted({point.x: point.label for _, points in grouped for point in points}.items())
        shown = [Column(scope.cells.heading(self.x, labels), False, tuple(label for _, label in places))]
        for name, _ in grouped:
            shown.append(Column(name, True, tuple(printed.get((name, place), "") for place, _ in places)))
        return shown

    def said(self, name: str, point: Point) -> tuple[str, str]:
        """Return the word of a point's bound and its number, as the table has them (R4)."""
        data, number = self.data, self.scope.cells.number(point.y or 0, self.y)
        if not self.bound:
            return "", number
        rows = zip(data, self.names, self.places, strict=True)
        row = next(row for row, series, place in rows if (series, place) == (name, point.x))
        own = bool(row["printed"]) if "printed" in data.columns else False
        bound = row[self.bound]
        return formats.bound_word(str(bound), self.scope.language, own) if bound else "", number

    def words(self, grouped: Sequence[tuple[str, list[Point]]]) -> str:
        """Return the words for those who don't see it: first and last value of each series."""
        parts: list[str] = []
        for name, points in grouped:
            known = [point for point in points if point.y is not None] or points
            first, last = (" ".join(self.said(name, p)).strip() for p in (known[0], known[-1]))
            parts.append(f"{name}: {known[0].label} {first}, {known[-1].label} {last}")
        return self.scope.locale.text("line_words", series="; ".join(parts))


def _line_chart(scope: Scope, **given: Any) -> Markup:
    plot = Series(scope, "line_chart", **given)
    if not plot.data.cells:
        return empty(scope, plot.data)
    grouped = plot.grouped()
    return _show(plot, grouped, lines, max(point.y or 0 for _, points in grouped for point in points))


def _area_chart(scope: Scope, **given: Any) -> Markup:
    plot = Series(scope, "area_chart", **given)
    if not plot.data.cells:
        return empty(scope, plot.data)
    grouped = plot.grouped()
    sums: dict[float, float] = {}
    for name, points in grouped:
        for first, other in zip(grouped[0][1], points, strict=False):
            if first.x != other.x or len(points) != len(grouped[0][1]) or other.y is None:
                expected = "a value of every series at every period; else line_chart"
                raise Fault(f"area_chart: {name} has no value at {first.label}", expected)
            sums[other.x] = sums.get(other.x, 0) + other.y
    return _show(plot, grouped, areas, max(sums.values()))


_Draw = Callable[[Canvas, Sequence[Line], Sequence[tuple[float, str]], Sequence[Mark]], Drawing]


def _show(plot: Series, grouped: Sequence[tuple[str, list[Point]]], draw: _Draw, highest: float) -> Markup:
    scope, y = plot.scope, plot.y
    ticks = [(value, scope.cells.number(value, y)) for value in scale(highest)]
    xs = [point.x for _, points in grouped for point in points]
    marks = _marks(scope, plot.breaks, plot.events, min(xs), max(xs))
    shown = [(name if plot.series else "", points) for name, points in grouped]
    drawn: list[Line] = []
    for (key, _), (name, points) in zip(grouped, shown, strict=True):
        word, number = plot.said(key, _last(points))
        drawn.append(Line(", ".join(part for part in (name, word) if part), number, tuple(points)))
    canvas = Canvas(scope.theme.light, scope.next_id("c"), plot.title, plot.description or plot.words(grouped))
    picture = draw(canvas, drawn, ticks, [mark for mark, _, _ in marks])
    listed = [(mark.letter, day, text) for mark, day, text in marks]
    return sheet(scope, canvas, picture, plot.columns(grouped), plot.data, plot.source, listed)


def _sparkline(scope: Scope, data: Table, x: str, y: str, title: str) -> Markup:
    """Draw the shape of one series; its values are in the words, because there is no table below."""
    if not data.cells:
        return Markup()
    plot = Series(scope, "sparkline", data, x, y, labels={y: title})
    [(_, points)] = plot.grouped()
    canvas = Canvas(scope.theme.light, scope.next_id("c"), title, plot.words([(title, points)]))
    return canvas.inline(spark(canvas, Line(title, "", tuple(points))), kind="spark")


def _place(cell: object, component: str) -> float:
    """Return where a period or day lies, as a year with decimals: the middle of a year or month."""
    if isinstance(cell, date):
        return cell.year + (cell.timetuple().tm_yday - 0.5) / 366
    text = str(cell)
    try:
        if len(text) == 4:
            return int(text) + 0.5
        if len(text) == 7:
            return int(text[:4]) + (int(text[5:]) - 0.5) / 12
        return _place(date.fromisoformat(text), component)
    except ValueError:
        raise Fault(f"{component}: {text!r} is not a period or day", "2018, 2018-05 or 2018-05-31") from None


def _marks(
    scope: Scope, breaks: Figure | Table | None, events: Table | None, first: float, last: float
) -> list[tuple[Mark, str, str]]:
    """Return the marks inside the picture, lettered, with their day and text; one day is one mark."""
    listed: list[tuple[str, str, bool]] = []
    if isinstance(breaks, Figure):
        listed += [(b.at, b.text[scope.language], True) for b in breaks.spec.breaks]
    for table_of, cut in ((breaks, True), (events, False)):
        if isinstance(table_of, Table):
            listed += [(str(row["since"]), str(row["text"]), cut) for row in table_of]
    days: dict[str, tuple[list[str], bool]] = {}
    for since, text, cut in sorted(listed):
        if first <= _start(since) <= last:
            texts, before = days.setdefault(since, ([], False))
            texts.append(text)
            days[since] = (texts, before or cut)
    return [
        (Mark(_start(since), chr(ord("a") + n), cut), formats.reference(since, scope.language), "; ".join(texts))
        for n, (since, (texts, cut)) in enumerate(days.items())
    ]


def break_starts(breaks: Figure | Table | None) -> list[float]:
    """Return where the declared breaks lie, as years with decimals."""
    if isinstance(breaks, Figure):
        return [_start(one.at) for one in breaks.spec.breaks]
    return [_start(str(row["since"])) for row in breaks] if isinstance(breaks, Table) else []


def _start(at: str) -> float:
    """Return where a break lies: it stands at the start of its period."""
    return float(at) if len(at) == 4 else _place(at, "a break") - (1 / 24 if len(at) == 7 else 0)


def _last(points: Sequence[Point]) -> Point:
    return next((point for point in reversed(points) if point.y is not None), points[-1])


_X = Attribute("x", "column", "periods or days")
_BREAKS = Attribute("breaks", "breaks", "where the series break: the lines are interrupted", None)
_EVENTS = Attribute("events", "data", "what else to mark: a query with the columns since and text", None)


def _attributes(drawn: str) -> tuple[Attribute, ...]:
    """Return what lines and areas take: ``Series`` holds it."""
    y = Attribute("y", "column", "the values")
    series = Attribute("series", "column", f"which {drawn} a row belongs to", None)
    return DATA, _X, y, series, TITLE, DESCRIPTION, SOURCE, _BREAKS, _EVENTS, BOUND, LABELS


LINE_COMPONENTS = (
    Component(
        "line_chart",
        "Lines from zero with their names at the ends; two coverages, and the two sides of a gap, are never joined.",
        _attributes("line"),
        _line_chart,
    ),
    Component(
        "area_chart",
        "Areas from zero, one upon the other: parts that make a whole; each has a value at every period.",
        _attributes("area"),
        _area_chart,
    ),
    Component(
        "sparkline",
        "The shape of one series in running text, without axes; its first and last value are in words.",
        (DATA, _X, Attribute("y", "column", "the values"), Attribute("title", "text", "what it shows")),
        _sparkline,
        block=False,
    ),
)

"""Charts as SVG: horizontal bars, lines, areas and sparklines, drawn from plain records.

What belongs here: geometry and SVG. What does not: the sheet they are drawn on and how they fit any width (canvas.py),
reading tables and choosing words (components/pictures.py, components/lines.py).

Two coverages are never joined by a line and a gap in the data is a gap in the line (rule R5, decision 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, inf

from markupsafe import Markup

from pipelines.site import fonts
from pipelines.site.canvas import Canvas, Drawing, drawing
from pipelines.site.svg import element, join, percent, steps

_ROW, _BAR, _STEP = 40, 10, 17
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 0.155, 0.66, 26, 28, 250
_SPARK = 24
_MONTHLY, _SHORT, _DENSE = 0.5, 7, 40
PHONE = 288
"""How wide a picture is on the narrowest screen that it is drawn for, in pixels (320 less the margins)."""

_DASHES = (None, "7 4", "2 4", "10 4 2 4", "1 3")
"""One a line, beside its colour (s1 to s5), so that lines differ without colours too."""
_WIDER = 1.15
"""How much wider a reader's own font may be than ours, by which texts are measured (Arial and Liberation Sans)."""

_ROOM = PHONE * (1 - _RIGHT - 0.042) / _WIDER
_EARLY = 0.15
"""A line that ends this far before the others (a share of the time shown) takes its label at its end."""


@dataclass(frozen=True)
class Bar:
    """One bar: ``value`` null is drawn as missing; ``hollow`` for what is not final; ``text`` stands at the right."""

    label: str
    value: float | None
    text: str
    hollow: bool = False


@dataclass(frozen=True)
class Point:
    """One value of a line at ``x`` (a year as a number); ``label`` is its reference on the axis.

    ``reach`` is how far the next point may lie to be joined: a year that is not there is a gap.
    """

    x: float
    y: float | None
    label: str
    coverage: str = ""
    reach: float = inf


@dataclass(frozen=True)
class Line:
    """One series with the name and value that stand at its end."""

    name: str
    text: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Mark:
    """A vertical rule with the letter that the list below the chart explains; a ``cut`` one interrupts the lines."""

    x: float
    letter: str
    cut: bool = False


def bars(canvas: Canvas, items: Sequence[Bar]) -> Drawing:
    """Draw horizontal bars from zero, label and value above each; a long label is broken so that it fits a phone."""
    highest = max((item.value or 0 for item in items), default=0) or 1
    drawn: list[Markup] = []
    top = 0
    for item in items:
        room = PHONE / _WIDER - fonts.face().width(item.text, 14) - 12
        names = fonts.face().wrap(item.label, 14, room)
        drawn += [canvas.text(name, "0", top + 15 + _STEP * n) for n, name in enumerate(names)]
        drawn.append(canvas.text(item.text, "100%", top + 15, "end", "muted" if item.value is None else "ink"))
        top += _STEP * (len(names) - 1)
        if item.value is not None:
            drawn.append(_bar(canvas, item, top + 22, item.value / highest))
        else:
            drawn.append(canvas.rule("0", "100%", top + 22 + _BAR / 2, top + 22 + _BAR / 2, "2 4", "muted"))
        top += _ROW
    return drawing(top, drawn)


def _bar(canvas: Canvas, item: Bar, top: float, share: float) -> Markup:
    fill, colour = ("none" if item.hollow else canvas.colours["s1"]), canvas.colours["s1"]
    return element(
        "rect",
        x="1",
        y=top + 0.5,
        width=percent(max(share - 0.005, 0.002)),
        height=_BAR - 1,
        class_="bar-open" if item.hollow else "bar",
        fill=fill,
        stroke=colour,
        stroke_dasharray="3 2" if item.hollow else None,
    )


def lines(canvas: Canvas, series: Sequence[Line], ticks: Sequence[tuple[float, str]], marks: Sequence[Mark]) -> Drawing:
    """Draw lines from zero with their names at the ends; ``ticks`` are (value, printed) of the upright axis."""
    frame = _frame(series, ticks)
    drawn = [*_grid(canvas, frame, ticks), *_across(canvas, frame, series), *_marks(canvas, frame, marks)]
    ends = _spread([frame.y(_last(line).y or 0) for line in series], _gap(series), _TOP + 4, _HEIGHT - _BOTTOM)
    for n, (line, end) in enumerate(zip(series, ends, strict=True)):
        drawn += _line(canvas, frame, line, n, [mark.x for mark in marks if mark.cut])
        drawn.append(_label(canvas, line, n, end, frame.y(_last(line).y or 0), frame))
    return drawing(_HEIGHT, drawn)


def areas(canvas: Canvas, series: Sequence[Line], ticks: Sequence[tuple[float, str]], marks: Sequence[Mark]) -> Drawing:
    """Draw areas from zero, one upon the other; every series has a value wherever another has one."""
    frame = _frame(series, ticks)
    cuts = [mark.x for mark in marks if mark.cut]
    tops = _stacked(series)
    drawn = [*_grid(canvas, frame, ticks), *_across(canvas, frame, series)]
    below = tuple(Point(point.x, 0.0, point.label, point.coverage, point.reach) for point in tops[0].points)
    middles: list[float] = []
    for n, line in enumerate(tops):
        drawn.append(_area(canvas, frame, line.points, below, n, cuts))
        middles.append(frame.y(((line.points[-1].y or 0) + (below[-1].y or 0)) / 2))
        below = line.points
    ends = _spread(middles, _gap(series), _TOP + 4, _HEIGHT - _BOTTOM)
    drawn += [_label(canvas, line, n, ends[n], middles[n], frame) for n, line in enumerate(series)]
    return drawing(_HEIGHT, [*drawn, *_marks(canvas, frame, marks)])


def spark(canvas: Canvas, line: Line) -> Drawing:
    """Draw a line without axes, for running text: its shape, and a dot where it ends."""
    highest = max((point.y or 0 for point in line.points), default=0) or 1
    frame = _Frame(line.points[0].x, line.points[-1].x, highest, (0.02, 0.94), (4, 3), _SPARK)
    return drawing(_SPARK, [*_line(canvas, frame, line, 0, [], dots=0), _dot(canvas, frame, _last(line), 0, 3)])


def _gap(series: Sequence[Line]) -> float:
    """Return how far apart the labels stand: a third line of text needs room."""
    return 49 if any(len(fit_name(line.name)) > 1 for line in series) else 34


def _frame(series: Sequence[Line], ticks: Sequence[tuple[float, str]]) -> "_Frame":
    xs = sorted({point.x for line in series for point in line.points})
    return _Frame(xs[0], xs[-1], ticks[-1][0])


def _stacked(series: Sequence[Line]) -> list[Line]:
    """Return the series with the values of those below them added."""
    found: list[Line] = []
    sums: dict[float, float] = {}
    for line in series:
        points: list[Point] = []
        for point in line.points:
            sums[point.x] = sums.get(point.x, 0.0) + (point.y or 0)
            points.append(Point(point.x, sums[point.x], point.label, point.coverage, point.reach))
        found.append(Line(line.name, line.text, tuple(points)))
    return found


def _area(
    canvas: Canvas, frame: "_Frame", top: Sequence[Point], below: Sequence[Point], n: int, cuts: Sequence[float]
) -> Markup:
    """Draw the pieces of one area in a stretched box, because a polygon takes no percentages."""
    name = f"s{n % len(_DASHES) + 1}"
    pieces: list[list[int]] = []
    for k, point in enumerate(top):
        joined = k > 0 and _joined(top[k - 1], point, cuts)
        if joined:
            pieces[-1].append(k)
        else:
            pieces.append([k])
    span = (frame.last - frame.first) or 1
    drawn: list[Markup] = []
    for piece in pieces:
        edge = [(top[k].x, top[k].y or 0) for k in piece] + [(below[k].x, below[k].y or 0) for k in reversed(piece)]
        points = " ".join(f"{1000 * (x - frame.first) / span:.1f},{frame.y(y) - frame.edges[0]:.1f}" for x, y in edge)
        drawn.append(element("polygon", points=points))
    left, right = frame.sides
    deep = frame.height - frame.edges[0] - frame.edges[1]
    box = {"x": percent(left), "y": frame.edges[0], "width": percent(right - left), "height": deep}
    shape = {"viewBox": f"0 0 1000 {deep}", "preserveAspectRatio": "none"}
    return element("svg", element("g", *drawn, class_=f"area-{name}", fill=canvas.colours[name]), **box, **shape)


def scale(highest: float) -> list[float]:
    """Return the values of the upright axis, from 0 to above the highest."""
    return steps(highest)


@dataclass(frozen=True)
class _Frame:
    """Where values lie: ``sides`` in shares of the width, ``edges`` (above, below) and ``height`` in pixels."""

    first: float
    last: float
    top: float
    sides: tuple[float, float] = (_LEFT, _RIGHT)
    edges: tuple[int, int] = (_TOP, _BOTTOM)
    height: int = _HEIGHT

    def x(self, value: float) -> str:
        span = (self.last - self.first) or 1
        return percent(self.sides[0] + (self.sides[1] - self.sides[0]) * (value - self.first) / span)

    def y(self, value: float) -> float:
        return self.edges[0] + (self.height - self.edges[0] - self.edges[1]) * (1 - value / self.top)


def _grid(canvas: Canvas, frame: _Frame, ticks: Sequence[tuple[float, str]]) -> list[Markup]:
    drawn: list[Markup] = []
    for value, text in ticks:
        y = round(frame.y(value)) + 0.5
        drawn.append(canvas.rule(percent(_LEFT), percent(_RIGHT), y, y))
        drawn.append(canvas.text(text, percent(_LEFT - 0.015), y + 4.5, "end", "muted", font_size=13))
    return drawn


def _across(canvas: Canvas, frame: _Frame, series: Sequence[Line]) -> list[Markup]:
    """Print up to four labels; months are labelled by their year, where it begins; long labels only at the ends."""
    labels = sorted({point.x: point.label for line in series for point in line.points}.items())
    if any(point.reach < _MONTHLY for line in series for point in line.points):
        years = range(ceil(frame.first), floor(frame.last) + 1)
        labels = [(float(year), str(year)) for year in years] or labels
    drawn: list[Markup] = []
    for n in _chosen(len(labels), 4 if all(len(label) <= _SHORT for _, label in labels) else 2):
        at_edge = "start" if labels[n][0] <= frame.first else "end" if labels[n][0] >= frame.last else "middle"
        drawn.append(canvas.text(labels[n][1], frame.x(labels[n][0]), _HEIGHT - 8, at_edge, "muted", font_size=13))
    return drawn


def _chosen(count: int, most: int) -> list[int]:
    """Return which of ``count`` places are labelled: evenly, first and last among them where the numbers allow it."""
    if count <= most:
        return list(range(count))
    parts = next((n for n in range(most - 1, 0, -1) if (count - 1) % n == 0), most - 1)
    step = ceil((count - 1) / (parts if parts > 1 or most == 2 else most - 1))
    return list(range(0, count, step))


def _marks(canvas: Canvas, frame: _Frame, marks: Sequence[Mark]) -> list[Markup]:
    drawn: list[Markup] = []
    for mark in marks:
        if frame.first <= mark.x <= frame.last:
            x = frame.x(mark.x)
            drawn.append(canvas.rule(x, x, _TOP - 6, _HEIGHT - _BOTTOM, "3 3", "muted"))
            drawn.append(canvas.text(mark.letter, x, _TOP - 10, "middle", "muted", font_size=13))
    return drawn


def _joined(left: Point, right: Point, cuts: Sequence[float]) -> bool:
    if left.coverage != right.coverage or any(left.x < cut <= right.x for cut in cuts):
        return False
    return left.y is not None and right.y is not None and right.x - left.x <= left.reach


def _line(canvas: Canvas, frame: _Frame, line: Line, n: int, cuts: Sequence[float], dots: int = 8) -> list[Markup]:
    """Draw a line, with a dot at each of up to ``dots`` points, at its end, and where a point stands alone."""
    ends = [k for k, (left, right) in enumerate(pairwise(line.points)) if _joined(left, right, cuts)]
    segments = [
        element(
            "line",
            x1=frame.x(line.points[k].x),
            y1=frame.y(line.points[k].y or 0),
            x2=frame.x(line.points[k + 1].x),
            y2=frame.y(line.points[k + 1].y or 0),
        )
        for k in ends
    ]
    name = f"s{n % len(_DASHES) + 1}"
    drawn = element(
        "g",
        *segments,
        class_=f"line-{name}",
        stroke=canvas.colours[name],
        stroke_width=2.5,
        stroke_linecap="round",
        stroke_dasharray=_DASHES[n % len(_DASHES)] if len(segments) < _DENSE else None,
    )
    known = [point for point in line.points if point.y is not None]
    alone = [p for k, p in enumerate(line.points) if p.y is not None and k not in ends and k - 1 not in ends]
    shown = (
        known if len(known) < dots else [*(p for p in alone if p is not _last(line)), *([_last(line)] if dots else [])]
    )
    return [drawn, *(_dot(canvas, frame, point, n) for point in shown)]


def _dot(canvas: Canvas, frame: _Frame, point: Point, n: int, radius: float = 4) -> Markup:
    name = f"s{n % len(_DASHES) + 1}"
    return element(
        "circle",
        cx=frame.x(point.x),
        cy=frame.y(point.y or 0),
        r=radius,
        class_=f"dot-{name}",
        fill=canvas.colours[name],
        stroke=canvas.colours["paper"],
        stroke_width=1.5,
    )


def _label(canvas: Canvas, line: Line, n: int, y: float, end: float, frame: _Frame) -> Markup:
    """Print the name and the last value at the right; a short line leads there from ``end``."""
    name = f"s{n % len(_DASHES) + 1}"
    last = _last(line)
    if last.x < frame.last - _EARLY * (frame.last - frame.first):
        text = f"{line.name} {line.text}".strip()
        return canvas.text(text, frame.x(last.x), end - 12, "end", font_weight=600, font_size=13)
    lead = element(
        "line",
        x1=percent(_RIGHT + 0.012),
        x2=percent(_RIGHT + 0.032),
        y1=end,
        y2=y,
        class_=f"line-{name}",
        stroke=canvas.colours[name],
    )
    where = percent(_RIGHT + 0.042)
    if not line.name:
        return join((lead, canvas.text(line.text, where, y + 5, font_weight=600)))
    names = fit_name(line.name)
    top = y - 1 - 7 * (len(names) - 1)
    texts = [canvas.text(part, where, top + 15 * k, font_weight=600, font_size=13) for k, part in enumerate(names)]
    value = canvas.text(line.text, where, top + 15 * len(names) + 1, tone="muted", font_size=13)
    return join((lead, *texts, value))


def fit_name(name: str) -> list[str]:
    """Return a name in one or two lines that fit beside the lines at 320 px; what is longer ends with ``…``."""
    if _wide(name) <= _ROOM:
        return [name]
    ends = [n + (mark == "-") for n, mark in enumerate(name) if mark in "- "]
    if not ends:
        return [_cut(name)]
    middle = min(ends, key=lambda n: abs(2 * n - len(name)))
    return [_cut(name[:middle].rstrip()), _cut(name[middle:].lstrip())]


def _wide(text: str) -> float:
    return fonts.face(fonts.SANS, 600).width(text, 13)


def _cut(text: str) -> str:
    if _wide(text) <= _ROOM:
        return text
    return next((f"{text[:n].rstrip()}…" for n in range(len(text), 1, -1) if _wide(f"{text[:n]}…") <= _ROOM), text[:1])


def _last(line: Line) -> Point:
    return next((point for point in reversed(line.points) if point.y is not None), line.points[-1])


def _spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Move labels apart so that neighbours are ``gap`` apart, as near to where they belong as the frame allows."""
    order = sorted(range(len(wanted)), key=lambda n: wanted[n])
    placed = dict[int, float]()
    low = top
    for n in order:
        placed[n] = max(wanted[n], low)
        low = placed[n] + gap
    high = bottom
    for n in reversed(order):
        placed[n] = min(placed[n], high)
        high = placed[n] - gap
    return [placed[n] for n in range(len(wanted))]

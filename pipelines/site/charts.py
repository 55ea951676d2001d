"""Charts as inline SVG: horizontal bars and lines, drawn from plain records.

What belongs here: geometry and SVG. What does not: reading tables, choosing words (components/charts.py).

How they fit any width without JavaScript: there is no viewBox; across, everything is in percent of the element's
width, down it is in pixels, so text keeps its size at 320 px and at 1440 px. Colours, sizes and weights are
presentation attributes (a PDF or a file of its own shows them); classes let the style sheet take over on the page.
Two coverages are never joined by a line and a gap in the data is a gap in the line (rule R5, decision 8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from pipelines.site.svg import element, join, percent, steps

FONT = "system-ui, sans-serif"
_ROW, _BAR = 40, 10
_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 0.155, 0.7, 26, 28, 250
_DASHES = (None, "7 4", "2 4", "10 4 2 4")


@dataclass(frozen=True)
class Bar:
    """One bar: ``value`` null is drawn as missing; ``hollow`` for what is not final; ``text`` stands at the right."""

    label: str
    value: float | None
    text: str
    hollow: bool = False


@dataclass(frozen=True)
class Point:
    """One value of a line at ``x`` (a year as a number); ``label`` is its reference on the axis."""

    x: float
    y: float | None
    label: str
    coverage: str = ""


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


@dataclass(frozen=True)
class Canvas:
    """What every chart needs: colours of the light scheme and the words for readers who don't see it."""

    colours: Mapping[str, str]
    id: str
    title: str
    description: str

    def svg(self, height: float, *content: str) -> Markup:
        """Return the whole picture."""
        return element(
            "svg",
            element("title", self.title, id=f"{self.id}-t"),
            element("desc", self.description, id=f"{self.id}-d"),
            *content,
            class_="chart",
            role="img",
            aria_labelledby=f"{self.id}-t {self.id}-d",
            width="100%",
            height=height,
            font_family=FONT,
            font_size=14,
        )

    def text(self, content: str, x: str, y: float, anchor: str = "start", tone: str = "ink", **more: object) -> Markup:
        """Return a text in one of the colours ``ink`` and ``muted``."""
        return element("text", content, x=x, y=y, text_anchor=anchor, class_=tone, fill=self.colours[tone], **more)

    def rule(self, x1: str, x2: str, y1: float, y2: float, dash: str | None = None, tone: str = "rule") -> Markup:
        """Return a hairline."""
        colour = self.colours[tone]
        return element("line", x1=x1, x2=x2, y1=y1, y2=y2, class_=f"line-{tone}", stroke=colour, stroke_dasharray=dash)


def bars(canvas: Canvas, items: Sequence[Bar]) -> Markup:
    """Draw horizontal bars from zero, label and value above each, so that long names fit a phone."""
    highest = max((item.value or 0 for item in items), default=0) or 1
    drawn: list[Markup] = []
    for n, item in enumerate(items):
        top = n * _ROW
        drawn.append(canvas.text(item.label, "0", top + 15))
        drawn.append(canvas.text(item.text, "100%", top + 15, "end", "muted" if item.value is None else "ink"))
        if item.value is not None:
            drawn.append(_bar(canvas, item, top + 22, item.value / highest))
        else:
            drawn.append(canvas.rule("0", "100%", top + 22 + _BAR / 2, top + 22 + _BAR / 2, "2 4", "muted"))
    return canvas.svg(len(items) * _ROW, *drawn)


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


def lines(canvas: Canvas, series: Sequence[Line], ticks: Sequence[tuple[float, str]], marks: Sequence[Mark]) -> Markup:
    """Draw lines from zero with their names at the ends; ``ticks`` are (value, printed) of the upright axis."""
    xs = sorted({point.x for line in series for point in line.points})
    frame = _Frame(xs[0], xs[-1], ticks[-1][0])
    drawn = [*_grid(canvas, frame, ticks), *_across(canvas, frame, series), *_marks(canvas, frame, marks)]
    ends = _spread([frame.y(_last(line).y or 0) for line in series], 34, _TOP + 4, _HEIGHT - _BOTTOM)
    for n, (line, end) in enumerate(zip(series, ends, strict=True)):
        drawn += _line(canvas, frame, line, n, [mark.x for mark in marks if mark.cut])
        drawn.append(_label(canvas, line, n, end, frame))
    return canvas.svg(_HEIGHT, *drawn)


def scale(highest: float) -> list[float]:
    """Return the values of the upright axis, from 0 to above the highest."""
    return steps(highest)


@dataclass(frozen=True)
class _Frame:
    first: float
    last: float
    top: float

    def x(self, value: float) -> str:
        span = (self.last - self.first) or 1
        return percent(_LEFT + (_RIGHT - _LEFT) * (value - self.first) / span)

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / self.top)


def _grid(canvas: Canvas, frame: _Frame, ticks: Sequence[tuple[float, str]]) -> list[Markup]:
    drawn: list[Markup] = []
    for value, text in ticks:
        y = round(frame.y(value)) + 0.5
        drawn.append(canvas.rule(percent(_LEFT), percent(_RIGHT), y, y))
        drawn.append(canvas.text(text, percent(_LEFT - 0.015), y + 4.5, "end", "muted", font_size=13))
    return drawn


def _across(canvas: Canvas, frame: _Frame, series: Sequence[Line]) -> list[Markup]:
    labels = sorted({point.x: point.label for line in series for point in line.points}.items())
    count = min(4, len(labels))
    chosen = sorted({round(n * (len(labels) - 1) / max(count - 1, 1)) for n in range(count)})
    drawn: list[Markup] = []
    for n in chosen:
        anchor = "start" if n == 0 else "end" if n == len(labels) - 1 else "middle"
        drawn.append(canvas.text(labels[n][1], frame.x(labels[n][0]), _HEIGHT - 8, anchor, "muted", font_size=13))
    return drawn


def _marks(canvas: Canvas, frame: _Frame, marks: Sequence[Mark]) -> list[Markup]:
    drawn: list[Markup] = []
    for mark in marks:
        if frame.first <= mark.x <= frame.last:
            x = frame.x(mark.x)
            drawn.append(canvas.rule(x, x, _TOP - 6, _HEIGHT - _BOTTOM, "3 3", "muted"))
            drawn.append(canvas.text(mark.letter, x, _TOP - 10, "middle", "muted", font_size=13))
    return drawn


def _line(canvas: Canvas, frame: _Frame, line: Line, n: int, cuts: Sequence[float]) -> list[Markup]:
    segments: list[Markup] = []
    for left, right in pairwise(line.points):
        if left.coverage != right.coverage or any(left.x < cut <= right.x for cut in cuts):
            continue
        if left.y is not None and right.y is not None:
            ends = {"x1": frame.x(left.x), "y1": frame.y(left.y), "x2": frame.x(right.x), "y2": frame.y(right.y)}
            segments.append(element("line", **ends))
    name = f"s{n % 4 + 1}"
    drawn = element(
        "g",
        *segments,
        class_=f"line-{name}",
        stroke=canvas.colours[name],
        stroke_width=2.5,
        stroke_linecap="round",
        stroke_dasharray=_DASHES[n % 4],
    )
    shown = line.points if len(line.points) < 8 else [_last(line)]
    return [drawn, *(_dot(canvas, frame, point, n) for point in shown if point.y is not None)]


def _dot(canvas: Canvas, frame: _Frame, point: Point, n: int) -> Markup:
    name = f"s{n % 4 + 1}"
    return element(
        "circle",
        cx=frame.x(point.x),
        cy=frame.y(point.y or 0),
        r=4,
        class_=f"dot-{name}",
        fill=canvas.colours[name],
        stroke=canvas.colours["paper"],
        stroke_width=1.5,
    )


def _label(canvas: Canvas, line: Line, n: int, y: float, frame: _Frame) -> Markup:
    name = f"s{n % 4 + 1}"
    end = frame.y(_last(line).y or 0)
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
    return join(
        (
            lead,
            canvas.text(line.name, where, y - 1, font_weight=600),
            canvas.text(line.text, where, y + 15, tone="muted", font_size=13),
        )
    )


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

"""The sheet that charts are drawn on: on the page as inline SVG, and as a picture file of its own.

What belongs here: texts and rules in the house's colours, and the two frames around what a chart drew. What does not:
any chart (charts.py, areas.py, tiles.py).

On the page there is no viewBox: across, everything is in percent of the element's width, down it is in pixels, so text
keeps its size at 320 px and at 1440 px. Colours, sizes and weights are presentation attributes (a PDF or a file of its
own shows them); classes let the style sheet take over on the page. The file of its own holds the same drawing at a
fixed width, with title, list of marks and the source below it, so that a picture never travels without its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipelines.site import fonts
from pipelines.site.svg import element, join

FONT = "system-ui, sans-serif"
_FILE_FONT = f"'{fonts.SANS}', {FONT}"
_WIDTH, _MARGIN = 720, 32
_TITLE, _TITLE_LINE, _NOTE, _NOTE_LINE = 20, 27, 13, 19


@dataclass(frozen=True)
class Drawing:
    """What a chart drew: its height in pixels and its marks."""

    height: float
    content: Markup


@dataclass(frozen=True)
class Canvas:
    """What every chart needs: colours of the light scheme and the words for readers who don't see it."""

    colours: Mapping[str, str]
    id: str
    title: str
    description: str

    def text(
        self,
        content: str,
        x: str,
        y: float,
        anchor: str = "start",
        tone: str = "ink",
        class_name: str = "",
        **more: object,
    ) -> Markup:
        """Return a text in one of the colours ``ink`` and ``muted``."""
        named = f"{tone} {class_name}".strip()
        return element("text", content, x=x, y=y, text_anchor=anchor, class_=named, fill=self.colours[tone], **more)

    def rule(self, x1: str, x2: str, y1: float, y2: float, dash: str | None = None, tone: str = "rule") -> Markup:
        """Return a hairline."""
        colour = self.colours[tone]
        return element("line", x1=x1, x2=x2, y1=y1, y2=y2, class_=f"line-{tone}", stroke=colour, stroke_dasharray=dash)

    def inline(self, drawing: Drawing, role: str = "img", kind: str = "chart") -> Markup:
        """Return the picture as it stands on the page."""
        return element(
            "svg",
            element("title", self.title, id=f"{self.id}-t"),
            element("desc", self.description, id=f"{self.id}-d"),
            drawing.content,
            class_=kind,
            role=role,
            aria_labelledby=f"{self.id}-t {self.id}-d",
            width="100%",
            height=drawing.height,
            font_family=FONT,
            font_size=14,
        )

    def standalone(self, drawing: Drawing, notes: Sequence[str], footer: str) -> bytes:
        """Return the picture as a file: title above, ``notes`` (what marks mean) and ``footer`` (the source) below."""
        room = _WIDTH - 2 * _MARGIN
        titles = fonts.face(fonts.SANS, 600).wrap(self.title, _TITLE, room)
        below = [line for note in notes for line in fonts.face().wrap(note, _NOTE, room)]
        source = fonts.face().wrap(footer, _NOTE, room) if footer else []
        top = _MARGIN + len(titles) * _TITLE_LINE + 8
        under = top + drawing.height + 16 + _NOTE
        end = under + len(below) * _NOTE_LINE + (6 if below else 0)
        height = end + max(len(source) - 1, 0) * _NOTE_LINE + _MARGIN
        texts = [
            *self._lines(titles, _MARGIN + _TITLE - 4, _TITLE_LINE, "ink", _TITLE, 600),
            *self._lines(below, under, _NOTE_LINE, "muted", _NOTE),
            *self._lines(source, end, _NOTE_LINE, "muted", _NOTE),
        ]
        inner = element(
            "svg",
            drawing.content,
            x=_MARGIN,
            y=top,
            width=room,
            height=drawing.height,
            viewBox=f"0 0 {room} {drawing.height:.0f}",
            overflow="visible",
        )
        picture = element(
            "svg",
            element("title", self.title),
            element("desc", self.description),
            element("rect", width=_WIDTH, height=height, fill=self.colours["paper"]),
            *texts,
            inner,
            xmlns="http://www.w3.org/2000/svg",
            role="img",
            width=_WIDTH,
            height=height,
            viewBox=f"0 0 {_WIDTH} {height:.0f}",
            font_family=_FILE_FONT,
            font_size=14,
        )
        return f"{picture}\n".encode()

    def _lines(
        self, lines: Sequence[str], y: float, step: float, tone: str, size: int, weight: int | None = None
    ) -> list[Markup]:
        x = str(_MARGIN)
        return [
            self.text(line, x, y + n * step, tone=tone, font_size=size, font_weight=weight)
            for n, line in enumerate(lines)
        ]


def drawing(height: float, parts: Sequence[Markup]) -> Drawing:
    """Return what a chart drew."""
    return Drawing(height, join(parts))

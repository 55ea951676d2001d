"""How a chart stands on a page: title, picture, marks, source, its files, and its data as a table right below.

What belongs here: what every chart has, and the files that it writes beside the page: ``<title>.svg``, a picture of
its own with the source in it (unless the page says ``pictures: false``), and ``<title>.csv``, its data. What does not:
reading rows (pictures.py, lines.py, maps.py), drawing (charts.py).
"""

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.site import addresses
from pipelines.site.canvas import Canvas, Drawing
from pipelines.site.components.data import Column, is_number, table
from pipelines.site.components.declare import Attribute
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Table

TITLE = Attribute("title", "text", "the title above the picture, also the name of its files")
DESCRIPTION = Attribute("description", "text", "what a reader who does not see it should know (default: made)", "")
SOURCE = Attribute("source", "text", "whose data it is; stands below the picture and in its file", "")
LABELS = Attribute("labels", "labels", "headings that differ from the house's own", None)
BOUND = Attribute("bound", "column", "the bound of each value", None)


def sheet(
    scope: Scope,
    canvas: Canvas,
    drawing: Drawing,
    columns: list[Column],
    data: Table,
    source: str,
    marks: Sequence[tuple[str, str, str]] = (),
    legend: str = "",
    links: Sequence[str] = (),
    on_page: Drawing | None = None,
) -> Markup:
    """Return the chart with everything around it and write its files.

    ``marks``: letter, day and text of each mark; ``legend``: how to read the picture; ``links``: an address for each
    row of the table; ``on_page``: the drawing with links, where the file's has none.
    """
    word = scope.locale.text
    name = addresses.slug(canvas.title)
    if not name:
        raise Fault(f"the title {canvas.title!r} gives no file name", "a title with a letter or digit")
    notes = [*([legend] if legend else []), *(f"{letter}  {day}: {text}" for letter, day, text in marks)]
    footer = " · ".join((f"{word('source')}: {source}", word("site")) if source else (word("site"),))
    files: list[tuple[str, str]] = []
    if scope.drawn:
        told = Table("marks", ("letter", "day", "text"), tuple(marks))
        svg = scope.write(f"{name}.svg", canvas.standalone(drawing, notes, footer), scope.given_of(data), told)
        if (svg, canvas.title, source) not in scope.pictures:
            scope.pictures.append((svg, canvas.title, source))
        files = [("SVG", svg), *((kind.upper(), f"{name}.{kind}") for kind in scope.formats)]
    csv = scope.write_csv(data, name)
    return scope.fill(
        "chart",
        picture=canvas.inline(on_page or drawing, role="group" if on_page else "img"),
        title=canvas.title,
        source=source,
        marks=marks,
        legend=legend,
        files=[*files, ("CSV", csv)],
        **table(scope, columns, canvas.title, links),
    )


def numbers(data: Table, name: str, component: str) -> list[float | None]:
    """Return a column of numbers from zero up. Raises Fault for anything else, and when there is none."""
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


def one_coverage(data: Table, component: str) -> None:
    """Refuse to compare two populations in one picture (R5)."""
    if "coverage" in data.columns and len(set(data.column("coverage"))) > 1:
        raise Fault(f"{component}: two coverages in one picture", "one coverage; filter the query (rule R5)")


def extremes(scope: Scope, key: str, names: Column, printed: Column, values: Sequence[float | None]) -> str:
    """Return the words for a picture of many values: how many, the largest, the smallest."""
    known = [n for n, value in enumerate(values) if value is not None]
    most, least = max(known, key=lambda n: values[n] or 0), min(known, key=lambda n: values[n] or 0)
    return scope.locale.text(
        key,
        count=len(values),
        most=f"{names.cells[most]} {printed.cells[most]}",
        least=f"{names.cells[least]} {printed.cells[least]}",
    )

"""Components about one row of a query, in running text: a cell as tables print it, a link to the row's page.

What belongs here: what a page says of one row. What does not: whole tables (data.py).
"""

from markupsafe import Markup, escape

from pipelines.site import addresses
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figures import safe_url
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row
from pipelines.site.tokens import plain


def row_address(scope: Scope, template: str, row: Row | None) -> str:
    """Return the relative address of the page of a row: ``/maakunta/[region]``. Raises Fault when there is none."""
    if row is None:
        if addresses.columns(template):
            raise Fault(f"the address {template!r} has a hole", "row=…, the row that fills it")
        return scope.link(template)
    return scope.link(addresses.fill(template, row.__getitem__))


def _link(scope: Scope, text: str, to: str, row: Row | None) -> Markup:
    return Markup('<a href="{}">{}</a>').format(escape(row_address(scope, to, row)), plain(text))


def _web_link(scope: Scope, text: str, row: Row, column: str) -> Markup:
    url = safe_url(str(row[column] or ""))
    return Markup('<a href="{}">{}</a>').format(url, plain(text)) if url else plain(text)


def _cell(scope: Scope, row: Row, column: str, bound: str | None) -> Markup:
    text = scope.cells.bounded(row[column], column, row[bound] if bound else None)
    return plain(text or scope.locale.text("no_data"))


_ROW = Attribute("row", "row", "the row, for example params or the row of a loop")

ROW_COMPONENTS = (
    Component(
        "link",
        "A link to a page whose address depends on a row.",
        (
            Attribute("text", "text", "what is linked"),
            Attribute("to", "text", "the address, with the row's columns in brackets: /maakunta/[region]"),
            Attribute("row", "row", "the row that fills the brackets", None),
        ),
        _link,
        block=False,
    ),
    Component(
        "web_link",
        "A link to an address outside the site that stands in a row; the text alone when it is not http or https.",
        (
            Attribute("text", "text", "what is linked"),
            _ROW,
            Attribute("column", "column", "the column with the address", of="row"),
        ),
        _web_link,
        block=False,
    ),
    Component(
        "cell",
        "One cell of a row, printed as a table prints it.",
        (
            _ROW,
            Attribute("column", "column", "the column", of="row"),
            Attribute("bound", "column", "the column with its bound", None, of="row"),
        ),
        _cell,
        block=False,
    ),
)

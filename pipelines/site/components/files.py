"""Components that hand something out: a query's rows as files, a page as code for another site's frame.

What belongs here: what a reader takes away. What does not: files of charts (sheet.py).
"""

import json
from datetime import date
from decimal import Decimal

from markupsafe import Markup, escape

from pipelines.site.components.data import DATA, empty
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.rows import row_address
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Row, Table
from pipelines.site.tokens import clean

FORMATS = ("csv", "json")


def _download(scope: Scope, data: Table, title: str, formats: list[str] | None) -> Markup:
    if not data.cells:
        return empty(scope, data)
    wanted = formats or list(FORMATS)
    files: list[tuple[str, str]] = []
    for kind in wanted:
        if kind not in FORMATS:
            raise Fault(f"download: unknown format {kind!r}", " or ".join(FORMATS))
        name = scope.write_csv(data) if kind == "csv" else scope.write(f"{data.name}.json", as_json(data), data)
        files.append((kind.upper(), name))
    return scope.fill("download", title=title, files=files)


def as_json(data: Table) -> bytes:
    """Return the rows as a list of objects, one a line, UTF-8; dates as text, decimals as numbers."""
    rows = (dict(zip(data.columns, row, strict=True)) for row in data.cells)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, default=_plain) for row in rows)
    return f"[\n{lines}\n]\n".encode()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)


def _embed(scope: Scope, to: str, title: str, row: Row | None, height: int) -> Markup:
    """Print the code; without a base address the page says that there is none yet."""
    relative = row_address(scope, to, row)
    if not scope.absolute:
        return scope.fill("embed", code="", href=relative)
    url = absolute(scope.absolute, relative)
    code = (
        f'<iframe src="{escape(url)}" title="{escape(clean(title))}" width="100%" height="{height}"'
        ' loading="lazy" style="border:0"></iframe>'
    )
    return scope.fill("embed", code=code, href=relative)


def absolute(base: str, relative: str) -> str:
    """Return the full address of a relative one, from the full address of the page it stands on."""
    from urllib.parse import urljoin

    return urljoin(base, relative.removesuffix("index.html"))


FILE_COMPONENTS = (
    Component(
        "download",
        "Links to the rows as files, written beside the page.",
        (
            DATA,
            Attribute("title", "text", "what the files hold"),
            Attribute("formats", "texts", "csv and json (default: both)", None),
        ),
        _download,
    ),
    Component(
        "embed",
        "The code that shows a page in another site's frame, as text to be copied.",
        (
            Attribute("to", "text", "the address of the page, with a row's columns in brackets: /kortti/[id]"),
            Attribute("title", "text", "the title of the frame, for those who don't see it"),
            Attribute("row", "row", "the row that fills the brackets", None),
            Attribute("height", "count", "height of the frame in pixels", 260),
        ),
        _embed,
    ),
)

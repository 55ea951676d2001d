"""Components that print a query's rows: the table.

What belongs here: cells to rows of text. What does not: pictures (pictures.py), markup (templates/components).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeGuard

from markupsafe import Markup

from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.rows import row_address
from pipelines.site.components.scope import Scope
from pipelines.site.tables import Table
from pipelines.site.tokens import plain

DATA = Attribute("data", "data", "the query")

_NUMBERS = frozenset({int, float, Decimal})


@dataclass(frozen=True)
class Column:
    """One printed column: its heading, whether it is numbers, its cells ("" = no data).

    ``languages``: that of each cell, "" where it is the page's, for a screen reader; none when all are the page's.
    """

    heading: str
    numeric: bool
    cells: tuple[str, ...]
    languages: tuple[str, ...] = ()


def column(
    scope: Scope, data: Table, name: str, labels: dict[str, str] | None = None, bound: str | None = None
) -> Column:
    """Print one column; numbers of one column share their decimals; ``bound`` is the column with their bounds.

    A table may say in a column ``printed`` whose word a bound is: the producer's ("yli") or ours ("vähintään").
    """
    cells = data.column(name)
    numbers = [float(cell) for cell in cells if is_number(cell)]
    numeric = bool(numbers) and name != "year"
    whole = all(number == int(number) for number in numbers)
    decimals = 0 if name.endswith("_eur") or (whole and not name.endswith("_pct")) else 1
    if bound:
        printed = data.column("printed") if "printed" in data.columns else [False] * len(cells)
        found = zip(cells, data.column(bound), printed, strict=True)
        texts = [scope.cells.bounded(cell, name, word, decimals, bool(own)) for cell, word, own in found]
    else:
        texts = scope.cells.texts(cells, name, decimals)
    return Column(scope.cells.heading(name, labels), numeric, tuple(texts))


def is_number(cell: object) -> TypeGuard[int | float | Decimal]:
    """Tell whether a cell is a number."""
    return cell.__class__ in _NUMBERS


def _data_table(
    scope: Scope,
    data: Table,
    columns: list[str] | None,
    caption: str,
    labels: dict[str, str] | None,
    bounds: dict[str, str] | None,
    languages: dict[str, str] | None,
    link: str,
    download: bool,
) -> Markup:
    if not data.cells:
        return empty(scope, data)
    shown = [column(scope, data, name, labels, (bounds or {}).get(name)) for name in columns or data.columns]
    for n, name in enumerate(columns or data.columns):
        if languages and name in languages:
            told = [str(code or "") for code in data.column(languages[name])]
            shown[n] = replace(shown[n], languages=tuple("" if code == scope.language else code for code in told))
    links = [row_address(scope, link, row) for row in data] if link else []
    file = scope.write_csv(data) if download else ""
    return scope.fill("data_table", **table(scope, shown, caption, links), file=file)


def table(scope: Scope, columns: list[Column], caption: str, links: Sequence[str] = ()) -> dict[str, object]:
    """Return what the template of a table needs. A table without a caption gets its headings as a hidden one."""
    return {
        "columns": columns,
        "body": rows(columns, links, scope.locale.text("no_data")),
        "caption": caption or ", ".join(c.heading for c in columns),
        "hidden": not caption,
        "id": scope.next_id("t"),
    }


def rows(columns: Sequence[Column], links: Sequence[str], no_data: str) -> Markup:
    """Return the rows of a table as HTML; the first column heads each row, and its link is the row's.

    Written here and not in a template: a template's look-up of a name costs more than the whole cell.
    """
    first, *others = columns
    none = f'<span aria-hidden="true">–</span><span class="unseen">{plain(no_data)}</span>'
    heads = [plain(cell) or "–" for cell in first.cells]
    if links:
        heads = [Markup('<a href="{}">{}</a>').format(link, head) for link, head in zip(links, heads, strict=True)]
    cells = [_texts(column, none) for column in others]
    kinds = [' class="n"' if column.numeric else "" for column in others]
    row = "".join(f"<td{kind}>%s</td>\n" for kind in kinds) or "\n"
    whole = f'<tr>\n<th scope="row">%s</th>\n{row}</tr>'
    return Markup("\n".join([whole % texts for texts in zip(heads, *cells, strict=True)]))  # every part is escaped


def _texts(column: Column, none: str) -> list[str]:
    texts = [plain(cell) or none for cell in column.cells]
    if not any(column.languages):
        return texts
    pairs = zip(texts, column.languages, strict=True)
    return [f'<span lang="{plain(code)}">{text}</span>' if code and text != none else text for text, code in pairs]


def empty(scope: Scope, data: Table) -> Markup:
    """Return the text of a query without rows."""
    return (
        Markup('<p class="empty">{}</p>').format(plain(scope.locale.translate(data.empty))) if data.empty else Markup()
    )


DATA_COMPONENTS = (
    Component(
        "data_table",
        "The rows as a table; the first column heads each row.",
        (
            DATA,
            Attribute("columns", "columns", "the columns, in order (default: all)", None),
            Attribute("caption", "text", "the caption", ""),
            Attribute("labels", "labels", "headings that differ from the house's own", None),
            Attribute("bounds", "pairs", "number column → column with its bound", None),
            Attribute("languages", "pairs", "column of texts → column with the language of each: fi, sv, en", None),
            Attribute("link", "text", "address of the page of a row: /maakunta/[region]", ""),
            Attribute("download", "flag", "also write the rows as CSV and link it", False),
        ),
        _data_table,
    ),
)

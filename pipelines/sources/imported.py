"""What the sources that only a person brings have in common: sheets as text, cells checked, rows dated and typed.

What belongs here: the base of such a source (no pages, nothing is asked), reading sheets of a workbook as text and
naming the first cell that is wrong. What does not: one publisher's columns (ray.py, tutkiavustuksia.py, budjetti.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import fastexcel
import polars as pl

from pipelines.errors import InputError
from pipelines.http import Http
from pipelines.sources.base import Fetched, Known, Page, Series
from pipelines.sources.xlsx_guard import check_container

NUMBER = r"^-?[0-9]{1,15}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"
"""A number as calamine writes a cell's value as text."""

LICENCE = "not stated: facts quoted with source and date"


class ImportOnly:
    """The part of a source that never asks anybody: every page comes by ``lukuina import``."""

    licence = LICENCE
    cadence = timedelta(days=36_500)  # never stale: nothing is expected
    min_interval_s = 1.0
    reader = 1
    import_only = True
    pages: tuple[Page, ...] = ()
    floors: Mapping[str, int] = {}
    witnesses: Mapping[str, str] = {}
    series: Mapping[str, Series] = {}

    def fetch(self, http: Http, known: Known) -> Iterator[Fetched]:
        """Ask nobody and yield nothing."""
        del http, known
        return iter(())


def sheets(body: bytes, place: str) -> dict[str, pl.DataFrame]:
    """Return sheet name → cells as text, headings in row 0. Raises InputError for what is no whole workbook."""
    check_container(body, place)
    try:
        book = fastexcel.read_excel(body)
        loaded = {
            name: book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            for name in book.sheet_names
        }
    except fastexcel.FastExcelError as error:
        raise InputError(place, f"cannot be read as a workbook: {str(error).splitlines()[0]}") from None
    return loaded


def headings(frame: pl.DataFrame) -> list[str]:
    """Return the texts of the first row, outer white space cut."""
    return [str(cell or "").strip() for cell in frame.row(0)] if frame.height else []


def named(frame: pl.DataFrame, columns: Mapping[str, int], sheet: str) -> pl.DataFrame:
    """Return ``sheet, sheet_row`` and the columns (name → position) as trimmed text, "" for empty; no empty rows."""
    cells = frame.with_row_index("sheet_row", offset=1).slice(1)
    found = cells.select(
        pl.lit(sheet).alias("sheet"),
        pl.col("sheet_row").cast(pl.Int32),
        *(
            pl.col(frame.columns[at]).cast(pl.String).fill_null("").str.strip_chars().alias(name)
            for name, at in columns.items()
        ),
    )
    return found.filter(pl.any_horizontal(pl.col(list(columns)) != ""))


def positions(found: Sequence[str], wanted: Sequence[str], place: str) -> dict[str, int]:
    """Return wanted heading → its place. Raises InputError naming those that are missing or stand twice."""
    missing = [name for name in wanted if name not in found]
    twice = [name for name in wanted if list(found).count(name) > 1]
    if missing or twice:
        parts = [f"column {name!r} is missing" for name in missing] + [
            f"column {name!r} stands twice" for name in twice
        ]
        raise InputError(f"{place}, row 1", "; ".join(parts), "the headings " + ", ".join(wanted))
    return {name: list(found).index(name) for name in wanted}


def refuse(cells: pl.DataFrame, valid: pl.Expr, place: str, column: str, expected: str) -> None:
    """Raise InputError naming sheet, row, column and text of the first cell that is not ``valid``."""
    bad = cells.filter(~valid.fill_null(value=False))
    if bad.height:
        first = bad.row(0, named=True)
        more = f" (and {bad.height - 1} more cells like it)" if bad.height > 1 else ""
        where = f"{place}, sheet {first['sheet']}, row {first['sheet_row']}, column {column}"
        raise InputError(where, f"{str(first[column])[:60]!r}{more}", expected)


def refuse_doubled(cells: pl.DataFrame, place: str, beside: tuple[str, ...] = ("sheet", "sheet_row")) -> None:
    """Raise InputError when every row stands there at least twice, apart from where it stands: a file pasted twice.

    Single repeated rows are nobody's mistake for certain, and stay.
    """
    rows = cells.drop(beside)
    if rows.height and rows.is_duplicated().all():
        problem = f"every row stands there more than once: {rows.height} rows, {rows.n_unique()} different ones"
        raise InputError(place, problem, "each row once", "Export or save the file again")


def panel(values: Mapping[str, float]) -> pl.DataFrame:
    """Return values to compare with those of earlier imports (R8)."""
    frame = {"key": list(values), "value": list(values.values())}
    return pl.DataFrame(frame, schema={"key": pl.String(), "value": pl.Float64()})


def amount(column: str) -> pl.Expr:
    """Return a checked cell of money as euros and cents (f64), null when empty: null is not 0."""
    return pl.col(column).replace("", None).cast(pl.Float64).round(2)


def check_amount(cells: pl.DataFrame, column: str, place: str) -> None:
    """Refuse letters, spaces, commas and negative amounts, with their place."""
    number = (pl.col(column) == "") | pl.col(column).str.contains(NUMBER)
    refuse(cells, number, place, column, "a number without spaces or commas, or empty")
    refuse(cells, ~pl.col(column).str.starts_with("-"), place, column, "an amount that is not negative")

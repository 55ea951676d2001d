"""Outturn of the state budget by moment: Valtiokonttori's monthly CSVs, brought by a person.

What belongs here: the columns, the way numbers are written, the grants' moment (33.90.50., before 2008 33.92.50.).
What does not: sums over months (sql/marts/grant_outturn.sql).

From ../shared/sources/stea.md §3; UNVERIFIED: U-BUDJETTI-…. Outturn is not the sum of grant decisions.
"""

import hashlib
import io

import polars as pl

from pipelines.errors import InputError
from pipelines.observations import DRAFT
from pipelines.sources import imported
from pipelines.sources.base import Edition, Reading

NEEDED = ("Vuosi", "Kk", "Momentti_TunnusP", "Nettokertymä")


class BudgetSource(imported.ImportOnly):
    """The source; see ``pipelines.sources.base.Source``. A page is the months that a file covers."""

    id = "budjetti"
    publisher = "valtiokonttori"
    licence = "CC BY 4.0 according to a third-party list: to be confirmed"
    reader = 2

    def imported(self, body: bytes, name: str) -> str:
        """Return the page of a file: its first and last month, so that a newer file of them replaces the older."""
        months = _months(body, name)
        first, last = (f"{y}-{m:02}" for y, m in (months.row(0)[:2], months.row(-1)[:2]))
        return first if first == last else f"{first}_{last}"

    def read(self, edition: Edition) -> Reading:
        """Sum the moment's rows a month. Raises InputError naming file, line and column."""
        months = _months(edition.bodies[0], edition.urls[0])
        year, month = months.row(-1)[:2]
        return Reading(
            observations=pl.DataFrame(schema=DRAFT),
            content=hashlib.sha256(months.write_csv().encode()).hexdigest(),
            reference=f"{year}-{month:02}",
            published_on=edition.published_on,
            tables={"budget_outturn": months},
            panels={
                f"budget-outturn/{y}-{m:02}": imported.panel({"rows": float(count), **({"eur": eur} if count else {})})
                for y, m, eur, count in months.iter_rows()
            },
            rows=int(months["row_count"].sum()),
        )


def _months(body: bytes, place: str) -> pl.DataFrame:
    """Return ``year, month, outturn_eur, row_count``, one row a month that the file covers, in order."""
    rows = _rows(body, place)
    wanted = pl.when(pl.col("year") < 2008).then(pl.lit("33.92.50")).otherwise(pl.lit("33.90.50"))
    ours = pl.col("moment").str.strip_chars_end(".") == wanted
    return (
        rows.group_by("year", "month")
        .agg(
            pl.col("eur").filter(ours).sum().round(2).alias("outturn_eur"),
            ours.sum().cast(pl.Int32).alias("row_count"),
        )
        .sort("year", "month")
    )


def _rows(body: bytes, place: str) -> pl.DataFrame:
    try:
        text = body.decode("utf-8-sig")
        frame = pl.read_csv(io.StringIO(text), infer_schema=False, truncate_ragged_lines=False)
    except UnicodeDecodeError:
        raise InputError(place, "is not UTF-8 text", "a CSV of the state budget") from None
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise InputError(place, f"cannot be read as CSV: {str(error).splitlines()[0]}", "comma separated") from None
    imported.positions(frame.columns, NEEDED, place)
    if not frame.height:
        raise InputError(place, "has no rows", "rows of a month")
    imported.refuse_doubled(frame, place, beside=())
    cells = frame.select(
        pl.lit("CSV").alias("sheet"),
        pl.int_range(2, pl.len() + 2, dtype=pl.Int32).alias("sheet_row"),
        *(pl.col(name).fill_null("").str.strip_chars() for name in NEEDED),
    ).with_columns(number=_plain("Nettokertymä"))
    imported.refuse(cells, pl.col("Vuosi").str.contains(r"^(199[89]|20[0-9]{2})$"), place, "Vuosi", "a year")
    imported.refuse(cells, pl.col("Kk").str.contains(r"^(0?[1-9]|1[0-2])$"), place, "Kk", "a month, 1 to 12")
    valid = (pl.col("number") == "") | pl.col("number").str.contains(r"^-?[0-9]{1,15}(\.[0-9]+)?$")
    imported.refuse(cells, valid, place, "Nettokertymä", "a number such as -1 234,50")
    return cells.select(
        pl.col("Vuosi").cast(pl.Int32).alias("year"),
        pl.col("Kk").cast(pl.Int32).alias("month"),
        pl.col("Momentti_TunnusP").alias("moment"),
        pl.col("number").replace("", None).cast(pl.Float64).alias("eur"),
    )


def _plain(column: str) -> pl.Expr:
    """Spaces of any kind out, unicode minus to minus, decimal comma to point."""
    text = pl.col(column).str.replace_all(r"[\s\u{a0}\u{202f}\u{2009}]", "").str.replace_all("[−–]", "-")
    return text.str.replace(",", ".", literal=True)


SOURCE = BudgetSource()

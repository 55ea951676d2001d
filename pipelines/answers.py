"""Answers from the published file: figures on a day, quotes, free queries.

What belongs here: reading what was published, for the command line. What does not: building, choosing, printing.
"""

import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl

from pipelines import clock, figure_table, quotes, registry, warehouse
from pipelines.errors import InputError, nearest
from pipelines.settings import PROJECT, Settings


def figures(marts: Path, known_on: date | None = None, said_on: date | None = None) -> list[dict[str, Any]]:
    """Return every figure in the page's order as it stood on a day of one clock (default: known today).

    A figure that nothing was known of on that day has null values and a sentence that says so.
    """
    macro = "figures_said_on" if said_on else "figures_known_on"
    with warehouse.connect(marts) as con:
        found = {
            row["id"]: row for row in _rows(con, f"select * from {macro}(?)", said_on or known_on or clock.today())
        }
        everyone = _rows(con, "select * from marts.figures order by ordinal")
    return [found.get(row["id"]) or _unknown(row) for row in everyone]


def contract(figure: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of ``figures --json`` (the contract of the command line)."""
    value = figure["value"]
    return {
        "id": figure["id"],
        "name": figure["name_fi"],
        "value": int(value) if value is not None and float(value).is_integer() else value,
        "items": figure["items"] or None,
        "text": figure["text_fi"],
        "unit": figure["unit"],
        "bound": figure["bound"],
        "period": figure["period"],
        "as_of": figure["as_of"],
        "published_on": figure["published_on"],
        "publisher": figure["publisher"],
        "citation": figure["citation_fi"],
        "source_url": figure["source_url"],
        "status": figure["status"],
        "state": figure["state"],
        "update_path": figure["update_path"],
        "computed": figure["computed"] or None,
        "handbook": _handbook(figure),
    }


def quote(chosen: Settings, figure_id: str, known_on: date | None, language: str) -> str:
    """Return a figure as one sentence with its citation. Raises InputError for an unknown figure."""
    day = known_on or clock.today()
    found = {figure["id"]: figure for figure in figures(chosen.marts, day)}
    if figure_id not in found:
        raise InputError(f"figure {figure_id!r}", "unknown figure", nearest(figure_id, list(found)))
    specs = registry.load(PROJECT / "dashboards" / "figures")
    reference = chosen.raw / "reference"
    return quotes.quote(
        specs[figure_id],
        figure_table.value_of(found[figure_id]),
        quotes.load_publishers(reference / "publishers.csv"),
        quotes.load_regions(reference / "regions.csv"),
        language,
        day,
    )


def sql(marts: Path, query: str) -> pl.DataFrame:
    """Run a query that can only read the published file. Raises InputError for anything else."""
    with warehouse.connect(marts) as con:
        try:
            return _asked(con, query)
        except BaseException:
            con.interrupt()  # else closing waits for the end of the query that Ctrl-C or SIGTERM broke off
            raise


def _asked(con: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    try:
        statements = con.extract_statements(query)
        if len(statements) != 1:
            raise InputError("query", f"{len(statements)} statements", "one")
        result = cast("duckdb.DuckDBPyRelation | None", con.sql(query))
    except duckdb.Error as error:
        raise InputError("query", str(error).replace("\n", " "), "a query that only reads") from None
    if result is None:
        raise InputError("query", "returns no table", "a select")
    try:
        return result.pl()
    except duckdb.Error as error:
        raise InputError("query", str(error).replace("\n", " ")) from None
    except pl.exceptions.PolarsError as error:
        kinds = ", ".join(f"{name} {kind}" for name, kind in zip(result.columns, result.types, strict=True))
        what = f"a column is of a type that is not printed ({kinds}): {error}"
        raise InputError("query", what, "it turned to text: cast(… as varchar)") from None


def records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a frame as JSON-ready records; whole decimals and floats stay numbers, NaN and infinity are null."""
    from decimal import Decimal

    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        if isinstance(value, float) and not math.isfinite(value):
            return None  # JSON has no word for it
        return value

    return [{key: plain(value) for key, value in row.items()} for row in frame.iter_rows(named=True)]


def csv(frame: pl.DataFrame) -> str:
    """Return a frame as CSV; nested columns as JSON text."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if nested:
        frame = pl.DataFrame(
            {
                name: [json.dumps(v.to_list() if isinstance(v, pl.Series) else v, default=str) for v in frame[name]]
                if name in nested
                else frame[name]
                for name in frame.columns
            }
        )
    return frame.write_csv()


def table(frame: pl.DataFrame) -> str:
    """Return a frame as a table for people."""
    with pl.Config(tbl_rows=200, tbl_cols=50, fmt_str_lengths=60, tbl_hide_column_data_types=True, tbl_width_chars=240):
        return str(frame)


def _rows(con: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> list[dict[str, Any]]:
    cursor = con.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _unknown(row: Mapping[str, Any]) -> dict[str, Any]:
    keep = {"id", "ordinal", "section", "kind", "unit", "publisher", "publisher_id", "update_path", "computed"}
    keep |= {name for name in row if name.startswith(("name_", "handbook_"))}
    blank = {name: value if name in keep else None for name, value in row.items()}
    none = {"fi": "ei tietoa", "sv": "uppgift saknas", "en": "no data"}
    texts = {f"text_{language}": f"{row[f'name_{language}']}: {word}." for language, word in none.items()}
    return {**blank, **texts, "computed": None, "state": "missing", "missing": []}


def _handbook(figure: Mapping[str, Any]) -> dict[str, Any] | None:
    if figure["handbook_citation"] is None:
        return None
    value = figure["handbook_value"]
    whole = int(value) if value is not None and float(value).is_integer() else value
    return {"value": whole, "items": figure["handbook_items"] or None, "citation": figure["handbook_citation"]}

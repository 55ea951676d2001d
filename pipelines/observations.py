"""The observation: one value of one series for one place, category, coverage and reference.

What belongs here: the schema, its validation at the boundary, and vintages on both clocks (rules R1–R3).
What does not: knowledge of any one source, choice of "the" figure (pipelines/figures.py).
"""

from collections.abc import Mapping

import polars as pl

from pipelines.errors import InputError
from pipelines.vocabulary import BASES, BOUNDS, STATUSES, UNITS

DRAFT: Mapping[str, pl.DataType] = {
    "series": pl.String(),
    "geo": pl.String(),
    "dimension": pl.String(),
    "category": pl.String(),
    "coverage": pl.String(),
    "period": pl.String(),
    "as_of": pl.String(),
    "published_on": pl.Date(),
    "value": pl.Float64(),
    "unit": pl.String(),
    "bound": pl.String(),
    "status": pl.String(),
    "basis": pl.String(),
    "publisher": pl.String(),
    "citation": pl.String(),
    "source_url": pl.String(),
    "note": pl.String(),
}
"""What a source's ``read`` returns. Text is "" when there is none (never null); ``geo`` is ``FI`` or a region's
Finnish name; one of ``period`` (flow) and ``as_of`` (stock) is set; ``published_on`` is null when unknown."""

KEY = ("series", "geo", "dimension", "category", "coverage", "reference")
"""What makes two values the same observation (R2); ``reference`` is the period of a flow, the as_of of a stock."""

RECORDED: Mapping[str, pl.DataType] = {
    **DRAFT,
    "line": pl.Int32(),
    "edition": pl.String(),
    "snapshot_sha256": pl.String(),
    "recorded_from": pl.Date(),
    "withdrawn_on": pl.Date(),
    "sequence": pl.Int32(),
    "lineage": pl.String(),
    "source": pl.String(),
}
"""Rows as they stand in our record: ``recorded_from`` the day they entered, ``withdrawn_on`` the day a person took
them out (null while they stand), ``sequence`` the place of the visit in the source's seen-log (0 = keyed by a person),
``lineage`` the producer for the purpose of revisions, ``line`` in a CSV."""


def check(rows: pl.DataFrame, place: str, schema: Mapping[str, pl.DataType] = DRAFT) -> pl.DataFrame:
    """Enforce the schema at the boundary; return the frame with exactly the schema's columns, in order.

    Raises InputError naming place, row (1-based) and column of the first thing that is wrong.
    """
    missing = [name for name in schema if name not in rows.columns]
    if missing:
        raise InputError(place, f"column {missing[0]!r} is missing", ", ".join(schema))
    typed = rows.select(list(schema))
    for name, kind in schema.items():
        if typed.schema[name] != kind:
            raise InputError(f"{place}: {name}", f"type {typed.schema[name]}", str(kind))
    allowed = {"unit": UNITS, "bound": BOUNDS, "status": STATUSES, "basis": BASES}
    for name, values in allowed.items():
        _refuse(typed, ~pl.col(name).is_in(list(values)), place, name, "one of " + ", ".join(sorted(values)))
    for name in ("series", "geo", "coverage", "publisher"):
        _refuse(typed, pl.col(name).fill_null("") == "", place, name, "a value")
    _refuse(typed, pl.col("value").is_null() | ~pl.col("value").is_finite(), place, "value", "a finite number")
    both = (pl.col("period") != "") & (pl.col("as_of") != "")
    _refuse(typed, both, place, "period", "one of period and as_of")
    return typed


def _refuse(rows: pl.DataFrame, wrong: pl.Expr, place: str, column: str, expected: str) -> None:
    found = rows.with_row_index("row", 1).filter(wrong).head(1)
    if found.height:
        record = found.row(0, named=True)
        raise InputError(f"{place}: row {record['row']}: {column}", f"{record[column]!r}", expected)


def vintages(rows: pl.DataFrame) -> pl.DataFrame:
    """Turn recorded rows of admitted editions (schema RECORDED) into vintages on both clocks.

    Adds ``reference``; ``known_from``/``known_to`` (public from, until; R1) and ``recorded_to`` (we had it from
    ``recorded_from`` until; R3), half-open, null = still; ``vintage`` (1-based per key and producer);
    ``change_kind`` (new | tarkentuminen | undated); ``is_rival`` (somebody else's value for the key, R2);
    ``is_current``. Equal consecutive values of one producer are one vintage: the first. Nothing is dropped but
    such repeats.
    """
    rank = pl.col("basis").replace_strict(dict(zip(BASES, range(len(BASES)), strict=True)), return_dtype=pl.Int8)
    reference = pl.when(pl.col("period") != "").then("period").otherwise("as_of")
    rows = rows.with_columns(reference=reference, rank=rank)
    dated = pl.col("published_on").is_not_null() & (pl.col("reference") != "")
    standing = rows.filter(dated & pl.col("withdrawn_on").is_null())
    rest = rows.filter(~(dated & pl.col("withdrawn_on").is_null()))
    producer = [*KEY, "lineage"]
    told = ["value", "bound", "status"]
    standing = standing.sort([*producer, "published_on", "recorded_from", "sequence", "rank", "edition", "line"])
    repeat = pl.all_horizontal([pl.col(c) == pl.col(c).shift(1).over(producer) for c in told]).fill_null(value=False)
    standing = standing.filter(~repeat)
    later = pl.col("recorded_from").shift(-1).reverse().cum_min().reverse().over(producer)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(producer)
    standing = standing.with_columns(
        known_from="published_on",
        known_to=pl.col("published_on").shift(-1).over(producer),
        recorded_to=pl.max_horizontal(later, pl.when(later.is_not_null()).then("recorded_from")),
        vintage=number,
        change_kind=pl.when(number == 1).then(pl.lit("new")).otherwise(pl.lit("tarkentuminen")),
    )
    first = standing.group_by(producer).agg(pl.col("rank").min(), pl.col("published_on").min())
    best = (
        first.sort(["rank", "published_on", "lineage"])
        .group_by(KEY, maintain_order=True)
        .agg(pl.col("lineage").first().alias("best"))
    )
    standing = standing.join(best, on=KEY, how="left", nulls_equal=True).with_columns(
        is_rival=pl.col("lineage") != pl.col("best")
    )
    standing = standing.with_columns(is_current=pl.col("known_to").is_null() & ~pl.col("is_rival")).drop("best")
    undated = pl.col("published_on").is_null() | (pl.col("reference") == "")
    rest = rest.with_columns(
        known_from="published_on",
        known_to="published_on",
        recorded_to="withdrawn_on",
        vintage=pl.lit(0, pl.Int32),
        change_kind=pl.when(undated).then(pl.lit("undated")).otherwise(pl.lit("withdrawn")),
        is_rival=pl.lit(value=False),
        is_current=pl.lit(value=False),
    )
    columns = standing.columns
    return (
        pl.concat([standing, rest.select(columns)]).drop("rank").sort([*producer, "published_on", "vintage", "value"])
    )

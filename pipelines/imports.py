"""The tables of the sources that come by import only, of every admitted edition, and the names that they offer.

What belongs here: their schemas, putting several imports together. What does not: which import wins (SQL), formats.
"""

from collections.abc import Mapping

import polars as pl

from pipelines.collect import Collected

_LINEAGE: Mapping[str, pl.DataType] = {
    "edition": pl.String(),
    "snapshot_sha256": pl.String(),
    "import_number": pl.Int32(),
}
RAY_GRANTS: Mapping[str, pl.DataType] = {
    "year": pl.Int32(),
    **dict.fromkeys(
        ("organisation", "purpose", "grant_type", "area", "sector", "subgroup", "activity_class"), pl.String()
    ),
    "applied_eur": pl.Float64(),
    "granted_eur": pl.Float64(),
    "sheet": pl.String(),
    "sheet_row": pl.Int32(),
    **_LINEAGE,
}
STATE_GRANTS: Mapping[str, pl.DataType] = {
    "decided_on": pl.Date(),
    "year": pl.Int32(),
    **dict.fromkeys(("recipient", "business_id", "grantor", "case_number"), pl.String()),
    "applied_eur": pl.Float64(),
    "granted_eur": pl.Float64(),
    **dict.fromkeys(("eu_funds", "purpose", "call_name", "regions"), pl.String()),
    "sheet_row": pl.Int32(),
    **_LINEAGE,
}
BUDGET_OUTTURN: Mapping[str, pl.DataType] = {
    "year": pl.Int32(),
    "month": pl.Int32(),
    "outturn_eur": pl.Float64(),
    "row_count": pl.Int32(),
    **_LINEAGE,
}
TABLES = {"ray_grants": RAY_GRANTS, "state_grants": STATE_GRANTS, "budget_outturn": BUDGET_OUTTURN}
"""Money in euros and cents, null = empty cell. ``import_number`` counts the imports of a source: a higher one is newer
and wins where two have the same row."""

NAMES: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "name": pl.String(),
    "business_id": pl.String(),
    "former_names": pl.List(pl.String()),
    "year": pl.Int32(),
}


def inputs(collected: Collected) -> dict[str, pl.DataFrame]:
    """Return the three tables by name, empty where nothing was imported."""
    return {table: _all(collected, table, schema) for table, schema in TABLES.items()}


def names(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return ``source, name, business_id, former_names, year`` of the organisations in the tables of ``inputs``.

    One row a name, id and year; ``former_names`` is empty, since none of these sources has a history of names.
    """
    parts = [
        frames["ray_grants"].select(
            pl.lit("ray").alias("source"), pl.col("organisation").alias("name"),
            pl.lit(None, pl.String).alias("business_id"), "year",
        ),
        frames["state_grants"].select(
            pl.lit("tutkiavustuksia").alias("source"), pl.col("recipient").alias("name"), "business_id", "year"
        ),
    ]  # fmt: skip
    none = pl.lit([], pl.List(pl.String)).alias("former_names")
    return (
        pl.concat(parts).unique().with_columns(none).select(list(NAMES)).sort("source", "name", "year", "business_id")
    )


def _all(collected: Collected, table: str, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    for edition in collected.editions:
        frame = edition.reading.tables.get(table)
        if frame is not None and edition.appeared and collected.verdict(edition.id).admitted:
            own = {
                "edition": pl.lit(edition.id),
                "snapshot_sha256": pl.lit(edition.sha256),
                "import_number": pl.lit(max(appearance.sequence for appearance in edition.appeared)),
            }
            found.append(frame.with_columns(**own).select(pl.col(name).cast(kind) for name, kind in schema.items()))
    return pl.concat(found) if found else pl.DataFrame(schema=schema)

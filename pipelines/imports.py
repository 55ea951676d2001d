"""The tables of the sources that come by import only, of every admitted edition, and the names in them.

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

_NAMES = {"ray_grants": ("ray", "organisation"), "state_grants": ("tutkiavustuksia", "recipient")}


def inputs(collected: Collected) -> dict[str, pl.DataFrame]:
    """Return the three tables by name, empty where nothing was imported."""
    return {table: _all(collected, table, schema) for table, schema in TABLES.items()}


def names(table: str, frame: pl.DataFrame) -> tuple[str, pl.DataFrame] | None:
    """Return the source and ``name, business_id, year`` of the organisations in a table; None for another table.

    One row a name, id and year, in order. None of these sources has a history of names, and RAY has no business ids.
    """
    if table not in _NAMES:
        return None
    source, column = _NAMES[table]
    number = pl.col("business_id") if "business_id" in frame.columns else pl.lit(None, pl.String).alias("business_id")
    named = frame.select(pl.col(column).alias("name"), number, "year").unique()
    return source, named.sort("name", "year", "business_id")


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

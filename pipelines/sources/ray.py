"""RAY's grants of 2000–2016: the second workbook of the grants service, brought by a person.

What belongs here: its columns and what is refused. What does not: containers and cells in general (imported.py).

No copy could be had (../shared/sources/stea.md §1.4); the shape is known from another project's reader. First column =
organisation, the others by name in any order; numeric cells are real numbers; no Y-tunnus. UNVERIFIED: U-RAY-….
"""

import hashlib

import polars as pl

from pipelines.errors import InputError
from pipelines.observations import DRAFT
from pipelines.sources import imported
from pipelines.sources.base import Edition, Reading
from pipelines.sources.xlsx_guard import check_members

COLUMNS = {
    "Vuosi": "year",
    "Käyttötarkoitus": "purpose",
    "Av.laji": "grant_type",
    "Maant.alue": "area",
    "Toimiala": "sector",
    "Alaryhmä": "subgroup",
    "Toimintoluokka": "activity_class",
    "Haettu": "applied_eur",
    "Myönnetty": "granted_eur",
}
FIRST, LAST = 2000, 2016


class RaySource(imported.ImportOnly):
    """The source; see ``pipelines.sources.base.Source``. One page, ``workbook``; it comes by import only."""

    id = "ray"
    publisher = "ray"
    reader = 2

    def imported(self, body: bytes, name: str) -> str:
        """Return the page of a file. Raises InputError when it is no whole workbook."""
        check_members(body, name)
        return "workbook"

    def read(self, edition: Edition) -> Reading:
        """Read all sheets. Raises InputError naming file, sheet, row and column."""
        place = edition.urls[0]
        frames = imported.sheets(edition.bodies[0], place)
        skipped = [name for name, frame in frames.items() if not set(imported.headings(frame)) & set(COLUMNS)]
        used = {name: frame for name, frame in frames.items() if name not in skipped}
        if not used:
            raise InputError(place, "no sheet has RAY's headings", ", ".join(COLUMNS))
        cells = pl.concat([_named(frame, name, f"{place}, sheet {name}") for name, frame in used.items()])
        imported.refuse_doubled(cells, place)
        grants = _typed(cells, place)
        over = grants.filter(pl.col("granted_eur") > pl.col("applied_eur").fill_null(0)).height
        remarks = [f"sheets without RAY's headings, not read: {', '.join(skipped)}"] if skipped else []
        remarks += [f"granted exceeds applied in {over} rows"] if over else []
        text = grants.drop("sheet", "sheet_row").write_csv(quote_style="always")
        return Reading(
            observations=pl.DataFrame(schema=DRAFT),
            content=hashlib.sha256("\n".join(sorted(text.splitlines())).encode()).hexdigest(),
            reference=str(grants["year"].max() or ""),
            published_on=edition.published_on,
            tables={"ray_grants": grants},
            panels={"ray-grants": imported.panel(_sums(grants))},
            rows=grants.height,
            problems=() if grants.height else ("the workbook has no rows",),
            remarks=tuple(remarks),
        )


def _sums(grants: pl.DataFrame) -> dict[str, float]:
    """Return what another workbook must agree with: the years are over, so rows and money of a year stay about so."""
    years = grants.group_by("year").agg(pl.col("granted_eur").sum()).sort("year")
    return {"rows": float(grants.height), **{f"granted {year}": eur for year, eur in years.iter_rows()}}


def _named(frame: pl.DataFrame, sheet: str, place: str) -> pl.DataFrame:
    found = imported.headings(frame)
    where = imported.positions(found, tuple(COLUMNS), place)
    if "Järjestö" not in found and found[0] in COLUMNS:
        raise InputError(
            f"{place}, row 1", f"first column is {found[0]!r}", "the organisations, or a column 'Järjestö'"
        )
    own = found.index("Järjestö") if "Järjestö" in found else 0
    return imported.named(frame, {"Järjestö": own, **where}, sheet)


def _typed(cells: pl.DataFrame, place: str) -> pl.DataFrame:
    imported.refuse(cells, pl.col("Järjestö") != "", place, "Järjestö", "a name")
    year = pl.col("Vuosi").str.contains(r"^[0-9]{4}(\.0+)?$")
    imported.refuse(cells, year, place, "Vuosi", "a year")
    number = pl.col("Vuosi").str.head(4).cast(pl.Int32, strict=False)
    imported.refuse(cells, number.is_between(FIRST, LAST), place, "Vuosi", f"a year from {FIRST} to {LAST}")
    for column in ("Haettu", "Myönnetty"):
        imported.check_amount(cells, column, place)
    texts = [
        pl.col(old).alias(new) for old, new in COLUMNS.items() if new not in ("year", "applied_eur", "granted_eur")
    ]
    return cells.select(
        number.alias("year"),
        pl.col("Järjestö").alias("organisation"),
        *texts,
        imported.amount("Haettu").alias("applied_eur"),
        imported.amount("Myönnetty").alias("granted_eur"),
        "sheet",
        "sheet_row",
    )


SOURCE = RaySource()

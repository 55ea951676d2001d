"""Decisions on state grants, exported by hand from tutkiavustuksia (Valtiokonttori): several files accumulate.

What belongs here: the columns of the export, who is a natural person (R15), whose rows we have elsewhere (STEA). What
does not: which export wins where two have the same decision (sql/core/state_grants.sql).

No real export was at hand (../shared/sources/stea.md §2.1); UNVERIFIED: U-VA-…. A recipient without a business id is a
natural person or a foreign body: it is dropped unless its name carries a legal form, and so is a sole trader (Tmi).
"""

import hashlib

import polars as pl

from pipelines.errors import InputError
from pipelines.observations import DRAFT
from pipelines.sources import imported
from pipelines.sources.base import Edition, Reading
from pipelines.sources.xlsx_guard import check_members

COLUMNS = (
    *("Päätös pvm", "Saajan nimi", "Myöntäjä", "Asianumero", "Haettu", "Myönnetty", "EU-varat"),
    *("Hyväksytty käyttötarkoitus", "Haun nimi (asianumero)", "Alueet"),
)
_ID = r"\s*\(([0-9]{7}-[0-9])\)$"
_FORMS = (
    r"(?i)(^|[\s,])(ry|rf|r\.y\.|r\.f\.|sr|oy|oyj|ab|abp|osk|ltd|gmbh|inc)\.?($|[\s,])"
    r"|(säätiö|stiftelse|stiftelsen|osuuskunta|andelslag|seurakunta|församling|seurakuntayhtymä)($|[\s,])"
)
_SOLE_TRADER = r"(?i)(^|[\s,])(tmi|t:mi|toiminimi|f:a|firma)($|[\s,:])"
_STEA = r"(?i)(^|[^a-zåäö])stea($|[^a-zåäö])|sosiaali- ja terveysjärjestöjen avustuskeskus"


class StateGrantsSource(imported.ImportOnly):
    """The source; see ``pipelines.sources.base.Source``. Every imported file is a page of its own."""

    id = "tutkiavustuksia"
    publisher = "valtiokonttori"

    def imported(self, body: bytes, name: str) -> str:
        """Return the page of a file, named by its bytes: files stand beside each other, none replaces another."""
        check_members(body, name)
        return f"export-{hashlib.sha256(body).hexdigest()[:12]}"

    def read(self, edition: Edition) -> Reading:
        """Read the sheets. Raises InputError naming file, sheet, row and column."""
        place = edition.urls[0]
        frames = {n: f for n, f in imported.sheets(edition.bodies[0], place).items() if n.startswith("Export")}
        if not frames:
            raise InputError(place, "has no sheet named Export", "an export of the visual, sheet Export")
        cells = pl.concat(
            [
                imported.named(f, imported.positions(imported.headings(f), COLUMNS, f"{place}, sheet {n}"), n)
                for n, f in frames.items()
            ]
        )
        imported.refuse_doubled(cells, place)
        rows = _typed(cells, place)
        own = pl.col("grantor").str.contains(_STEA)
        person = (pl.col("business_id").is_null() & ~pl.col("recipient").str.contains(_FORMS)) | pl.col(
            "recipient"
        ).str.contains(_SOLE_TRADER)
        stea, people = rows.filter(own).height, rows.filter(~own & person).height
        kept = rows.filter(~own & ~person)
        return Reading(
            observations=pl.DataFrame(schema=DRAFT),
            content=hashlib.sha256(kept.drop("sheet_row").write_csv(quote_style="always").encode()).hexdigest(),
            reference=str(kept["decided_on"].max() or ""),
            published_on=edition.published_on,
            tables={"state_grants": kept},
            rows=kept.height,
            problems=() if rows.height else ("the export has no rows",),
            remarks=(
                f"{people} rows of natural persons or recipients without business id and legal form dropped (R15)",
                f"{stea} rows of STEA dropped: they are in STEA's own register",
            ),
        )


def _typed(cells: pl.DataFrame, place: str) -> pl.DataFrame:
    day = pl.col("Päätös pvm")
    serial = day.str.contains(r"^[0-9]{5}(\.[0-9]+)?$")
    imported.refuse(
        cells, serial | (day == "") | day.str.contains(r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}"), place, "Päätös pvm",
        "an Excel date serial such as 45292, or YYYY-MM-DD",
    )  # fmt: skip
    imported.refuse(cells, pl.col("Saajan nimi") != "", place, "Saajan nimi", "a recipient")
    for column in ("Haettu", "Myönnetty"):
        imported.check_amount(cells, column, place)
    days = pl.when(serial).then(day).cast(pl.Float64, strict=False).floor().cast(pl.Int64)
    decided = (
        pl.when(serial)
        .then(pl.date(1899, 12, 30) + pl.duration(days=days))
        .otherwise(day.str.head(10).str.to_date("%Y-%m-%d", strict=False))
    )
    decided = decided.cast(pl.Date).alias("decided_on")
    name = pl.col("Saajan nimi")
    return cells.select(
        decided,
        decided.dt.year().cast(pl.Int32).alias("year"),
        name.str.replace(_ID, "").alias("recipient"),
        name.str.extract(_ID, 1).alias("business_id"),
        pl.col("Myöntäjä").alias("grantor"),
        pl.col("Asianumero").alias("case_number"),
        imported.amount("Haettu").alias("applied_eur"),
        imported.amount("Myönnetty").alias("granted_eur"),
        pl.col("EU-varat").replace("", None).alias("eu_funds"),
        pl.col("Hyväksytty käyttötarkoitus").alias("purpose"),
        pl.col("Haun nimi (asianumero)").alias("call_name"),
        pl.col("Alueet").alias("regions"),
        "sheet_row",
    )


SOURCE = StateGrantsSource()

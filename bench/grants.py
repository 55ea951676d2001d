"""The grants pipeline from workbook to published tables, against bare Polars and DuckDB: called by `make bench`.

    python bench/grants.py STEA_2026.xlsx

Ours: guard, checks, types, sums and digest of the workbook, who is who, and the real warehouse with every SQL file.
Bare: polars reads and casts the same sheets, DuckDB runs the same SQL and writes the same tables. Each in a process
of its own, in turn, median of three. What does not belong here: tests (a timing is no test), growth (growth.py).
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import growth  # noqa: E402 (a script beside this one)

LIMIT, ROUNDS = 2, 3
WORKBOOK = "LUKUINA_BENCH_WORKBOOK"


def ours(inputs: Path, out: Path) -> None:
    """Read the workbook as the source does, link its names, build with the real warehouse."""
    import polars as pl

    from pipelines import clock, identity, stage, warehouse
    from pipelines.sources.base import Edition
    from pipelines.sources.stea import SOURCE

    path = Path(os.environ[WORKBOOK])
    reading = SOURCE.read(Edition("stea", "workbook", (path.read_bytes(),), (path.name,)))
    lineage = {"edition": pl.lit("e"), "snapshot_sha256": pl.lit("s")}
    grants = reading.tables["grants"].with_columns(**lineage).select(list(stage.GRANTS))
    named = grants.select(pl.col("organisation").alias("name"), "business_id", "year").unique(maintain_order=True)
    known = identity.identify(identity.as_named(named, "stea", clock.today()))
    frames = {path.stem: pl.read_parquet(path) for path in inputs.glob("*.parquet")}
    frames |= {"grants": grants, "organisation_links": known.links, "organisation_uncertain": known.uncertain}
    with warehouse.build(frames, growth.PROJECT / "sql", out) as built:
        wrong = [check.name for check in built.checks if check.blocking and not check.passed]
        if wrong:
            sys.exit(f"checks failed: {wrong}")


def bare(inputs: Path, out: Path) -> None:
    """Read the sheets with polars and run the same SQL; nothing is checked."""
    read(inputs, out)
    growth.marts_bare(inputs, out)


def read(inputs: Path, out: Path) -> None:
    """Read the sheets with polars alone, cast them, keep them among the inputs."""
    import logging

    import polars as pl

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of each empty column whose type it guesses
    sheets = pl.read_excel(os.environ[WORKBOOK], sheet_id=0, infer_schema_length=0)
    cells = pl.concat(sheets.values())
    kind = pl.col("Avustuslaji").str.extract_groups(r"^([A-Za-z]+) ?([0-9]*)$")
    money = {"Haettu": "applied_eur", "Ehdotettu": "proposed_eur", "Myönnetty": "granted_eur"}
    granted = pl.col("granted_eur")
    cells.select(
        pl.col("Vuosi").cast(pl.Int32).alias("year"), pl.col("Järjestö").alias("organisation"),
        pl.col("Y-tunnus").alias("business_id"), kind.struct[0].alias("grant_type"),
        kind.struct[1].replace("", None).cast(pl.Int32).alias("grant_number"),
        pl.col("Avustuksen käyttötarkoitus").fill_null("").alias("purpose"),
        pl.col("Avustuskokonaisuus").fill_null("").alias("theme"),
        pl.col("Järjestöluokka").fill_null("").alias("organisation_class"),
        pl.col("Maantiet. alue").fill_null("").alias("scope"),
        *(pl.col(old).replace("", None).cast(pl.Int64).alias(new) for old, new in money.items()),
    ).with_columns(
        decision_state=pl.when(granted.is_null()).then(pl.lit("undecided")).otherwise(
            pl.when(granted > 0).then(pl.lit("granted")).otherwise(pl.lit("refused"))
        ),
        basis=pl.lit("workbook"), sheet_row=pl.int_range(pl.len(), dtype=pl.Int32), edition=pl.lit("e"),
        snapshot_sha256=pl.lit("s"),
    ).write_parquet(inputs / "grants.parquet")  # fmt: skip


def main() -> None:
    """Print the comparison, or run one step in this process."""
    if growth.one_step({"ours": ours, "bare": bare, "read": read}):
        return
    if len(sys.argv) != 2:
        sys.exit("usage: python bench/grants.py WORKBOOK.xlsx")
    os.environ[WORKBOOK] = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ready = folder / "inputs"
        ready.mkdir()
        growth.cost("read", ready, folder, __file__)
        growth.cost("save_inputs", ready / "grants.parquet", ready)  # bare gets to know who is who for nothing
        pairs = [
            (
                growth.cost("bare", ready, folder / f"b{n}", __file__),
                growth.cost("ours", ready, folder / f"o{n}", __file__),
            )
            for n in range(ROUNDS)
        ]
    base, own = (
        growth.Cost(median(c.seconds for c in side), median(c.cpu for c in side), max(c.peak for c in side))
        for side in zip(*pairs, strict=True)
    )
    print(f"grants, workbook to published tables: bare {base}, lukuina {own}, ratio {own.over(base)} (limit {LIMIT})")
    print(f"  peak {own.peak} MiB; bare {base.peak}")


if __name__ == "__main__":
    main()

"""How reading and building grants grow: 0.1, 0.3 and 1 million generated rows against bare DuckDB on the same files.

    python bench/growth.py [ROWS …]      called by `make bench`; `make bench-large` asks for 10 million

What belongs here: generated rows, the project's own checks and types (stea_workbook) from CSV to Parquet, the real SQL
of the grants, the same in bare DuckDB, each in a process of its own. What does not: tests (a timing is no test).
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

SIZES = (100_000, 300_000, 1_000_000)
SQL = ("core/grants", "marts/grants")


def generate(rows: int, csv: Path) -> None:
    """Write rows with the publisher's headings; DuckDB makes them, the same each time."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            f"""copy (select 'Yhdistys ' || (i % 2400) || ' ry' as "Järjestö", '' as "Y-tunnus",
            cast(2017 + i % 9 as varchar) as "Vuosi", 'Toiminnan tukemiseen ' || repeat('kohde ', i % 20)
            as "Avustuksen käyttötarkoitus", 'C ' || i as "Avustuslaji", 'Valtakunnallinen' as "Maantiet. alue",
            'Teema ' || i % 4 as "Avustuskokonaisuus", 'Luokka ' || i % 42 as "Järjestöluokka",
            cast(2000 + i % 90000 as varchar) as "Haettu", cast(1000 + i % 900 as varchar) as "Ehdotettu",
            cast(i % 10 * 100 as varchar) as "Myönnetty" from range({rows}) as r(i)) to '{csv}' (header)"""
        )


def read_ours(csv: Path, out: Path) -> None:
    """CSV → every rule of the workbook over whole columns, key unique → typed Parquet; all of it streams."""
    import polars as pl

    from pipelines.sources import stea_workbook as book

    cells = pl.scan_csv(csv, infer_schema=False)
    cells = cells.with_row_index("sheet_row", 2).select(
        pl.col("Vuosi").alias("sheet"), pl.col("sheet_row").cast(pl.Int32),
        *(pl.col(name).fill_null("").str.strip_chars() for name in book.HEADINGS),
    )  # fmt: skip
    wrong = [(~valid).sum().alias(f"{column} {n}") for n, (column, valid, _) in enumerate(book.rules())]
    bad = cells.select(wrong).collect(engine="streaming").row(0, named=True)
    if any(bad.values()):
        sys.exit(f"generated rows are wrong: {bad}")
    book.typed(cells).sink_parquet(out, compression="zstd")
    keys = pl.scan_parquet(out).select(pl.struct(*book.KEY).hash().alias("key")).collect(engine="streaming")
    if keys["key"].n_unique() != keys.height:  # a shared hash is looked at exactly by the reader of a workbook
        sys.exit("generated keys are not unique")


def read_bare(csv: Path, out: Path) -> None:
    """The same in one statement of DuckDB, unchecked."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            f"""copy (select cast("Vuosi" as integer) as year, "Järjestö" as organisation, "Avustuslaji" as kind,
            * exclude ("Vuosi", "Järjestö", "Avustuslaji", "Haettu", "Ehdotettu", "Myönnetty"),
            cast("Haettu" as bigint) as applied_eur, cast("Ehdotettu" as bigint) as proposed_eur,
            cast("Myönnetty" as bigint) as granted_eur from read_csv('{csv}', all_varchar = true))
            to '{out}' (format parquet, compression zstd)"""
        )


def marts_ours(source: Path, out: Path) -> None:
    """Build the grants' real SQL files as the warehouse does (ordered), and its sums."""
    _marts(source, out, ordered=True)


def marts_bare(source: Path, out: Path) -> None:
    """The same SQL, as bare as it goes: no order of rows."""
    _marts(source, out, ordered=False)


def _marts(source: Path, out: Path, *, ordered: bool) -> None:
    import duckdb

    with duckdb.connect(str(out.with_suffix(".duckdb"))) as con:
        con.execute(f"set memory_limit = '700MB'; set temp_directory = '{out.parent}'")
        con.execute("create schema input; create schema core; create schema marts")
        con.execute(
            f"create view input.grants as select *, 'e' as edition, 's' as snapshot_sha256 from '{source}'; "
            "create table input.organisations (name varchar, business_id varchar, former_names varchar[])"
        )
        for name in SQL:
            text = (PROJECT / "sql" / f"{name}.sql").read_text(encoding="utf-8")
            kind = "table" if name.startswith("marts") else "view"
            order = "order by all" if ordered and kind == "table" else ""
            con.execute(f"create {kind} {name.replace('/', '.')} as select * from (\n{text}\n) {order}")
        con.execute(f"copy marts.grants to '{out}' (format parquet, compression zstd)")
        con.execute("select year, sum(granted_eur), count(distinct organisation) from marts.grants group by year")


def cost(step: str, source: Path, out: Path) -> tuple[float, int]:
    """Run one step in a fresh interpreter; return seconds inside it, imports included, and its peak in MiB."""
    done = subprocess.run(
        [sys.executable, __file__, step, str(source), str(out)], capture_output=True, text=True, check=True
    )
    seconds, peak = done.stdout.split()
    return float(seconds), int(peak)


def main() -> None:
    """Print the comparison, or run one step in this process."""
    steps = {f.__name__: f for f in (read_ours, read_bare, marts_ours, marts_bare)}
    if len(sys.argv) == 4 and sys.argv[1] in steps:
        start = time.perf_counter()
        steps[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        return
    for rows in [int(text) for text in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            csv, parquet = folder / "grants.csv", folder / "ours.parquet"
            generate(rows, csv)
            bare, ours = cost("read_bare", csv, folder / "bare.parquet"), cost("read_ours", csv, parquet)
            base = cost("marts_bare", parquet, folder / "mb.parquet")
            own = cost("marts_ours", parquet, folder / "mo.parquet")
        print(
            f"growth {rows} rows: read {ours[0]:.2f} s, bare {bare[0]:.2f} s, ratio {ours[0] / bare[0]:.2f} (limit 3)"
        )
        print(f"  marts {own[0]:.2f} s, bare {base[0]:.2f} s, ratio {own[0] / base[0]:.2f} (limit 2)")
        print(f"  peak {max(ours[1], own[1])} MiB (limit {1024 if rows <= 1_000_000 else 1536})", flush=True)


if __name__ == "__main__":
    main()

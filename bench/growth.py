"""How reading and building grants grow: 0.1, 0.3 and 1 million generated rows against bare DuckDB on the same files.

    python bench/growth.py [ROWS …]      called by `make bench`; `make bench-large` asks for 10 million

What belongs here: generated rows, the project's own checks and types (stea_workbook) from CSV to Parquet, the real
warehouse over it (every SQL file, checks, comments, Parquet and CSV), the same reads, sums and files in bare DuckDB,
each in a process of its own. What does not: tests (a timing is no test).

Each side prints its seconds on the clock and, in brackets, of the processors, which a busy machine disturbs less.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from child import environment

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

SIZES = (100_000, 300_000, 1_000_000)
LIMIT_MIB = 1024


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
    lineage = {"edition": pl.lit("e"), "snapshot_sha256": pl.lit("s")}
    book.typed(cells).with_columns(**lineage).sink_parquet(out, compression="zstd")
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


def save_inputs(grants: Path, folder: Path) -> None:
    """Keep the input tables of the bundled figures beside the grants in ``folder``, and who is who among the grants."""
    import polars as pl

    from pipelines import clock, identity, run, settings

    installation = settings.Settings(data=folder / "data", site=folder / "site")
    store = run.prepare(installation, lambda _: None)
    frames = dict(run.frames(run.collect(installation, store), installation, store, clock.today()))
    named = pl.scan_parquet(grants).select(pl.col("organisation").alias("name"), "business_id", "year").unique()
    known = identity.identify(identity.as_named(named.collect(engine="streaming"), "stea", clock.today()))
    frames |= {"organisation_links": known.links, "organisation_uncertain": known.uncertain}
    for name, frame in frames.items():
        if name != "grants":
            frame.write_parquet(folder / f"{name}.parquet")


def marts_ours(inputs: Path, out: Path) -> None:
    """Build with the real warehouse: all SQL in its order, rows ordered, checks, comments, Parquet, CSV, checksums."""
    import polars as pl

    from pipelines import warehouse

    frames = {path.stem: path if path.stem == "grants" else pl.read_parquet(path) for path in inputs.glob("*.parquet")}
    with warehouse.build(frames, PROJECT / "sql", out) as built:
        wrong = [check.name for check in built.checks if check.blocking and not check.passed]
        if wrong:
            sys.exit(f"checks failed on generated rows: {wrong}")


def marts_bare(inputs: Path, out: Path) -> None:
    """The same SQL on the same files and the same tables as Parquet and CSV, as bare as DuckDB can."""
    import bare
    import duckdb

    out.mkdir()
    with duckdb.connect() as con:
        bare.attach(con, out / "bare.duckdb")
        for path in sorted(inputs.glob("*.parquet")):
            kind = "view" if path.stem == "grants" else "table"
            con.execute(f"create {kind} input.{path.stem} as select * from read_parquet('{path}')")
        bare.build(con, PROJECT / "sql")
        for path in sorted((PROJECT / "sql" / "marts").glob("*.sql")):
            con.execute(f"copy marts.{path.stem} to '{out / path.stem}.parquet' (format parquet, compression zstd)")
            con.execute(f"copy marts.{path.stem} to '{out / path.stem}.csv' (format csv, header)")


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of the processors inside a process, imports included, and its peak in MiB."""

    seconds: float
    cpu: float
    peak: int

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.cpu:.2f})"

    def over(self, bare: "Cost") -> str:
        """Return the ratio to another, as printed."""
        return f"{self.seconds / bare.seconds:.2f} ({self.cpu / bare.cpu:.2f})"


def cost(step: str, source: Path, out: Path, script: str = __file__) -> Cost:
    """Run one step in a fresh interpreter. Exits with its last words when it fails."""
    done = subprocess.run(
        [sys.executable, script, step, str(source), str(out)], env=environment(), capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{step}: {done.stderr}")
    seconds, cpu, peak = done.stdout.split()
    return Cost(float(seconds), float(cpu), int(peak))


def one_step(steps: Mapping[str, Callable[[Path, Path], object]]) -> bool:
    """Run one step in this process when the arguments ask for it, and print what it cost."""
    if len(sys.argv) != 4 or sys.argv[1] not in steps:
        return False
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as installed: pyarrow loads it where it finds it
    start, cpu = time.perf_counter(), time.process_time()
    steps[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(time.perf_counter() - start, time.process_time() - cpu, peak)
    return True


def main() -> None:
    """Print the comparison, or run one step in this process."""
    if one_step({f.__name__: f for f in (read_ours, read_bare, save_inputs, marts_ours, marts_bare)}):
        return
    for rows in [int(text) for text in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            csv, inputs = folder / "grants.csv", folder / "inputs"
            inputs.mkdir()
            generate(rows, csv)
            bare, ours = (
                cost("read_bare", csv, folder / "bare.parquet"),
                cost("read_ours", csv, inputs / "grants.parquet"),
            )
            csv.unlink()
            cost("save_inputs", inputs / "grants.parquet", inputs)
            base, own = cost("marts_bare", inputs, folder / "mb"), cost("marts_ours", inputs, folder / "mo")
        limit = LIMIT_MIB if rows <= SIZES[-1] else 1536
        print(f"growth {rows} rows: read {ours}, bare {bare}, ratio {ours.over(bare)} (limit 3)")
        print(f"  marts {own}, bare {base}, ratio {own.over(base)} (limit 2)")
        print(f"  peak: read {ours.peak} MiB, marts {own.peak} MiB (limit {limit}); bare {bare.peak} and {base.peak}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

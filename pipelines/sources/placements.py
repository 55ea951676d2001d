"""Placements of Työnvälitystilasto as rows: employer groups, sums, and what makes a table implausible.

What belongs here: which placement code is which employer, and everything that is made from a table's cells.
What does not: how the cells were asked for and told apart (statfin.py), formats (jsonstat.py), the third sector
(not in these tables: it stands inside "private").

Cells are a frame of ``period`` (2018 or 2018-06), ``starred`` (bool, marked preliminary), ``code`` (placement),
``label``, ``occupation`` ("code text", "" in tables without) and ``value`` (periods started, null = hidden).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.dates import last_day
from pipelines.observations import DRAFT
from pipelines.sources.base import Series

PUBLISHER = "KEHA-keskus, Työnvälitystilasto (StatFin tyonv)"

SECTORS: Mapping[str, frozenset[str]] = {
    "yksityinen": frozenset({"60", "69", "6T", "6V", "80", "81"}),
    "kunta": frozenset({"50", "53", "54", "57", "5T", "5V"}),
    "valtio": frozenset({"40", "41"}),
    "oppisopimus": frozenset({"51", "55", "56", "58", "68", "87", "88", "89"}),
    "starttiraha": frozenset({"61", "62", "65"}),
    "muu": frozenset({"64", "70", "71", "73", "74", "75"}),
    "kaikki": frozenset({"SSS"}),
}
"""Employer group → placement codes, READ from pttry/almpsfin, whose key came from TEM (palkkatuki.md §1.8).

From 2015 subsidised apprenticeships are inside 5T/5V/6T/6V. ``muu`` is no wage subsidy. ``kaikki`` includes start-up
grants, and practical training until 2012–13, and is never shown as palkkatuki."""

EARLY: Mapping[str, str] = {"74": "yksityinen", "75": "kunta"}
"""The "500-day" placements, counted with the employers in 2006 and 2007 only (same source)."""

PROVISIONAL_FROM = "2025-06"
"""From this month on KEHA's new client register is reported to under-record services (palkkatuki.md §1.9); what ends
it is not known (docs/unverified.md U-STATFIN-REGISTER)."""
_PROVISIONAL = "; provisional: from June 2025 a new client register is reported to under-record services"

UNKNOWN = "tuntematon"
BOTH = "palkkatuki_yhteensa"


@dataclass(frozen=True)
class Table:
    """One table: what we take of it and what it must hold.

    ``stem`` begins the names of its series. ``floor``: fewest periods with values. ``ceiling``: no cell is larger.
    ``newest``: how many periods are asked for, None = all.
    """

    id: str
    measure: str
    stem: str
    floor: int
    ceiling: float
    monthly: bool = True
    occupations: bool = False
    newest: int | None = None


TABLES: Mapping[str, Table] = {
    "12va": Table("12va", "SIJOITALKOIVV", "alkaneet_vuosi", floor=8, ceiling=500_000, monthly=False),
    "12u6": Table("12u6", "SIJOITALKOI", "alkaneet_kk", floor=24, ceiling=100_000),
    "12u7": Table("12u7", "SIJOITALKOI", "alkaneet_kk", floor=6, ceiling=50_000, occupations=True, newest=12),
}

SERIES: Mapping[str, Series] = {
    "alkaneet_vuosi_koodi": Series("flow", "periods", "placement_type"),
    "alkaneet_vuosi_sektori": Series("flow", "periods", "employer_sector"),
    "alkaneet_kk_koodi": Series("flow", "periods", "placement_type"),
    "alkaneet_kk_sektori": Series("flow", "periods", "employer_sector"),
    "alkaneet_kk_ammatti": Series("flow", "periods", "occupation"),
}

_MIN_CODES = 4
_MIN_OCCUPATIONS = 20
_WHOLE_FROM = "2015"
"""From the reform of 2015 the annual codes add up to SSS: exactly in 2018 and 2021, within hidden cells in
2015–2017 (checked on the transcribed values). Before it we do not know all codes."""
_FEW_HIDDEN = 3
_MAX_GAP = 0.05


def employer_sector(code: str, period: str) -> str:
    """Return the employer group of a placement code in a period (``2018`` or ``2018-06``), ``tuntematon`` if new."""
    if code in EARLY and period[:4] in {"2006", "2007"}:
        return EARLY[code]
    return next((sector for sector, codes in SECTORS.items() if code in codes), UNKNOWN)


def with_sector(cells: pl.DataFrame) -> pl.DataFrame:
    """Add ``sector`` to cells; the functions below expect it."""
    pairs = cells.select("code", "period").unique()
    sectors = [employer_sector(code, period) for code, period in pairs.iter_rows()]
    return cells.join(pairs.with_columns(sector=pl.Series(sectors, dtype=pl.String)), on=["code", "period"])


def digest(table: Table, cells: pl.DataFrame) -> str:
    """Return the digest of what the table says: periods, placement codes, occupations' codes and values.

    Stamps, labels, names of variables and the order of cells do not count, so that the renaming of a variable or a
    re-stamp of unchanged data is no new edition.
    """
    occupation = pl.col("occupation").str.split(" ").list.first()
    plain = cells.select("period", "starred", "code", occupation, "value").sort(pl.all())
    lines = "\n".join(f"{p}{'*' * s};{c};{o};{'' if v is None else f'{v:.12g}'}" for p, s, c, o, v in plain.rows())
    return hashlib.sha256(f"{table.id}\n{lines}".encode()).hexdigest()


# -- rows --------------------------------------------------------------------------------------------------------


def observations(table: Table, cells: pl.DataFrame, url: str, published_on: date | None) -> pl.DataFrame:
    """Return the rows (schema ``observations.DRAFT``) of a table: by code and by sector, or by occupation."""
    if table.occupations:
        private = cells.filter(pl.col("sector") == "yksityinen")
        rows = {"ammatti": _derived(_sums(table, private, "occupation"))}
    else:
        rows = {"koodi": _by_code(table, cells), "sektori": _derived(sector_sums(table, cells))}
    parts = [_complete(frame, f"{table.stem}_{end}", url, published_on) for end, frame in rows.items()]
    return pl.concat(parts)


def sector_sums(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    """Return sums by employer sector, and private + municipal together: period, category, value, bound, note.

    Hidden cells make a sum at_least; a sum of which every cell is hidden is left out, for nothing is known of it.
    Codes that the grouping does not know become ``tuntematon`` where they have a value other than 0.
    """
    known = pl.col("sector").is_in(["yksityinen", "kunta", "valtio"])
    sums = _sums(table, cells.filter(known | _unknown()), "sector")
    pair = sums.filter(pl.col("category").is_in(["yksityinen", "kunta"]))
    both = pair.group_by("period").agg(
        category=pl.lit(BOTH),
        value=pl.col("value").sum(),
        bound=pl.col("bound").sort().first(),  # at_least stands before exact
        note=pl.lit("yksityinen+kunta; excl. valtio, starttiraha and separately coded oppisopimus (2006–2016)"),
        parts=pl.len(),
    )
    return pl.concat([sums, both.filter(pl.col("parts") == 2).drop("parts")])


def panels(table: Table, cells: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what neighbouring editions are compared by (R8): starts by year, private and municipal.

    Months are put together to whole years: they swing with the counting interval (palkkatuki.md §1.9). The table
    by occupation has none: its window of months moves on.
    """
    if table.occupations:
        return {}
    sums = sector_sums(table, cells).filter(pl.col("category").is_in(["yksityinen", "kunta"]))
    sums = sums.filter(pl.col("bound") == "exact")  # a sum that lacks suppressed cells is no measure of a move (R4)
    years = sums.group_by(pl.col("period").str.slice(0, 4).alias("year"), "category").agg(
        value=pl.col("value").sum(), periods=pl.len()
    )
    whole = years.filter(pl.col("periods") == (12 if table.monthly else 1))
    panel = whole.select(key=pl.format("{}|{}", "year", "category"), value="value").sort("key")
    return {f"statfin-{table.id}": panel}


def _unknown() -> pl.Expr:
    """Cells of codes outside the grouping, but for plain zeros: a hidden one may be anything from 1 to 4."""
    return (pl.col("sector") == UNKNOWN) & (pl.col("value").fill_null(1) != 0)


def _provisional() -> pl.Expr:
    """Tell which periods, months or years, reach into the time of ``PROVISIONAL_FROM``."""
    return pl.col("period") >= pl.lit(PROVISIONAL_FROM).str.head(pl.col("period").str.len_chars())


def _by_code(table: Table, cells: pl.DataFrame) -> pl.DataFrame:
    said = pl.lit(f"{table.id} {table.measure}")
    total = pl.lit("; SSS = all placement types incl. starttiraha")
    return cells.filter(pl.col("value").is_not_null()).select(
        "period",
        category="code",
        value="value",
        bound=pl.lit("exact"),
        status=pl.when(pl.col("starred") | _provisional()).then(pl.lit("preliminary")).otherwise(pl.lit("ok")),
        note=pl.when(pl.col("sector") == "kaikki").then(said + total).otherwise(said),
    )


def _derived(sums: pl.DataFrame) -> pl.DataFrame:
    return sums.with_columns(status=pl.lit("derived"))


def _sums(table: Table, cells: pl.DataFrame, by: str) -> pl.DataFrame:
    """Sum the cells of each period and ``by`` (which becomes category)."""
    hidden = pl.col("value").is_null()
    sums = cells.group_by("period", pl.col(by).alias("category")).agg(
        value=pl.col("value").sum(),
        codes=pl.col("code").filter(~hidden).sort().str.join("+"),
        hidden=pl.col("code").filter(hidden).sort().str.join("+"),
    )
    exact = pl.col("hidden") == ""
    said = pl.format("sum of {} codes {}", pl.lit(table.id), "codes")
    return sums.filter(pl.col("codes") != "").select(
        "period",
        "category",
        "value",
        bound=pl.when(exact).then(pl.lit("exact")).otherwise(pl.lit("at_least")),
        note=pl.when(exact).then(said).otherwise(pl.format("{}; {} suppressed, counted as 0", said, "hidden")),
    )


def _complete(rows: pl.DataFrame, series: str, url: str, published_on: date | None) -> pl.DataFrame:
    complete = rows.with_columns(
        series=pl.lit(series),
        geo=pl.lit("FI"),
        dimension=pl.lit(SERIES[series].dimension),
        coverage=pl.lit("started_periods"),
        as_of=pl.lit(""),
        published_on=pl.lit(published_on, pl.Date),
        unit=pl.lit(SERIES[series].unit),
        basis=pl.lit("register"),
        publisher=pl.lit(PUBLISHER),
        citation=pl.lit(""),
        source_url=pl.lit(url),
        note=pl.when(_provisional()).then(pl.col("note") + _PROVISIONAL).otherwise("note"),
    )
    return complete.select(list(DRAFT)).sort("category", "period")


# -- plausibility ------------------------------------------------------------------------------------------------


def problems(table: Table, cells: pl.DataFrame, first_seen: date | None) -> Iterator[str]:
    """Yield why an edition is not to be believed whatever its neighbours say (R8): lost rows, wrong values, sums."""
    yield from _lost(table, cells.filter(pl.col("value").is_not_null()))
    yield from _wrong(table, cells, first_seen)
    if not table.occupations:
        yield from _against_total(table, cells)


def remarks(table: Table, cells: pl.DataFrame) -> Iterator[str]:
    """Yield what a person should know: codes outside the grouping, with labels and values; how much is hidden."""
    for (code,), own in cells.filter(_unknown()).sort("code", "period").group_by("code", maintain_order=True):
        newest = own.group_by("period").agg(pl.col("value").sum(), pl.col("label").first()).sort("period").row(-1)
        period, value, label = newest
        yield (
            f"{table.id}: placement code {code} ({label}) is not in the grouping: counted as {UNKNOWN}, "
            f"{value:g} in {period}, {own['period'].n_unique()} periods"
        )
    hidden = cells["value"].null_count()
    if hidden:
        yield f"{table.id}: {hidden} of {cells.height} cells are suppressed"


def _lost(table: Table, known: pl.DataFrame) -> Iterator[str]:
    periods = sorted(known["period"].unique())
    if len(periods) < table.floor:
        yield f"{table.id}: {len(periods)} periods with values, at least {table.floor} expected"
    if not periods:
        return
    absent = sorted(set(_run(periods[0], periods[-1])) - set(periods))
    if absent:
        yield f"{table.id}: no values for {_some(absent)}"
    newest = known.filter((pl.col("period") == periods[-1]) & (pl.col("sector") != "kaikki") & (pl.col("value") > 0))
    codes = newest["code"].n_unique()
    if codes < _MIN_CODES:
        yield f"{table.id}: {codes} placement codes with values in {periods[-1]}, at least {_MIN_CODES} expected"
    if table.occupations and known["occupation"].n_unique() < _MIN_OCCUPATIONS:
        yield f"{table.id}: {known['occupation'].n_unique()} occupations, at least {_MIN_OCCUPATIONS} expected"


def _wrong(table: Table, cells: pl.DataFrame, first_seen: date | None) -> Iterator[str]:
    value = pl.col("value")
    tests = {
        "negative": value < 0,
        "not a whole number": value != value.floor(),
        f"above {table.ceiling:g}": value > table.ceiling,
        "there twice": pl.struct("period", "code", "occupation").is_duplicated(),
    }
    for what, test in tests.items():
        found = cells.filter(test).sort("period", "code")
        if found.height:
            some = _some([f"{p} {c} {v}" for p, c, v in found.select("period", "code", "value").rows()])
            yield f"{table.id}: {found.height} cells {what}: {some}"
    if first_seen:
        early = [period for period in sorted(cells["period"].unique()) if last_day(period) > first_seen]
        if early:
            yield f"{table.id}: {_some(early)} was not over on {first_seen.isoformat()}"


def _against_total(table: Table, cells: pl.DataFrame) -> Iterator[str]:
    """Compare the codes with SSS, both ways: sectors above it, or too much of it that no code accounts for."""
    total = cells.filter(pl.col("sector") == "kaikki").select("period", total="value").drop_nulls()
    sums = sector_sums(table, cells).filter(pl.col("category") != BOTH).group_by("period").agg(pl.col("value").sum())
    above = total.join(sums, on="period").filter(pl.col("value") > pl.col("total")).sort("period")
    if above.height:
        yield f"{table.id}: sectors add up to more than SSS in {_some(above['period'].to_list())}"
    if table.monthly:
        return
    codes = (
        cells.filter(pl.col("sector") != "kaikki")
        .group_by("period")
        .agg(pl.col("value").sum(), pl.col("value").is_null().sum().alias("hidden"))
        # A few suppressed cells make the sum at_least (R4) and no alarm; most of a period hidden is a lost table.
        .filter((pl.col("hidden") == 0) | (pl.col("hidden") > _FEW_HIDDEN))
    )
    gap = 1 - pl.col("value") / pl.col("total")
    short = total.join(codes, on="period").filter((pl.col("period") >= _WHOLE_FROM) & (gap > _MAX_GAP)).sort("period")
    if short.height:
        yield f"{table.id}: codes account for less than {1 - _MAX_GAP:.0%} of SSS in {_some(short['period'].to_list())}"


def _run(first: str, last: str) -> Iterator[str]:
    """Yield every year, or every month, from first to last."""
    for year in range(int(first[:4]), int(last[:4]) + 1):
        months = [f"{year}-{month:02d}" for month in range(1, 13)] if "-" in first else [str(year)]
        yield from (period for period in months if first <= period <= last)


def _some(items: list[str]) -> str:
    return ", ".join(items[:3]) + (f" and {len(items) - 3} more" if len(items) > 3 else "")

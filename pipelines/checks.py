"""The checks of a build, each naming the failure that it would have caught.

What belongs here: looking at collected and built data and saying what is wrong. What does not: deciding about
editions (judge.py), mending anything.

A source's own trouble is reported and quarantined, and never stops the others (R11). Only checks marked blocking
stand in the gate before publishing: they mean that the build itself is wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.collect import Collected
from pipelines.sources import tem
from pipelines.sources.base import Source


@dataclass(frozen=True)
class Check:
    """One result. ``catches`` is the failure that it would have caught; ``detail`` what was found, counts included."""

    name: str
    source: str
    passed: bool
    blocking: bool
    detail: str
    catches: str


SCHEMA = {
    "name": pl.String(), "source": pl.String(), "passed": pl.Boolean(), "blocking": pl.Boolean(),
    "detail": pl.String(), "catches": pl.String(),
}  # fmt: skip


def source_checks(collected: Collected, sources: Mapping[str, Source], day: date) -> list[Check]:
    """Check what was collected, before anything is built. None of these is blocking."""
    return [
        _quarantine(collected),
        _future(collected, day),
        _closed(collected),
        _floors(collected, sources),
        _witnesses(collected),
        _placement_codes(collected),
    ]


def _quarantine(collected: Collected) -> Check:
    bad = sorted(collected.quarantined)
    detail = f"{len(collected.candidates)} editions compared, {len(bad)} in quarantine"
    detail += "".join(f"; {edition}: {collected.verdict(edition).reason}" for edition in bad)
    return Check(
        "editions_plausible", "all", not bad, False, detail,
        "PRH's list of 2021 with names and numbers mispaired; Pohjois-Pohjanmaa 17 811 in July 2019; changed totals "
        "of closed grant years",
    )  # fmt: skip


def _future(collected: Collected, day: date) -> Check:
    rows = collected.admitted_rows().filter(pl.col("status") != "proposed")
    plans = [name for name, info in collected.series.items() if info.kind in {"plan", "rule", "dataset"}]
    rows = rows.filter(~pl.col("series").is_in(plans))
    late = rows.filter((pl.col("as_of") > day.isoformat()) | (pl.col("period").str.head(4) > str(day.year)))
    return Check(
        "no_reference_in_the_future", "all", late.height == 0, False,
        f"{rows.height} observations, {late.height} after the day of the build" + _examples(late),
        "a date read as month-day, a year of a plan taken for an outcome",
    )  # fmt: skip


def _closed(collected: Collected) -> Check:
    complaints = tem.silent(collected.rows)
    return Check(
        "closed_source_is_silent", "tem", not complaints, False, "; ".join(complaints) or "no new rows",
        "an empty or new page of the closed register taken for an observation",
    )  # fmt: skip


def _floors(collected: Collected, sources: Mapping[str, Source]) -> Check:
    floors = {(source.id, page): floor for source in sources.values() for page, floor in source.floors.items()}
    looked = [edition for edition in collected.editions if (edition.source, edition.page) in floors]
    thin = [
        f"{e.id}: {e.reading.rows} rows, at least {floors[e.source, e.page]} expected"
        for e in looked
        if e.reading.rows < floors[e.source, e.page]
    ]
    return Check(
        "row_counts_above_the_floor",
        "all",
        not thin,
        False,
        f"{len(looked)} fetched editions with a floor" + "".join(f"; {text}" for text in thin),
        "a table that lost half its rows",
    )


def _witnesses(collected: Collected) -> Check:
    return Check(
        "language_versions_agree",
        "prh",
        not collected.contradictions,
        False,
        "; ".join(collected.contradictions) or "none contradicts another",
        "a table mistyped in one of PRH's language versions",
    )


def _placement_codes(collected: Collected) -> Check:
    unknown = collected.admitted_rows().filter(
        pl.col("series").is_in(["alkaneet_vuosi_sektori", "alkaneet_kk_sektori"]) & (pl.col("category") == "tuntematon")
    )
    return Check(
        "placement_codes_known", "statfin", unknown.height == 0, False,
        f"{unknown.height} values in the bucket tuntematon" + _examples(unknown),
        "a new placement code dropped in silence (the code of työllistämistuki 55+ is unknown to us)",
    )  # fmt: skip


def _examples(rows: pl.DataFrame) -> str:
    shown = rows.head(3).iter_rows(named=True)
    return "".join(f"; {r['series']} {r['geo']} {r['period'] or r['as_of']} = {r['value']:g}" for r in shown)


_SQL_CHECKS: tuple[tuple[str, str, bool, str, str], ...] = (
    (
        "row_sum_equals_printed_total", "prh", False,
        """select region || ' ' || as_of || ': ' || sum(associations) filter (class <> 'total') || ' <> '
               || max(associations) filter (class = 'total')
           from marts.associations_by_region_class
           group by region, as_of, coverage
           having count(*) filter (class = 'total') = 1 and count(*) >= 10
               and sum(associations) filter (class <> 'total') <> max(associations) filter (class = 'total')""",
        "a shifted column, a cell read from the neighbouring row",
    ),
    (
        "regions_complete_or_bound_said",
        "prh",
        True,
        """select f.id from marts.figures as f
           where f.series = 'associations_by_region_and_class' and f.bound = 'exact' and (
               select count(distinct a.region) from marts.associations_by_region_class as a
               where a.class = 'total' and a.as_of = f.as_of and a.coverage = f.coverage
           ) < (select count(*) from marts.regions)""",
        "a national sum that lacks a region and does not say so",
    ),
    (
        "granted_at_most_applied", "stea", False,
        "select organisation || ' ' || year from marts.grants where granted_eur > applied_eur",
        "two money columns exchanged",
    ),
    (
        "grant_keys_unique", "stea", True,
        """select organisation || ' ' || year || ' ' || grant_type from marts.grants where basis = 'workbook'
           group by organisation, year, grant_type, grant_number having count(*) > 1""",
        "a sheet read twice",
    ),
    (
        "grant_sums_agree", "stea", True,
        """with parts as (
               select 'regions' as part, year, sum(granted_eur) as granted, sum(applied_eur) as applied
               from marts.grants_by_year_region group by year
               union all select 'types', year, sum(granted_eur), sum(applied_eur)
               from marts.grants_by_year_type where basis = 'targets' group by year
               union all select 'themes', year, sum(granted_eur), sum(applied_eur)
               from marts.grants_by_year_theme where basis = 'targets' group by year
               union all select 'classes', year, sum(granted_eur), sum(applied_eur)
               from marts.grants_by_year_class where basis = 'targets' group by year
               union all select 'recipients', year, sum(granted_eur), sum(applied_eur)
               from marts.recipients_by_year group by year
           ), years as (
               select year, sum(granted_eur) as granted, sum(applied_eur) as applied, count(*) as row_count,
                   list_filter(['regions', 'recipients', if(bool_and(grant_type <> ''), 'types', ''),
                       if(bool_and(theme <> ''), 'themes', ''), if(bool_and(organisation_class <> ''), 'classes', '')
                   ], lambda part: part <> '') as known
               from marts.grants group by year
           ), read as (
               select year, count(*) filter (where basis = 'workbook') as book, count(*) as row_count
               from input.grants group by year
           )
           select y.part || ' ' || y.year
           from (select year, granted, applied, unnest(known) as part from years) as y
           left join parts as p on y.year = p.year and y.part = p.part
           where p.granted is distinct from y.granted or p.applied is distinct from y.applied
           union all
           select 'rows ' || coalesce(y.year, r.year) from years as y full join read as r on y.year = r.year
           where y.row_count is distinct from coalesce(nullif(r.book, 0), r.row_count)
           order by all""",
        "a join that loses grants or counts them twice, so that the parts of a year are not its sum",
    ),
    (
        "observation_keys_unique", "all", True,
        """select series || ' ' || geo || ' ' || reference from marts.observations where is_current
           group by series, geo, dimension, category, coverage, reference having count(*) > 1""",
        "two current values of one observation",
    ),
    (
        "figures_have_publisher_and_citation", "all", True,
        """select id from marts.figures
           where publisher is null or publisher = ''
               or (published_on is not null and coalesce(citation_fi, '') = '')""",
        "a figure that nobody can cite (R14)",
    ),
    (
        "sss_is_not_wage_subsidy", "statfin", True,
        "select period from marts.wage_subsidy_starts where employer_sector in ('SSS', 'palkkatuki_ja_valtio')",
        "the total with start-up grants shown as wage subsidy",
    ),
    (
        "dictionary_holds", "all", False,
        "select b.claim from meta.tables as t inner join input.broken_claims as b "
        "on starts_with(b.claim, t.schema_name || '.' || t.table_name || '.') "
        "or starts_with(b.claim, t.schema_name || '.' || t.table_name || ' ') order by all",
        "a word outside the vocabulary, an empty cell where none may be, two rows of one key, a reference to nothing",
    ),
    (
        "proposed_is_not_granted", "stea", True,
        "select year from marts.grant_totals where decision_state = 'proposed' and granted_eur is not null",
        "a proposal of the year shown as the decision (R6)",
    ),
)  # fmt: skip


def built_checks(con: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Check the built marts; yields one result a check."""
    for name, source, blocking, query, catches in _SQL_CHECKS:
        found = [str(row[0]) for row in con.execute(query).fetchall()]
        detail = "none found" if not found else f"{len(found)} found: " + "; ".join(found[:5])
        yield Check(name, source, not found, blocking, detail, catches)


def frame(results: list[Check]) -> pl.DataFrame:
    """Return the results as a table, one row a check."""
    return pl.DataFrame([check.__dict__ for check in results], schema=SCHEMA, orient="row")

"""The published tables, the gate, and publishing.

What belongs here: building all tables once to show rows, hashes and checks; publishing when the gate lets it.
What does not: the build itself (run.py, warehouse.py), any SQL.

The tables are built in a temporary folder and gone when the step ends. ``published`` is ``lukuina run`` itself: it
builds the same bytes anew (R13) and passes the same gate, so it is as safe alone as after ``tables``.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import polars as pl

from pipelines import run
from pipelines.defs import common
from pipelines.defs.marts import tables as published_tables
from pipelines.defs.resources import House
from pipelines.warehouse import Built

_PUBLISHED = dg.AssetKey("published")
_NEWLY = "nothing_newly_wrong"
_POOL = "duckdb"  # one writer; the limit of 1 is in deploy/dagster.yaml


@dg.multi_asset(
    name="tables",
    specs=published_tables.specs(),
    check_specs=published_tables.check_specs(),
    can_subset=True,
    pool=_POOL,
)
def tables(context: dg.AssetExecutionContext, house: House) -> Iterator[common.Materialized | dg.AssetCheckResult]:
    """Build all tables; report those that were asked for."""
    with run.build(house.settings, context.log.info) as made:
        for key in published_tables.in_order(context.selected_asset_keys):
            yield _table(key, made.built)
        for check_key in sorted(context.selected_asset_check_keys, key=str):
            check = next(check for check in made.built.checks if check.name == check_key.name)
            yield common.check_result(check, check_key.asset_key)


@dg.asset(
    key=_PUBLISHED,
    deps=[published_tables.key(name) for name in published_tables.names()],
    description="data/marts: lukuina.duckdb, a Parquet file a table and SHA256SUMS, replaced whole when the gate lets "
    "it, and left alone otherwise. What readers and the site open.",
    group_name="published",
    kinds={"duckdb", "parquet"},
    owners=common.OWNERS,
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)),
    check_specs=[
        dg.AssetCheckSpec(
            _NEWLY,
            asset=_PUBLISHED,
            description="Fails on the night on which an edition is first quarantined or a figure first stale, where "
            "`lukuina run` ends with 1 (R12). Never blocks.",
        )
    ],
    pool=_POOL,
)
def published(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
    """Publish what `lukuina run` publishes. Raises GateError when the gate stands."""
    report = run.run(house.settings, context.log.info)
    common.mark(context, "quarantined", report.newly_quarantined)
    common.mark(context, "stale", report.newly_stale)
    sums = sorted(report.hashes.items())
    facts = {"changed": report.changed, "day": report.day.isoformat(), "tables": len(sums)}
    shown = {"files": common.table(("file", "sha256"), sums)}
    return common.result(_PUBLISHED, None, common.text_digest(sums), {**facts, **shown}, [_newly(report)])


def _table(key: dg.AssetKey, built: Built) -> common.Materialized:
    schema, name = key.path
    file = f"{name}.parquet" if schema == "marts" else f"{schema}_{name}.parquet"
    columns = pl.read_parquet(built.folder / "meta_columns.parquet").filter(schema_name=schema, table_name=name)
    shown = [
        dg.TableColumn(row["column_name"], row["data_type"], row["meaning"]) for row in columns.iter_rows(named=True)
    ]
    facts = {"dagster/column_schema": dg.TableSchema(columns=shown)}
    return common.result(key, built.counts[".".join(key.path)], built.hashes[file], facts)


def _newly(report: run.Report) -> dg.AssetCheckResult:
    found = [f"{edition}: {report.reasons[edition]}" for edition in report.newly_quarantined]
    found += [f"{figure}: stale" for figure in report.newly_stale]
    return dg.AssetCheckResult(
        passed=not report.newly_wrong,
        check_name=_NEWLY,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(found) or "nothing",
    )

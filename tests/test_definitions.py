"""What Dagster loads is what we mean: names, order, checks, hour. Nothing is run here."""

import ast
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines import catalogue, settings
from pipelines.definitions import defs
from pipelines.defs import common, schedules
from pipelines.defs.marts import tables
from pipelines.errors import InputError

PROJECT = Path(__file__).resolve().parent.parent
GRAPH = defs.resolve_asset_graph()
STEPS = [
    name
    for line in """
editions/budjetti editions/prh editions/ray editions/statfin editions/stea editions/transcribed editions/tutkiavustuksia
figures/current figures/vintages
observations/judged
published
publisher/prh publisher/statfin publisher/stea
raw/prh raw/reference raw/statfin raw/stea raw/transcribed raw/watched
site
tem/register
""".strip().splitlines()
    for name in line.split()
]
TABLES = [f"{layer}/{path.stem}" for layer in ("marts", "meta") for path in (PROJECT / "sql" / layer).glob("*.sql")]
ASSETS = [*STEPS, *TABLES]
CHECKS = """
marts/associations_by_region_class row_sum_equals_printed_total
marts/figures figures_have_publisher_and_citation BLOCKS
marts/figures regions_complete_or_bound_said BLOCKS
marts/grant_totals proposed_is_not_granted BLOCKS
marts/grants grant_keys_unique BLOCKS
marts/grants granted_at_most_applied
marts/grants_by_year_region grant_sums_agree BLOCKS
marts/observations observation_keys_unique BLOCKS
marts/wage_subsidy_starts sss_is_not_wage_subsidy BLOCKS
meta/tables dictionary_holds
observations/judged closed_source_is_silent
observations/judged editions_plausible
observations/judged language_versions_agree
observations/judged no_reference_in_the_future
observations/judged placement_codes_known
observations/judged row_counts_above_the_floor
published nothing_newly_wrong
raw/prh newest_attempt
raw/statfin newest_attempt
raw/stea newest_attempt
raw/transcribed newest_attempt
""".strip().splitlines()


def name(key: dg.AssetKey) -> str:
    return key.to_user_string()


def parents(asset: str) -> set[str]:
    return {name(key) for key in GRAPH.get(dg.AssetKey(asset.split("/"))).parent_keys}


def test_the_assets_are_these_steps_and_one_a_table():
    assert len(TABLES) > 10
    assert sorted(name(key) for key in GRAPH.get_all_asset_keys()) == sorted(ASSETS)


def test_the_checks_are_these_and_these_block():
    found = [
        f"{name(spec.asset_key)} {spec.name}{' BLOCKS' if spec.blocking else ''}"
        for definition in defs.assets or ()
        if isinstance(definition, dg.AssetsDefinition)
        for spec in definition.check_specs
    ]
    assert sorted(found) == CHECKS


def test_every_asset_says_what_it_is_where_it_belongs_and_who_answers_for_it():
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key
        assert spec.group_name, spec.key
        assert spec.group_name != "default", spec.key
        assert list(spec.owners) == common.OWNERS, spec.key
        assert spec.kinds or spec.group_name == "publishers", spec.key


def test_every_source_of_the_catalogue_has_its_assets():
    for source in catalogue.build(settings.Settings()).values():
        wanted = {f"raw/{source.id}", f"editions/{source.id}"} if source.pages else {f"{source.id}/register"}
        if getattr(source, "import_only", False):
            wanted = {f"editions/{source.id}"}
        assert wanted <= set(ASSETS)


def test_tables_come_from_what_their_sql_reads():
    assert parents("marts/figures") == {"figures/current"}
    assert parents("marts/figure_vintages") == {"figures/vintages"}
    assert parents("marts/grant_totals") == {"observations/judged", "raw/reference"}
    assert parents("marts/regions") == parents("marts/glossary") == {"raw/reference"}
    assert parents("meta/snapshots") == {"raw/prh", "raw/statfin", "raw/stea", "raw/transcribed"}
    assert parents("meta/columns") == set(TABLES) - {"meta/columns"}
    assert parents("published") == set(TABLES)
    assert parents("site") == {"published", "raw/watched"}


def test_the_tables_read_by_a_file_are_those_that_duckdb_sees():
    with duckdb.connect() as con:
        for table, text in tables.texts().items():
            if table in {"meta.checks", "meta.columns"}:
                continue
            seen = {str(t).split(" AS ")[0].replace('"', "") for t in con.get_table_names(text, qualified=True)}
            assert tables.reads(text) == {t for t in seen if "." in t}, table


def test_a_publisher_is_fresh_as_long_as_its_cadence_says():
    for source in catalogue.build(settings.Settings()).values():
        if not source.pages:
            continue
        policy = GRAPH.get(dg.AssetKey(["publisher", source.id])).freshness_policy
        assert policy == dg.FreshnessPolicy.time_window(source.cadence, source.cadence * 0.9)
    night = GRAPH.get(dg.AssetKey("published")).freshness_policy
    assert night == dg.FreshnessPolicy.time_window(timedelta(hours=50), timedelta(hours=26))


def test_only_fetching_is_tried_again():
    retried = {
        name(key)
        for definition in defs.assets or ()
        if isinstance(definition, dg.AssetsDefinition) and definition.is_executable and definition.op.retry_policy
        for key in definition.keys
    }
    assert retried == {"raw/prh", "raw/statfin", "raw/stea"}


def test_one_writer_at_a_time():
    pools = {
        name(key): definition.op.pool
        for definition in defs.assets or ()
        if isinstance(definition, dg.AssetsDefinition) and definition.is_executable
        for key in definition.keys
    }
    writers = {asset for asset, pool in pools.items() if pool == "duckdb"}
    assert writers == {*TABLES, "published"}


def test_the_night_is_at_half_past_two_in_helsinki_and_does_everything():
    schedule = defs.resolve_schedule_def("nightly_0230")
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.execution_timezone == "Europe/Helsinki"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    job = defs.resolve_job_def("nightly")
    assert schedule.job_name == job.name
    assert {name(key) for key in job.asset_layer.executable_asset_keys} == {
        asset for asset in ASSETS if not asset.startswith("publisher/")
    }
    assert job.executor_def is dg.in_process_executor


def test_assets_are_under_ten_lines():
    for path in sorted((PROJECT / "pipelines" / "defs").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("dg." in ast.unparse(d) for d in node.decorator_list):
                body = [
                    line
                    for line in node.body
                    if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
                ]
                assert body[-1].end_lineno - body[0].lineno + 1 < 10, f"{path.name}: {node.name}"  # pyright: ignore[reportOptionalOperand]


def test_a_wrong_hour_of_the_nights_is_told_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LUKUINA_NIGHT_CRON", "15 3 * * *")
    assert schedules.schedule().cron_schedule == "15 3 * * *"
    monkeypatch.setenv("LUKUINA_NIGHT_CRON", "quarter past three")
    with pytest.raises(InputError, match="LUKUINA_NIGHT_CRON: 'quarter past three' is not a cron expression; expected"):
        schedules.schedule()


LOADING = """
import socket, sys
def watch(event, arguments):
    if event.startswith("socket.connect") or event.startswith("socket.getaddrinfo"):
        raise SystemExit(f"network: {arguments}")
    if event == "open" and isinstance(arguments[0], str) and "/data/raw" in arguments[0]:
        raise SystemExit(f"data: {arguments[0]}")
sys.addaudithook(watch)
from pipelines.definitions import defs
defs.resolve_all_asset_specs()
"""


@pytest.mark.pipeline
def test_loading_reads_no_data_and_asks_nobody(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", LOADING], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())

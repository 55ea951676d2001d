"""A night in Dagster: the same bytes as `lukuina run`, the gate, trouble that stays with its source."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines import checks, lock, run, settings
from pipelines.definitions import defs
from pipelines.defs import sensors
from pipelines.site import build
from tests.servers import Publisher, publisher
from tests.sources import prh_pages

pytestmark = pytest.mark.pipeline

PRH = prh_pages.PATHS["regions-fi"]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as own:
        yield own


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A local server that stands for PRH; the other sources are public hosts, which nobody may ask here."""
    with publisher() as running:
        monkeypatch.setenv("LUKUINA_PRH_URL", running.url)
        monkeypatch.setenv("LUKUINA_ATTEMPTS", "1")
        yield running


@pytest.fixture
def small_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site of a night is a first page and the page of the state of the sources: the whole takes half a minute."""
    dashboards = tmp_path / "dashboards"
    (dashboards / "pages").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (dashboards / name).symlink_to(settings.PROJECT / "dashboards" / name)
    first = "---\ntitle: {fi: Sivu, sv: Sida, en: Page}\n---\n{{ big_value(figure('yhdistykset'), level=2) }}\n"
    (dashboards / "pages" / "index.md").write_text(first, encoding="utf-8")
    status = (settings.PROJECT / "dashboards" / "pages" / "tila.md").read_text(encoding="utf-8")
    for elsewhere in ("(/muutokset#karanteeni)", "(../../status.json)"):
        status = status.replace(elsewhere, "(/)")
    (dashboards / "pages" / "tila.md").write_text(status, encoding="utf-8")
    monkeypatch.setattr(build, "build", partial(build.build, dashboards=dashboards, extras=()))
    return tmp_path / "site"


def night(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("nightly").execute_in_process(instance=instance, raise_on_error=False)


def alone(instance: dg.DagsterInstance, *assets: str) -> dg.ExecuteInProcessResult:
    job = defs.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(asset.split("/")) for asset in assets]
    return job.execute_in_process(instance=instance, asset_selection=keys, raise_on_error=False)


def failed(result: dg.ExecuteInProcessResult) -> dict[str, tuple[str, str]]:
    """Checks that did not pass: asset and name → severity and what was found."""
    return {
        f"{check.asset_key.to_user_string()} {check.check_name}": (check.severity.value, check.description or "")
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.to_user_string() == asset:
            return {name: value.value for name, value in event.materialization.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")


def follow(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Let the sensor see the end of a run; return what is then open, by problem."""
    if result.success:
        event, sensor = result.get_run_success_event(), sensors.after_night
    else:
        event, sensor = result.get_run_failure_event(), sensors.after_failed_night
    context = dg.build_run_status_sensor_context(sensor.name, event, instance, result.dagster_run)
    sensor(context if result.success else context.for_run_failure())
    open_now = json.loads((settings.load().data / "alerts.json").read_text())
    return {row["problem"]: row["detail"] for row in open_now}


def report(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """The report of a night that the sensor wrote."""
    found = [json.loads(path.read_text()) for path in (settings.load().data / "reports").glob("*.json")]
    return next(one for one in found if one["dagster_run"] == result.run_id)


def materialised(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


def tags(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> dict[str, str]:
    record = instance.get_run_by_id(result.run_id)
    assert record is not None
    return dict(record.tags)


def files(chosen: settings.Settings) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in chosen.marts.iterdir()}


def edit(path: Path) -> None:
    """Add a remark to the first row."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][-1] += "; looked at again"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_a_night_without_network_publishes_what_lukuina_run_publishes(
    instance: dg.DagsterInstance, built_once: Path, tmp_path: Path
):
    result = night(instance)
    assert result.success
    assert (tmp_path / "data/marts/SHA256SUMS").read_text() == (built_once / "marts/SHA256SUMS").read_text()
    assert (tmp_path / "site/index.html").is_file()
    with run.warehouse.connect(tmp_path / "data/marts") as con:
        row = con.execute("select count(*) from marts.observations").fetchone()
    shown = metadata(result, "marts/observations")
    assert row == (shown["dagster/row_count"],)
    assert f"{shown['sha256']}  observations.parquet" in (tmp_path / "data/marts/SHA256SUMS").read_text().splitlines()
    assert metadata(result, "raw/prh")["fetched"] is False
    assert "LUKUINA_CONTACT" in str(metadata(result, "raw/prh")["reason"])
    assert set(failed(result)) == {
        "raw/prh newest_attempt", "raw/statfin newest_attempt", "raw/stea newest_attempt",
        "observations/judged editions_plausible",
    }  # fmt: skip
    assert {severity for severity, _ in failed(result).values()} == {"WARN"}, "known and shown, none of it new (R12)"


def test_the_checks_that_are_declared_are_those_that_a_build_makes(
    instance: dg.DagsterInstance, built: settings.Settings
):
    with run.build(built, lambda _: None) as made:
        wanted = {(check.name, check.blocking) for check in made.built.checks}
    declared = {
        (spec.name, spec.blocking)
        for definition in defs.assets or ()
        if isinstance(definition, dg.AssetsDefinition)
        for spec in definition.check_specs
    }
    assert declared - wanted == {("newest_attempt", False), ("nothing_newly_wrong", False)}
    assert wanted <= declared


def test_publishing_again_changes_nothing(instance: dg.DagsterInstance, built: settings.Settings):
    before = files(built)
    result = alone(instance, "published")
    assert result.success
    assert metadata(result, "published")["changed"] is False
    assert files(built) == before


def test_a_failing_gate_fails_the_run_and_leaves_what_is_published(
    instance: dg.DagsterInstance, built: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    honest = checks.built_checks

    def wrong(con: duckdb.DuckDBPyConnection) -> Iterator[checks.Check]:
        for check in honest(con):
            bad = check.name == "observation_keys_unique"
            yield replace(check, passed=False, detail="1 found: x") if bad else check

    before = files(built)
    monkeypatch.setattr(checks, "built_checks", wrong)
    edit(built.raw / "transcribed" / "handbook.csv")  # so that there is something to publish
    result = night(instance)
    assert not result.success
    assert failed(result)["marts/observations observation_keys_unique"] == ("ERROR", "1 found: x")
    assert not materialised(result) & {"published", "site"}
    assert files(built) == before
    by_itself = alone(instance, "published")
    assert not by_itself.success, "publishing alone passes the same gate"
    assert files(built) == before
    monkeypatch.setattr(checks, "built_checks", honest)
    assert metadata(alone(instance, "published"), "published")["changed"] is True
    assert files(built) != before


def test_a_source_in_trouble_fails_its_check_and_not_the_night(
    instance: dg.DagsterInstance, built: settings.Settings, server: Publisher, small_site: Path
):
    server.page(PRH, "<h1>500</h1>", status=500)
    result = night(instance)
    assert result.success
    severity, said = failed(result)["raw/prh newest_attempt"]
    assert severity == "ERROR"
    assert "500" in said
    assert {"published", "site"} <= materialised(result)
    assert "Haku epäonnistui 24.11.2026. Näytetään" in (small_site / "fi" / "tila" / "index.html").read_text(
        encoding="utf-8"
    )
    assert tags(instance, result)["lukuina/newly_failed"] == "1"
    again = alone(instance, "raw/prh")
    assert failed(again)["raw/prh newest_attempt"][0] == "ERROR"
    assert "lukuina/newly_failed" not in tags(instance, again), "what was already known is not new"


def test_what_a_person_must_mend_is_said_at_once_and_not_tried_again(
    instance: dg.DagsterInstance, built: settings.Settings, server: Publisher
):
    sidecar = built.raw / "prh" / "regions-fi" / "2026-11-24-abc.meta.json"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text("{")
    result = alone(instance, "raw/prh")
    assert not result.success
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    failure = result.failure_data_for_node("raw__prh")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "2026-11-24-abc.meta.json: sidecar cannot be read" in str(failure.user_failure_data.description)


def test_a_run_keeps_its_hands_off_a_folder_that_somebody_holds(instance: dg.DagsterInstance, built: settings.Settings):
    before = files(built)
    with lock.held(built.work):
        result = night(instance)
    assert not result.success
    assert "BusyError" in "".join(str(event.event_specific_data) for event in result.all_events)
    assert files(built) == before
    assert not materialised(result)


def test_a_run_names_the_one_before_it_that_was_killed(
    instance: dg.DagsterInstance, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    work = tmp_path / "data" / "work"
    work.mkdir(parents=True)
    (work / "lock").write_text("process 99999 since 2026-11-23T00:30:00+00:00\n")  # what a SIGKILL leaves
    assert alone(instance, "tem/register").success
    said = [line for line in capfd.readouterr().err.splitlines() if "was killed before its end" in line]
    assert len(said) == 1
    assert "process 99999" in said[0]


def test_the_sensors_tell_of_a_run_that_broke_off_and_of_the_next_that_did_not(
    instance: dg.DagsterInstance, world: settings.Settings
):
    with lock.held(world.work):
        broken = alone(instance, "tem/register")
    assert "BusyError" in follow(instance, broken)["night:night"]
    assert report(broken)["outcome"] == "not done"
    whole = alone(instance, "tem/register")
    assert set(follow(instance, whole)) == {"prh:never", "statfin:never", "stea:never"}
    assert report(whole)["outcome"] == "done"


def test_new_content_is_an_event_of_the_publisher(
    instance: dg.DagsterInstance, built: settings.Settings, server: Publisher
):
    rows = prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
    server.page(PRH, prh_pages.render("2026-01-02", rows))
    first = alone(instance, "raw/prh", "editions/prh")
    assert materialised(first) == {"publisher/prh", "raw/prh", "editions/prh"}
    assert metadata(first, "editions/prh")["newest_reference"] == "2026-01-02"
    second = alone(instance, "raw/prh", "editions/prh")
    assert materialised(second) == {"raw/prh", "editions/prh"}, "the same content again is no event"
    assert metadata(first, "raw/prh")["sha256"] == metadata(second, "raw/prh")["sha256"]


def test_a_newly_quarantined_edition_is_shown_on_a_run_that_succeeds(
    instance: dg.DagsterInstance, built: settings.Settings, server: Publisher, small_site: Path
):
    server.page(PRH, prh_pages.render("2026-01-02", prh_pages.scaled(prh_pages.edition("2025-01-02"), 2.0)))
    result = night(instance)
    assert result.success
    severity, said = failed(result)["published nothing_newly_wrong"]
    assert severity == "ERROR"
    assert "prh:regions-fi:2026-01-02" in said
    assert tags(instance, result)["lukuina/newly_quarantined"] == "1"
    assert "Julkaisuerä 2.1.2026 asetettiin karanteeniin" in (small_site / "fi" / "tila" / "index.html").read_text(
        encoding="utf-8"
    )
    assert "published nothing_newly_wrong" not in failed(alone(instance, "published"))


@pytest.mark.parametrize(
    "asset", ["marts/figures", "figures/vintages", "tem/register", "meta/checks", "editions/transcribed"]
)
def test_an_asset_can_be_made_alone_in_an_empty_folder(instance: dg.DagsterInstance, asset: str):
    result = alone(instance, asset)
    assert result.success
    assert materialised(result) == {asset}
    assert int(str(metadata(result, asset)["dagster/row_count"])) > 0


def test_an_asset_may_be_made_with_its_checks_only(instance: dg.DagsterInstance):
    result = alone(instance, "marts/grants")
    assert {check.check_name for check in result.get_asset_check_evaluations()} == {
        "grant_keys_unique", "granted_at_most_applied",
    }  # fmt: skip


def test_a_check_can_be_made_alone(instance: dg.DagsterInstance):
    key = dg.AssetCheckKey(dg.AssetKey(["marts", "grants"]), "grant_keys_unique")
    job = dg.define_asset_job("one_check", selection=dg.AssetSelection.checks(key))
    with_job = dg.Definitions.merge(defs, dg.Definitions(jobs=[job])).resolve_job_def("one_check")
    result = with_job.execute_in_process(instance=instance)
    assert [check.check_name for check in result.get_asset_check_evaluations()] == ["grant_keys_unique"]
    assert not materialised(result)

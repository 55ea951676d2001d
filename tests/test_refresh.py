"""The whole way from local servers to what is published, well and in the wrong ways (Done when 5, Bad input)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from tests import bare_site
from tests.servers import Publisher, Reply, bomb, publisher
from tests.sources import prh_pages, statfin_server, stea_files

pytestmark = pytest.mark.pipeline

FI, SV = prh_pages.PATHS["regions-fi"], prh_pages.PATHS["regions-sv"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """One local server that stands for all three publishers; nothing is on it yet."""
    with publisher() as running:
        for source in ("PRH", "STATFIN", "STEA"):
            monkeypatch.setenv(f"LUKUINA_{source}_URL", running.url)
        monkeypatch.setenv("LUKUINA_TIMEOUT", "1.5")
        monkeypatch.setenv("LUKUINA_ATTEMPTS", "2")
        yield running


@pytest.fixture(autouse=True)
def _without_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendering has its own tests; here only those marked ``pages`` render, so that the matrix stays quick."""
    if "pages" not in request.keywords:
        monkeypatch.setattr("pipelines.run.render", bare_site.render)


def lukuina(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert "Traceback" not in result.stderr, result.stderr
    return result


def figures(*arguments: str) -> dict[str, dict[str, Any]]:
    return {f["id"]: f for f in json.loads(lukuina("figures", *arguments, "--json").stdout)}


def status(source: str) -> dict[str, Any]:
    return {s["source"]: s for s in json.loads(lukuina("status", "--json").stdout)}[source]


def sql(query: str) -> list[dict[str, Any]]:
    result = lukuina("sql", query, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def on(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setenv("LUKUINA_NOW", f"{day}T02:30:00+02:00")


def stored(chosen: settings.Settings, source: str) -> list[str]:
    return sorted(p.name for p in (chosen.raw / source).glob("*/*") if p.parent.name != "rejected")


def published(chosen: settings.Settings) -> str:
    return (chosen.marts / "SHA256SUMS").read_text()


def whole_edition() -> dict[str, dict[str, int]]:
    """2025 with Ahvenanmaa complete: 19 regions, made from the real rows (Ahvenanmaa as in 2022)."""
    rows = prh_pages.edition("2025-01-02")
    rows["Ahvenanmaa"] = {**prh_pages.edition("2022-08-31")["Ahvenanmaa"], "unclassified": 100}
    rows["Ahvenanmaa"]["total"] = sum(v for k, v in rows["Ahvenanmaa"].items() if k != "total")
    return rows


# -- PRH -----------------------------------------------------------------------------------------------------------


@pytest.mark.pages
def test_a_new_edition_is_admitted_and_the_old_one_still_answers_on_both_clocks(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    rows = prh_pages.scaled(whole_edition(), 1.01)
    server.page(FI, prh_pages.render("2026-01-02", rows))
    on(monkeypatch, "2026-11-25")
    result = lukuina("refresh", "prh")
    assert result.exit_code == 0, result.stderr
    now = figures()["yhdistykset"]
    assert now["value"] == sum(row["total"] for row in rows.values())
    assert (now["bound"], now["as_of"], now["citation"]) == (
        "exact", "2026-01-02", "Patentti- ja rekisterihallitus 2.1.2026",
    )  # fmt: skip
    assert now["state"] == "current"
    assert figures("--known-on", "2025-12-31")["yhdistykset"]["value"] == 107_851
    assert figures("--said-on", "2026-11-24")["yhdistykset"]["value"] == 107_851
    assert figures("--said-on", "2026-11-25")["yhdistykset"]["value"] == now["value"]
    told = status("prh")
    assert told["state"] == "ok"
    assert told["last_change"] == told["last_good"] == "2026-11-25T00:30:00+00:00"
    assert lukuina("verify").exit_code == 0
    page = (built.site / "fi" / "index.html").read_text(encoding="utf-8")
    assert f"{now['value']:,}".replace(",", "\u00a0") in page


def test_a_second_refresh_adds_no_file_and_no_vintage(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    rows = prh_pages.scaled(whole_edition(), 1.01)
    server.page(FI, prh_pages.render("2026-01-02", rows, token="one"))
    server.page(SV, prh_pages.render("2026-01-02", rows, lang="sv"))
    statfin_server.install(server)
    assert lukuina("refresh", "prh", "statfin").exit_code == 0
    files, sums = stored(built, "prh") + stored(built, "statfin"), published(built)
    vintages = sql("select count(*) n from marts.observations")
    on(monkeypatch, "2026-11-26")
    server.page(FI, prh_pages.render("2026-01-02", rows, token="two"))
    assert lukuina("refresh", "prh", "statfin").exit_code == 0
    assert stored(built, "prh") + stored(built, "statfin") == files
    assert sql("select count(*) n from marts.observations") == vintages
    assert published(built) == sums
    assert status("prh")["state"] == status("statfin")["state"] == "unchanged"
    assert status("prh")["last_fetch"].startswith("2026-11-26")
    assert status("prh")["last_change"].startswith("2026-11-24")


def test_a_mispaired_edition_is_quarantined_with_exit_1_and_changes_nothing(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    before = figures()
    marked = "select id from marts.figures where quarantined_reference = '2026-01-02'"
    assert sql(marked) == []
    server.page(FI, prh_pages.render("2026-01-02", whole_edition(), mispaired=True))
    on(monkeypatch, "2026-11-25")
    result = lukuina("refresh", "prh")
    assert result.exit_code == 1
    assert "newly quarantined" in result.stderr
    assert figures() == before
    assert sql(marked) == [{"id": "yhdistykset"}]
    assert status("prh")["state"] == "quarantined"
    assert "%" in status("prh")["message"]
    assert sql("select count(distinct geo) n from marts.quarantined where source = 'prh'") == [{"n": 19}]
    on(monkeypatch, "2026-11-26")
    assert lukuina("refresh", "prh").exit_code == 0, "what is known and shown is not newly wrong"
    assert status("prh")["state"] == "quarantined"
    on(monkeypatch, "2026-11-27")
    server.page(FI, prh_pages.render("2026-01-02", whole_edition()))
    assert lukuina("refresh", "prh").exit_code == 0
    assert status("prh")["state"] == "ok"
    assert figures()["yhdistykset"]["as_of"] == "2026-01-02"


def test_an_older_edition_served_again_is_recognised_and_not_admitted(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    old, new = whole_edition(), prh_pages.scaled(whole_edition(), 1.02)
    for day, as_of, rows in (("25", "2025-01-02", old), ("26", "2026-01-02", new), ("27", "2025-01-02", old)):
        on(monkeypatch, f"2026-11-{day}")
        server.page(FI, prh_pages.render(as_of, rows))
        assert lukuina("refresh", "prh").exit_code == 0
    assert figures()["yhdistykset"]["as_of"] == "2026-01-02"
    assert "older edition (2025-01-02) is served again" in status("prh")["message"]


@pytest.mark.parametrize(
    ("reply", "state", "said"),
    [
        (Reply(b"", 404), "failed", "answered 404"),
        (Reply(b"", 500), "failed", "answered 500"),
        (Reply(b""), "failed", FI),
        (Reply(prh_pages.render("2026-01-02", prh_pages.edition("2025-01-02")).encode()[:4000]), "failed", "table"),
        (Reply(b"<html><body><form>Kirjaudu <input type=password></form></body></html>"), "failed", "table"),
        (Reply(b"{}", type="application/json"), "failed", FI),
        (Reply(b"x", fault="hang", headers={"seconds": "4"}), "failed", "no answer in time"),
        (Reply(b"x" * 4000, fault="drop"), "failed", "dropped in the middle"),
        (Reply(b"", fault="refuse"), "failed", "no connection"),
        (Reply(status=302, headers={"Location": "/login"}), "failed", "login"),
        (Reply(status=302, headers={"Location": FI}), "failed", "redirects"),
        (bomb(80), "failed", "larger than"),
        (("half", True), "quarantined", "region"),
        (("repeat", "Lappi"), "failed", "Lappi"),
        (("cells", {("Lappi", "total"): "4 7O2"}), "failed", "Lappi"),
        (("names", {"Lappi": "Lapinmaa"}), "failed", "Lapinmaa"),
        (("headings", {"total": "Summa"}), "failed", "Summa"),
        (("table", False), "failed", "table"),
        (("charset", "utf-8"), "failed", "UTF-8"),
        (("cells", {("Lappi", "3"): "9999"}), "quarantined", "Lappi"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_a_bad_answer_changes_nothing_and_leaves_one_message(
    built: settings.Settings, server: Publisher, reply: Any, state: str, said: str
):
    if isinstance(reply, tuple):
        name, value = reply
        reply = quirky(name, value)
    server.routes[FI] = reply
    server.page("/login", "<html><body><h1>login</h1></body></html>")
    before, files = published(built), figures()
    result = lukuina("refresh", "prh")
    assert result.exit_code == 1, result.stderr
    told = status("prh")
    assert told["state"] == state
    assert said.lower() in told["message"].lower(), told["message"]
    assert "\n" not in told["message"]
    assert figures() == files
    if state == "failed":
        assert published(built) == before
        assert stored(built, "prh") == []
    assert lukuina("refresh", "prh").exit_code == 0, "known trouble is not newly wrong"
    assert lukuina("verify").exit_code == 0


def quirky(name: str, value: Any) -> Reply:
    body = prh_pages.render("2026-01-02", whole_edition(), **{name: value})
    return Reply(body.encode("latin-1", "replace") if name == "charset" else body.encode())


def test_a_failing_source_never_stops_the_others(built: settings.Settings, server: Publisher):
    server.fallback = Reply(b"", 500)
    statfin_server.install(server, data=statfin_server.annual(), updated="2026-10-01")
    result = lukuina("refresh", "prh", "statfin")
    assert result.exit_code == 1
    assert status("prh")["state"] == "failed"
    assert status("statfin")["state"] == "ok"


def test_an_older_page_in_between_changes_nothing_and_a_later_revision_counts(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    old, new = whole_edition(), prh_pages.scaled(whole_edition(), 1.01)
    revised = {region: dict(cells) for region, cells in new.items()}
    revised["Lappi"]["3"] += 5
    revised["Lappi"]["total"] += 5
    total = sum(row["total"] for row in new.values())
    nights = (
        ("20", "2026-01-02", new),
        ("21", "2025-01-02", old),
        ("22", "2026-01-02", new),
        ("23", "2026-01-02", revised),
    )
    told = []
    for day, as_of, rows in nights:
        on(monkeypatch, f"2026-12-{day}")
        server.page(FI, prh_pages.render(as_of, rows))
        assert lukuina("refresh", "prh").exit_code == 0
        told.append((figures()["yhdistykset"]["value"], figures()["yhdistykset"]["published_on"]))
    assert told == [(total, "2026-01-02")] * 3 + [(total + 5, "2026-12-23")]
    assert figures("--known-on", "2026-12-22")["yhdistykset"]["value"] == total
    assert figures("--said-on", "2026-12-22")["yhdistykset"]["value"] == total


def test_a_then_b_then_a_under_one_date_is_visible_on_both_clocks(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    first, second = prh_pages.scaled(whole_edition(), 1.01), prh_pages.scaled(whole_edition(), 1.02)
    sums = {name: sum(row["total"] for row in rows.values()) for name, rows in (("a", first), ("b", second))}
    for day, rows in (("20", first), ("21", second), ("22", first)):
        on(monkeypatch, f"2026-12-{day}")
        server.page(FI, prh_pages.render("2026-01-02", rows))
        assert lukuina("refresh", "prh").exit_code == 0
    for clock in ("--known-on", "--said-on"):
        told = [figures(clock, f"2026-12-{day}")["yhdistykset"]["value"] for day in ("20", "21", "22")]
        assert told == [sums["a"], sums["b"], sums["a"]]


# -- StatFin -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ["old", "new", "future"])
def test_statfin_tables_under_any_codes(built: settings.Settings, server: Publisher, era: str):
    data = statfin_server.annual()
    data["2022"] = {**data["2021"], "6T": 15_000.0, "9Z": 77.0}
    del data["2022"]["SSS"]
    statfin_server.install(server, era=era, data=data, updated="2026-10-01")
    result = lukuina("refresh", "statfin")
    assert result.exit_code == 0, result.stderr
    starts = sql(
        "select period, employer_sector, starts, bound from marts.wage_subsidy_starts "
        "where frequency = 'year' and period in ('2018', '2022') order by all"
    )
    told = {(row["period"], row["employer_sector"]): row["starts"] for row in starts}
    assert told["2018", "yksityinen"] == 21_411
    assert told["2018", "kunta"] == 14_005
    assert told["2018", "valtio"] == 706
    assert told["2022", "tuntematon"] == 77
    assert "9Z" in status("statfin")["message"]
    assert [share["value"] for share in figures()["palkkatuki-osuus"]["computed"]] == [22.4, 21.9]
    months = sql("select count(*) n from marts.wage_subsidy_starts where frequency = 'month'")
    assert months[0]["n"] > 100


def test_a_statfin_table_that_is_gone_fails_alone(built: settings.Settings, server: Publisher):
    statfin_server.install(server, without=("12u7",))
    assert lukuina("refresh", "statfin").exit_code == 0, "12u7 has never worked here: an assumption, not an alarm"
    assert "12u7" in status("statfin")["message"]
    assert status("statfin")["state"] == "ok"
    statfin_server.install(server, without=("12va",))
    assert lukuina("refresh", "statfin").exit_code == 1
    assert status("statfin")["state"] == "failed"


def test_a_statfin_revision_is_a_vintage_and_an_absurd_one_is_quarantined(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    revised = statfin_server.revised(statfin_server.annual(), "2021", "6T", 18_000.0)
    statfin_server.install(server, data=revised, updated="2026-10-01")
    assert lukuina("refresh", "statfin").exit_code == 0
    query = (
        "select value, change_kind, known_from, is_current from marts.observations "
        "where series = 'alkaneet_vuosi_koodi' and category = '6T' and period = '2021' order by vintage"
    )
    kinds = [(row["change_kind"], row["is_current"]) for row in sql(query)]
    assert kinds == [("new", False), ("tarkentuminen", True)]
    on(monkeypatch, "2026-11-25")
    absurd = {year: {c: v * 10 if v else v for c, v in cells.items()} for year, cells in revised.items()}
    statfin_server.install(server, data=absurd, updated="2026-11-01")
    assert lukuina("refresh", "statfin").exit_code == 1
    assert status("statfin")["state"] == "quarantined"
    assert sql(query)[-1]["value"] == 18_000


def test_a_revision_on_the_same_day_under_the_same_stamp_wins(built: settings.Settings, server: Publisher):
    query = "select starts from marts.wage_subsidy_starts where period = '2018' and employer_sector = 'yksityinen'"
    for cell, sector in ((19_674.0, 21_411), (19_685.0, 21_422), (19_690.0, 21_427), (19_674.0, 21_411)):
        data = statfin_server.revised(statfin_server.annual(), "2018", "6T", cell)
        statfin_server.install(server, data=data, updated="2026-10-01")
        assert lukuina("refresh", "statfin").exit_code == 0
        assert sql(query) == [{"starts": sector}]


def test_a_suppressed_cell_makes_a_bound_and_no_alarm(built: settings.Settings, server: Publisher):
    data = statfin_server.annual()
    data["2020"] = {**data["2020"], "6T": None}
    statfin_server.install(server, data=data, updated="2026-10-01")
    assert lukuina("refresh", "statfin").exit_code == 0
    found = sql(
        "select category, bound, note from marts.observations where series = 'alkaneet_vuosi_sektori' "
        "and period = '2020' and lineage = 'tyonv' and source = 'statfin' and category in ('yksityinen', 'kunta')"
    )
    bounds = {row["category"]: row["bound"] for row in found}
    assert bounds["yksityinen"] == "at_least"
    assert any("6T" in row["note"] for row in found)


# -- STEA ----------------------------------------------------------------------------------------------------------


def test_the_stea_endpoint_adds_ids_and_fills_years_that_the_workbook_lacks(
    built: settings.Settings, server: Publisher, tmp_path: Path
):
    workbook = tmp_path / "STEA.xlsx"
    rows = stea_files.years(2024, 2025, newest_decided=True)
    name = rows[2025][0].organisation
    workbook.write_bytes(stea_files.workbook(rows))
    assert lukuina("import", "stea", str(workbook)).exit_code == 1, "totals of closed years differ from the real ones"
    assert status("stea")["state"] == "quarantined"
    targets = [stea_files.target_json(2025), stea_files.target_json(2027, granted=500)]
    stea_files.install(server, {5: stea_files.org_json(5, name, targets, business_id="0112038-9")})
    (tmp_path / "lukuina.toml").write_text("[sources.stea]\nmax_id = 900\n")
    result = lukuina("refresh", "stea")
    assert result.exit_code == 0, result.stderr
    found = sql(f"select year, basis, business_id from marts.grants where organisation = '{name}' order by year")
    assert {"year": 2027, "basis": "json", "business_id": "0112038-9"} in found


def test_importing_the_same_workbook_twice_keeps_one(built: settings.Settings, tmp_path: Path):
    rows = stea_files.years(2026, 2027)
    path = tmp_path / "STEA.xlsx"
    path.write_bytes(stea_files.workbook(rows))
    assert lukuina("import", "stea", str(path), "--published", "2026-11-01").exit_code == 0
    files = stored(built, "stea")
    again = lukuina("import", "stea", str(path), "--published", "2026-11-01")
    assert again.exit_code == 0
    assert "already there" in again.stderr
    assert stored(built, "stea") == files
    assert {row["decision_state"] for row in sql("select distinct decision_state from marts.grants")} == {
        "granted", "refused", "undecided",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>Kirjaudu</html>", "x.xlsx"),
        (b"", "x.xlsx"),
        (stea_files.workbook(stea_files.years(2025, 2025))[:2000], "x.xlsx"),
        (stea_files.bomb(), "x.xlsx"),
        (stea_files.workbook(stea_files.years(2025, 2025), rename={"Haettu": "Haettu eur"}), "Haettu"),
        (stea_files.workbook({2025: [stea_files.Grant(applied="1 000 e")]}), "Haettu"),
    ],
    ids=["html", "empty", "truncated", "bomb", "renamed", "letters"],
)
def test_a_bad_file_is_refused_and_nothing_is_kept(built: settings.Settings, tmp_path: Path, body: bytes, said: str):
    path = tmp_path / "x.xlsx"
    path.write_bytes(body)
    before = published(built)
    result = lukuina("import", "stea", str(path))
    assert result.exit_code == 2
    assert said in result.stderr
    assert stored(built, "stea") == []
    assert published(built) == before
    assert status("stea")["state"] == "failed"
    assert said in status("stea")["message"]
    assert "x.xlsx" in status("stea")["message"]


# -- rules between pages and runs ------------------------------------------------------------------------------------


def test_the_swedish_page_confirms_and_does_not_speak_twice(built: settings.Settings, server: Publisher):
    rows = prh_pages.scaled(whole_edition(), 1.01)
    server.page(FI, prh_pages.render("2026-01-02", rows))
    server.page(SV, prh_pages.render("2026-01-02", rows, lang="sv"))
    assert lukuina("refresh", "prh").exit_code == 0
    checks = {c["name"]: c["passed"] for c in sql("select name, passed from meta.checks")}
    assert checks["language_versions_agree"]
    other = {region: dict(cells) for region, cells in rows.items()}
    other["Lappi"]["3"] += 7
    other["Lappi"]["total"] += 7
    server.page(SV, prh_pages.render("2026-01-02", other, lang="sv"))
    assert lukuina("refresh", "prh").exit_code == 0
    checks = {c["name"]: c["passed"] for c in sql("select name, passed from meta.checks")}
    assert not checks["language_versions_agree"]
    assert figures()["yhdistykset"]["value"] == sum(row["total"] for row in rows.values())


def test_the_swedish_page_speaks_while_the_finnish_one_lags(built: settings.Settings, server: Publisher):
    rows = prh_pages.scaled(whole_edition(), 1.01)
    server.page(FI, prh_pages.render("2025-01-02", whole_edition()))
    server.page(SV, prh_pages.render("2026-01-02", rows, lang="sv"))
    assert lukuina("refresh", "prh").exit_code == 0
    assert figures()["yhdistykset"]["as_of"] == "2026-01-02"


def test_a_misprinted_future_date_is_quarantined_and_the_next_good_edition_admitted(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    rows = prh_pages.scaled(whole_edition(), 1.01)
    server.page(FI, prh_pages.render("2062-01-02", rows))
    assert lukuina("refresh", "prh").exit_code == 1
    assert status("prh")["state"] == "quarantined"
    on(monkeypatch, "2026-11-25")
    server.page(FI, prh_pages.render("2026-01-02", rows))
    assert lukuina("refresh", "prh").exit_code == 0
    assert figures()["yhdistykset"]["as_of"] == "2026-01-02"


def test_two_runs_never_overlap(built: settings.Settings):
    from pipelines.lock import held

    with held(built.work):
        result = lukuina("run")
        assert result.exit_code == 2
        assert "held by process" in result.stderr
        assert figures()["yhdistykset"]["value"] == 107_851, "readers go on reading"


def test_without_a_contact_no_public_host_is_asked_and_loopback_is(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("LUKUINA_STATFIN_URL")
    monkeypatch.delenv("LUKUINA_STEA_URL")
    server.page(FI, prh_pages.render("2026-01-02", whole_edition()))
    result = lukuina("refresh")
    assert result.exit_code == 0, result.stderr
    assert "statfin: not asked" in result.stderr
    assert status("prh")["state"] == "ok"
    assert "never fetched" in status("statfin")["message"]


def test_a_night_that_may_ask_nobody_builds_from_what_is_stored_and_says_so(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    for name in ("PRH", "STATFIN", "STEA"):
        monkeypatch.delenv(f"LUKUINA_{name}_URL", raising=False)
    result = lukuina("refresh")
    assert result.exit_code == 2
    assert "nothing was fetched: no source may be asked without a contact address" in result.stderr
    assert figures()["yhdistykset"]["value"] == 107_851


def test_the_user_agent_carries_the_contact(
    built: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LUKUINA_CONTACT", "yllapito@example.org")
    lukuina("refresh", "prh")
    assert "yllapito@example.org" in server.asked(FI)[0].headers["User-Agent"]


def test_an_unchanged_page_is_asked_for_conditionally(built: settings.Settings, server: Publisher):
    server.page(FI, prh_pages.render("2026-01-02", whole_edition()), etag='"v1"')
    lukuina("refresh", "prh")
    lukuina("refresh", "prh")
    assert server.asked(FI)[-1].headers["If-None-Match"] == '"v1"'
    assert status("prh")["state"] == "unchanged"

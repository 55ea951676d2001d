"""The command line: names, JSON keys and exit codes are a contract (R12)."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from jinja2 import Environment, FileSystemLoader

from pipelines import files, settings
from pipelines.cli import main
from pipelines.cli.app import Lukuina
from pipelines.errors import InputError
from pipelines.progress import Progress

PROJECT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.pipeline
KEYS = [
    *("id", "name", "value", "items", "text", "unit", "bound", "period", "as_of", "published_on", "publisher"),
    *("citation", "source_url", "status", "state", "update_path", "computed", "handbook"),
]
NBSP = "\u00a0"


def lukuina(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def figures(*arguments: str) -> dict[str, dict[str, Any]]:
    result = lukuina("figures", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return {figure["id"]: figure for figure in json.loads(result.stdout)}


def page() -> list[dict[str, str]]:
    with (PROJECT / "data/raw/reference/handbook_page.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", page(), ids=lambda row: row["id"])
def test_on_2019_11_30_every_figure_is_as_the_handbook_printed_it(built: settings.Settings, row: dict[str, str]):
    figure = figures("--known-on", "2019-11-30")[row["id"]]
    assert list(figure) == KEYS
    assert figure["value"] == (int(row["value"]) if row["value"] else None)
    assert figure["bound"] == (row["bound"] or None)
    assert figure["period"] == (row["period"] or None)
    assert figure["as_of"] == (row["as_of"] or None)
    assert figure["published_on"] == row["published_on"]
    assert figure["citation"] == row["citation_correct"]
    assert figure["handbook"]["citation"] == row["citation_as_printed"]
    assert figure["handbook"]["value"] == (int(row["value"]) if row["value"] else None)
    if row["unit"]:
        assert figure["unit"] == row["unit"]
    if row["unit"] == "rank":
        printed = [part.split(" ", 1)[1] for part in row["note"].split("; ")]
        assert [item["name"] for item in figure["items"]] == printed
        assert [item["rank"] for item in figure["items"]] == [1, 2, 3, 4, 5]


def test_nothing_published_later_shows(built: settings.Settings):
    for day in ("2012-01-01", "2017-06-30", "2019-11-30", "2022-04-16", "2024-01-01"):
        published = [f["published_on"] for f in figures("--known-on", day).values() if f["published_on"]]
        assert all(date <= day for date in published)


def test_today_is_the_newest_value_that_the_data_know(built: settings.Settings):
    found = figures()
    told = {key: (f["value"], f["bound"], f["period"] or f["as_of"], f["state"]) for key, f in found.items()}
    assert told["yhdistykset"] == (107_851, "at_least", "2025-01-02", "stale")
    assert told["stea-avustukset"] == (304_088_000, "exact", "2025", "stale")
    assert told["stea-saajat"] == (724, "exact", "2025", "stale")
    assert told["sosiaaliset-yritykset"] == (28, "exact", "2019-10-17", "closed")
    assert told["tyopajat-jarjestojen-osuus"] == (25, "exact", "2016", "old")
    assert told["palkkatuki-aloitukset"] == (7_926, "exact", "2018", "on_request")
    assert "Ahvenanmaa" in found["yhdistykset"]["text"]
    assert [share["value"] for share in found["palkkatuki-osuus"]["computed"]] == [22.4, 21.9]
    assert all(figure["publisher"] and figure["citation"] for figure in found.values())


def test_the_two_clocks_differ(built: settings.Settings):
    assert figures("--said-on", "2026-11-23")["yhdistykset"]["value"] is None
    assert figures("--said-on", "2026-11-24")["yhdistykset"]["value"] == 107_851
    assert figures("--known-on", "2024-06-01")["yhdistykset"]["value"] == 106_066


def test_a_figure_without_data_on_that_day_is_null_and_says_so(built: settings.Settings):
    figure = figures("--known-on", "1990-01-01")["yhdistykset"]
    assert (figure["value"], figure["bound"], figure["citation"], figure["state"]) == (None, None, None, "missing")
    assert "ei tietoa" in figure["text"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fi", f"Yhdistyksiä oli 106{NBSP}617 (Patentti- ja rekisterihallitus 31.8.2019)."),
        ("sv", f"Det fanns 106{NBSP}617 föreningar (Patent- och registerstyrelsen 31.8.2019)."),
        ("en", "There were 106,617 associations (Finnish Patent and Registration Office 31.8.2019)."),
    ],
)
def test_a_quote_in_three_languages(built: settings.Settings, language: str, said: str):
    result = lukuina("quote", "yhdistykset", "--known-on", "2019-11-30", "--lang", language)
    assert result.exit_code == 0
    assert result.stdout == said + "\n"


def test_status_names_every_source_with_its_keys(built: settings.Settings):
    result = lukuina("status", "--json")
    found = {item["source"]: item for item in json.loads(result.stdout)}
    assert set(found) == {"prh", "statfin", "stea", "tem", "ray", "tutkiavustuksia", "budjetti", "transcribed"}
    assert {found[name]["state"] for name in ("ray", "tutkiavustuksia", "budjetti")} == {"not_imported"}
    assert set(found["prh"]) == {"source", "state", "last_fetch", "last_change", "last_good", "message"}
    assert found["tem"]["state"] == "closed"
    assert found["transcribed"]["state"] == "ok"
    assert found["prh"]["state"] == "stale"
    assert "never fetched" in found["prh"]["message"]


def test_sql_prints_data_only(built: settings.Settings):
    result = lukuina("sql", "select year, granted_eur from marts.grant_totals where year = 2025", "--json")
    assert json.loads(result.stdout) == [{"year": 2025, "granted_eur": 304_088_000}]
    result = lukuina("sql", "select region, associations from marts.associations_by_region_class limit 0", "--csv")
    assert result.stdout == "region,associations\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("quote", "yhdistys"), "unknown figure; expected perhaps 'yhdistykset'"),
        (("figures", "--known-on", "30.11.2019"), "expected YYYY-MM-DD"),
        (("figures", "--known-on", "2019-11-30", "--said-on", "2019-11-30"), "one clock at a time"),
        (("sql", "drop table marts.figures"), "expected a query that only reads"),
        (("sql", "select 1; select 2"), "2 statements"),
        (("sql", "select * from no_such_table"), "no_such_table"),
        (("sql", "copy marts.figures to 'x.csv'"), "query"),
        (("sql", "insert into marts.figures select * from marts.figures"), "expected a query that only reads"),
        (("sql", "attach 'x.duckdb'"), "expected a query that only reads"),
        (("sql", "set enable_external_access = true"), "expected a query that only reads"),
        (("sql", "select * from read_csv('/etc/passwd')"), "disabled"),
        (("sql", "select * from read_text('/etc/passwd')"), "disabled"),
        (("sql", "from '/etc/passwd'"), "/etc/passwd"),
        (("import", "tem", "x.xlsx"), "nothing can be imported"),
        (("import", "stea", "no-such-file.xlsx"), "cannot be read"),
        (("import", "stea", "x.xlsx", "--published", "2999-01-01"), "in the future"),
        (("refresh", "phr"), "unknown source; expected perhaps 'prh'"),
        (("refresh", "prh"), "no contact address is configured"),
        (("serve",), "no site is built yet"),
        (("figures", "--known-on", "20191130"), "expected YYYY-MM-DD"),
        (("run", "--known-on", "2999-01-01"), "in the future"),
        (("--data", "", "status"), "empty; expected a path"),
        (("--site", "", "run"), "empty; expected a path"),
        (("run", "--site", ""), "empty; expected a path"),
        (("backup", ""), "empty; expected a path"),
        (("import", "stea", "/dev/zero"), "is a pipe or a device"),
        (("sql", "select interval 1 day as step"), "a column is of a type that is not printed (step INTERVAL)"),
    ],
)
def test_wrong_use_is_one_message_and_exit_code_2(built: settings.Settings, arguments: tuple[str, ...], said: str):
    before = (built.marts / "SHA256SUMS").read_bytes()
    result = lukuina(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said.lower() in result.stderr.lower()
    assert "Traceback" not in result.stderr
    assert (built.marts / "SHA256SUMS").read_bytes() == before


def test_what_is_no_number_is_null_in_json(built: settings.Settings):
    result = lukuina("sql", "select 'nan'::double as a, -('inf'::double) as b, 1.5::double as c", "--json")
    assert json.loads(result.stdout, parse_constant=lambda word: pytest.fail(word)) == [
        {"a": None, "b": None, "c": 1.5}
    ]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+02:00"])
def test_a_clock_beyond_the_calendar_is_named(built: settings.Settings, monkeypatch: pytest.MonkeyPatch, moment: str):
    monkeypatch.setenv("LUKUINA_NOW", moment)
    result = lukuina("figures")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("lukuina: LUKUINA_NOW:")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has it")
def test_a_log_file_on_a_full_disk_hides_no_error_and_costs_no_run(tmp_path: Path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "lukuina.jsonl").symlink_to("/dev/full")
    with Progress(settings.Settings(data=tmp_path)) as say:
        say("done")
    with pytest.raises(InputError, match="the real one"), Progress(settings.Settings(data=tmp_path)):
        raise InputError("here", "the real one")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has it")
def test_a_full_disk_is_told_with_the_file(tmp_path: Path):
    log = tmp_path / "seen.jsonl"
    log.symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*/seen\.jsonl'"):
        files.append_line(log, "{}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has it")
@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("--help > /dev/full", 2, "lukuina: standard output: No space left on device\n"),
        ("sql 'select 1' > /dev/full", 2, "lukuina: standard output: No space left on device\n"),
        ("verify 2> /dev/full", 0, ""),
        ("run --known-on 2999-01-01 2> /dev/full", 2, ""),
        ("seen x >&- 2>&- <&-", 2, ""),
    ],
)
def test_an_output_that_takes_nothing_ends_in_words_or_in_a_code_alone(
    built: settings.Settings, command: str, code: int, said: str
):
    own = f"{sys.executable} -c 'from pipelines.cli import main; main()' --data {built.data} {command}"
    shell = ["bash", "-c", f"set -o pipefail; {own}"]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # as a plain shell has it
    done = subprocess.run(shell, cwd=PROJECT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, said)


def test_a_full_or_closed_log_costs_no_night(monkeypatch: pytest.MonkeyPatch):
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    with Progress() as say:
        say("reading")
        say.warn("newly failed: x")


def test_reading_before_anything_was_built_says_what_to_do():
    result = lukuina("figures", "--json")
    assert result.exit_code == 2
    assert "lukuina run" in result.stderr


def test_verify_is_silent_on_a_clean_store_and_names_what_is_altered(built: settings.Settings):
    assert lukuina("verify").exit_code == 0
    kept = next((built.raw / "transcribed" / "prh").glob("*.csv"))
    kept.write_bytes(kept.read_bytes().replace(b"107851", b"107852"))
    result = lukuina("verify")
    assert result.exit_code == 2
    assert f"altered: transcribed/prh/{kept.name}" in result.stdout


def test_a_broken_hand_kept_file_shows_in_status_and_leaves_the_published_alone(built: settings.Settings):
    before = (built.marts / "SHA256SUMS").read_bytes()
    path = built.raw / "transcribed" / "prh.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",107851,", ",107 851,"), encoding="utf-8")
    result = lukuina("run")
    assert result.exit_code == 2
    assert "prh.csv:668: value: '107 851' is not a number" in result.stderr
    assert (built.marts / "SHA256SUMS").read_bytes() == before
    found = {item["source"]: item for item in json.loads(lukuina("status", "--json").stdout)}
    assert found["transcribed"]["state"] == "failed"
    assert "prh.csv:668: value" in found["transcribed"]["message"]
    assert figures()["yhdistykset"]["value"] == 107_851


def test_a_broken_template_is_told_by_file_and_line_and_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>\n{% blok x %}{% endblok %}\n", encoding="utf-8")
    templates = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)

    @click.group(cls=Lukuina)
    def group() -> None:
        """Stand for the commands."""

    @group.command()
    def build() -> None:
        """Load a template, as a build does."""
        templates.get_template("page.html")

    given = CliRunner().invoke(group, ["build"])
    assert given.exit_code == 2
    assert f"{tmp_path / 'page.html'}:2: Encountered unknown tag 'blok'" in given.stderr
    assert "Traceback" not in given.stderr


def test_a_long_query_can_be_stopped(built_once: Path):
    """SIGTERM and Ctrl-C were heard, and then closing waited for the end of the query: some had to be killed."""
    query = "select count(*) from range(1000000) as a, range(1000000) as b where a.range * b.range % 7 = 3"
    started = subprocess.Popen(
        [sys.executable, "-c", "from pipelines.cli import main; main()", "--data", str(built_once), "sql", query],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        sleep(3)
        started.send_signal(signal.SIGTERM)
        out, told = started.communicate(timeout=20)
    finally:
        started.kill()
    assert (started.returncode, out) == (128 + signal.SIGTERM, "")
    assert told == "lukuina: stopped by SIGTERM. Nothing is half written; give the command again\n"


def test_a_terminal_that_is_not_utf_8_gets_numbers_for_signs_that_it_has_not(built_once: Path):
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "--data", str(built_once)]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*command, "sql", "select '–ä'"], cwd=PROJECT, capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\u2013\xe4" in done.stdout

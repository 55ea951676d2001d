"""``lukuina record``: an answer lands where its figure looks for it; a wrong one changes nothing."""

import csv
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import answers, record, registry, run, settings
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.record import Given
from pipelines.settings import PROJECT

REGISTRY = registry.load(PROJECT / "dashboards" / "figures")
TODAY = date(2026, 11, 24)
ANSWER = Given(
    value="5120", period="2025", published=date(2026, 11, 20), publisher="KEHA-keskus", citation="Virtanen 20.11.2026"
)
FIVE = ("Myyjä", "Siivooja", "Kokki", "Ohjaaja", "Vahtimestari")


def rows(chosen: settings.Settings) -> list[dict[str, str]]:
    path = chosen.raw / "transcribed" / "recorded.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change(given: Given = ANSWER, **values: object) -> Given:
    from dataclasses import replace

    return replace(given, **values)


def add(chosen: settings.Settings, given: Given, figure: str = "palkkatuki-aloitukset") -> int:
    return record.add(chosen.raw, REGISTRY[figure], given, TODAY)


def test_the_row_has_what_the_figures_rule_looks_for(world: settings.Settings):
    assert add(world, ANSWER) == 1
    [row] = rows(world)
    assert row == {
        "series": "palkkatuki_aloitetut_jaksot",
        "geo": "FI",
        "dimension": "employer_sector",
        "category": "kolmas_sektori",
        "coverage": "started_periods",
        "period": "2025",
        "as_of": "",
        "published_on": "2026-11-20",
        "value": "5120",
        "unit": "periods",
        "bound": "exact",
        "status": "ok",
        "publisher": "KEHA-keskus",
        "citation": "Virtanen 20.11.2026",
        "source_url": "",
        "note": "",
    }


def test_rows_are_only_ever_added(world: settings.Settings):
    add(world, ANSWER)
    path = world.raw / "transcribed" / "recorded.csv"
    before = path.read_bytes().rstrip(b"\n")  # a file that a person saved without its last line end
    path.write_bytes(before)
    others = {p: p.read_bytes() for p in path.parent.glob("*.csv") if p != path}
    add(world, change(period="2024", note='two "quotes", a comma'))
    assert path.read_bytes().startswith(before + b"\n")
    assert [row["period"] for row in rows(world)] == ["2025", "2024"]
    assert {p: p.read_bytes() for p in others} == others


def test_a_list_is_recorded_whole(world: settings.Settings):
    given = change(value="", items=FIVE)
    assert add(world, given, "palkkatuki-nimikkeet") == 5
    assert [(row["value"], row["category"], row["dimension"]) for row in rows(world)] == [
        (str(rank), name, "job_title") for rank, name in enumerate(FIVE, 1)
    ]


@pytest.mark.parametrize(
    ("figure", "values", "said"),
    [
        ("palkkatuki-aloitukset", {"value": "5 120"}, "--value: '5 120' is not a number"),
        ("palkkatuki-aloitukset", {"value": "5,1"}, "--value: '5,1' is not a number"),
        ("palkkatuki-aloitukset", {"value": "-3"}, "--value: -3; expected 0 or more"),
        ("palkkatuki-osuus", {"value": "120"}, "--value: 120; expected 0–100"),
        ("palkkatuki-aloitukset", {"value": ""}, "--value: not given"),
        ("palkkatuki-aloitukset", {"items": FIVE}, "--item: palkkatuki-aloitukset is a number; expected --value"),
        ("palkkatuki-aloitukset", {"bound": "over"}, "--bound: 'over'"),
        ("palkkatuki-aloitukset", {"period": ""}, "--period, --as-of: neither given"),
        ("palkkatuki-aloitukset", {"as_of": "2025-01-01"}, "--period, --as-of: both given"),
        (
            "palkkatuki-aloitukset",
            {"period": "", "as_of": "2025-01-01"},
            "--as-of: the figure is counted over a period",
        ),
        ("palkkatuki-aloitukset", {"period": "2025-13"}, "--period: '2025-13' is not a reference"),
        ("palkkatuki-aloitukset", {"period": "2205"}, "--period: 2205 begins after it was published"),
        ("palkkatuki-aloitukset", {"published": date(2026, 11, 25)}, "--published: 2026-11-25 is in the future"),
        ("palkkatuki-aloitukset", {"publisher": " "}, "--publisher: empty"),
        ("palkkatuki-aloitukset", {"citation": ""}, "--citation: neither citation nor source_url"),
        ("palkkatuki-aloitukset", {"citation": "a\nb"}, "--citation: holds the control character U+000A"),
        ("palkkatuki-aloitukset", {"publisher": "a\udce4"}, "--publisher: holds the control character U+DCE4"),
        ("palkkatuki-aloitukset", {"source_url": "javascript:x"}, "--source-url: 'javascript:x' is not an address"),
        ("palkkatuki-aloitukset", {"note": "handbook 2019; x"}, "--note: begins with 'handbook 2019'"),
        ("palkkatuki-aloitukset", {"coverage": "persons"}, "--coverage: 'persons' is not one of"),
        ("sote-jarjestot", {"period": "", "as_of": "2025-01-01"}, "--coverage: sote-jarjestot counts several"),
        ("palkkatuki-nimikkeet", {"value": "1", "items": FIVE}, "--value: palkkatuki-nimikkeet is a list"),
        ("palkkatuki-nimikkeet", {"value": "", "items": FIVE[:2]}, "--item: 2 given; expected the whole list, 5"),
        ("palkkatuki-nimikkeet", {"value": "", "items": (*FIVE[:4], "Myyjä")}, "--item: same key"),
        ("palkkatuki-nimikkeet", {"value": "", "items": (*FIVE[:4], " ")}, "--item: empty"),
        ("palkkatuki-nimikkeet", {"value": "", "items": FIVE, "period": "2018"}, "the list of 2018 is recorded at"),
        ("kuntouttava-tyotoiminta-rooli", {}, "figure 'kuntouttava-tyotoiminta-rooli': is a sentence"),
        (
            "sosiaaliset-yritykset",
            {"period": "", "as_of": "2024-01-01"},
            "--as-of: 2024-01-01, and the source of sosiaaliset-yritykset was closed on 2023-07-01",
        ),
    ],
)
def test_a_wrong_answer_changes_nothing(world: settings.Settings, figure: str, values: dict[str, object], said: str):
    add(world, change(period="2024"))
    before = contents(world.data)
    with pytest.raises(InputError) as error:
        add(world, change(**values), figure)
    assert said in str(error.value)
    assert contents(world.data) == before


def test_the_same_key_is_refused_wherever_it_stands(world: settings.Settings):
    add(world, ANSWER)
    with pytest.raises(InputError, match=r"recorded already at .*recorded\.csv:2 \(R2\)"):
        add(world, change(value="9", source_url="https://example.org/other"))
    printed = change(period="2018", published=date(2019, 9, 12), publisher="TEM")
    with pytest.raises(InputError, match=r"recorded already at .*handbook\.csv:\d+ \(R2\)"):
        add(world, printed)
    assert add(world, change(value="5130", published=date(2026, 11, 24))) == 1  # a revision by the same producer


def test_nothing_is_written_while_another_file_is_broken(world: settings.Settings):
    broken = world.raw / "transcribed" / "prh.csv"
    broken.write_text(broken.read_text(encoding="utf-8").replace("associations_total", "nobody_knows", 1), "utf-8")
    before = contents(world.data)
    with pytest.raises(InputError, match=r"prh\.csv"):
        add(world, ANSWER)
    assert contents(world.data) == before


def lukuina(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["record", *arguments])


COMMAND = ("palkkatuki-aloitukset", "--value", "5120", "--period", "2025", "--published", "2026-11-20")


@pytest.mark.pipeline
def test_the_command_records_runs_and_prints_the_figure(built: settings.Settings):
    result = lukuina(*COMMAND, "--publisher", "KEHA-keskus", "--citation", "Virtanen 20.11.2026")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(
        "Vuonna 2025 kolmannella sektorilla aloitettiin 5\u00a0120 palkkatukijaksoa (Virtanen 20.11.2026)."
    )
    now = next(f for f in answers.figures(built.marts) if f["id"] == "palkkatuki-aloitukset")
    assert (now["value"], now["publisher_id"], now["recorded_at"]) == (5120, "keha", TODAY)
    assert (built.site / "fi" / "luku" / "palkkatuki-aloitukset" / "index.html").is_file()
    again = lukuina(*COMMAND, "--publisher", "KEHA-keskus", "--citation", "Virtanen 20.11.2026")
    assert again.exit_code == 2
    assert "recorded already" in again.stderr


@pytest.mark.pipeline
def test_what_was_recorded_before_the_run_broke_off_is_said_to_stand(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "here")

    with monkeypatch.context() as broken:
        broken.setattr(run, "run", full)
        result = lukuina(*COMMAND, "--publisher", "KEHA-keskus", "--citation", "Virtanen 20.11.2026")
    assert result.exit_code == 2
    assert "palkkatuki-aloitukset: recorded: this stands, and is not published yet. Then: lukuina run" in result.stderr
    assert CliRunner().invoke(main, ["run"]).exit_code == 0
    assert next(f for f in answers.figures(built.marts) if f["id"] == "palkkatuki-aloitukset")["value"] == 5120


@pytest.mark.pipeline
def test_the_command_says_when_another_value_stands(built: settings.Settings):
    older = ("palkkatuki-aloitukset", "--value", "6000", "--period", "2016", "--published", "2026-11-20")
    result = lukuina(*older, "--publisher", "TEM", "--citation", "Virtanen 20.11.2026")
    assert result.exit_code == 0, result.stderr
    assert "something else still stands" in result.stderr
    assert "7\u00a0926" in result.stdout


@pytest.mark.pipeline
@pytest.mark.parametrize(
    "arguments", [("nobody",), COMMAND[:3], ("palkkatuki-aloitukset", "--published", "20.11.2026")]
)
def test_a_wrong_command_ends_with_2_and_changes_nothing(built: settings.Settings, arguments: tuple[str, ...]):
    before = contents(built.raw)
    result = lukuina(
        *arguments, *(() if "--published" in arguments else ("--published", "2026-11-20")), "--publisher", "X"
    )
    assert result.exit_code == 2
    assert contents(built.raw) == before

"""A person decides about an edition: from that day on, publicly, and never retroactively."""

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines import decisions, settings
from pipelines.cli import main
from pipelines.decisions import Decision
from pipelines.errors import InputError
from pipelines.judge import Candidate, judge, timeline


def edition(reference: str, *values: float, on: str = "2026-01-01", problems: tuple[str, ...] = ()) -> Candidate:
    panel = {f"region {n}": value for n, value in enumerate(values)}
    day = date.fromisoformat(on)
    return Candidate(reference, "prh", "regions", reference, day, {"regions": panel}, 0.25, problems)


def decision(edition_id: str, verdict: str, on: str = "2026-06-01") -> Decision:
    return Decision(edition_id, verdict, "syy", "", date.fromisoformat(on))


def states(candidates: list[Candidate], *made: Decision) -> dict[str, str]:
    return {key: steps[-1][1].state for key, steps in timeline(candidates, made).items()}


def test_an_approved_edition_is_admitted_from_that_day_on_and_no_earlier():
    rows = [edition("2020", 100), edition("2021", 101), edition("2022", 300)]
    steps = timeline(rows, [decision("2022", "approved")])["2022"]
    assert [(day.isoformat(), j.state) for day, j in steps] == [
        ("2026-01-01", "quarantined"),
        ("2026-06-01", "admitted"),
    ]
    assert states(rows, decision("2022", "approved"))["2021"] == "admitted"


def test_what_comes_after_an_approval_is_compared_with_what_was_approved():
    rows = [edition("2020", 100), edition("2021", 101), edition("2022", 300)]
    good, bad = edition("2023", 305, on="2026-07-01"), edition("2024", 102, on="2026-08-01")
    found = states([*rows, good, bad], decision("2022", "approved"))
    assert found == {
        "2020": "admitted",
        "2021": "admitted",
        "2022": "admitted",
        "2023": "admitted",
        "2024": "quarantined",
    }


def test_a_rejected_edition_stays_out_though_later_neighbours_agree_with_it():
    rows = [edition("2020", 100), edition("2021", 101), edition("2022", 300), edition("2023", 301)]
    rows += [edition("2024", 302)]
    assert states(rows)["2022"] == "admitted"
    found = states(rows, decision("2022", "rejected"))
    assert found["2022"] == "quarantined"
    assert judge(rows, {"2022": decision("2022", "rejected")})["2022"].reason == "rejected: syy"


def test_the_last_decision_stands_and_problems_can_be_approved():
    rows = [edition("2020", 100, problems=("sums differ",))]
    assert states(rows) == {"2020": "quarantined"}
    first, second = decision("2020", "approved"), decision("2020", "rejected", "2026-07-01")
    assert states(rows, first) == {"2020": "admitted"}
    assert states(rows, first, second) == {"2020": "quarantined"}


@pytest.mark.parametrize(
    "line", ["{}", "x", '{"edition": "e", "verdict": "maybe", "reason": "r", "by": "", "decided_on": "2026-01-01"}']
)
def test_a_damaged_line_is_named(world: settings.Settings, line: str):
    path = decisions.path_of(world.raw)
    decisions.append(world.raw, decision("e", "approved"))
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"decisions\.jsonl:2"):
        decisions.load(world.raw)


def test_a_torn_last_line_is_no_decision_and_is_cut_by_the_next(world: settings.Settings):
    decisions.append(world.raw, decision("e", "approved"))
    path = decisions.path_of(world.raw)
    path.write_bytes(path.read_bytes() + b'{"edition": "f')
    assert len(decisions.load(world.raw)) == 1
    decisions.append(world.raw, decision("g", "rejected"))
    assert [d.edition for d in decisions.load(world.raw)] == ["e", "g"]


def lukuina(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def rows(query: str) -> list[dict[str, Any]]:
    result = lukuina("sql", query, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.pipeline
def test_review_approve_and_reject_from_the_command_line(built: settings.Settings, monkeypatch: pytest.MonkeyPatch):
    found = json.loads(lukuina("review", "--json").stdout)
    wrong = next(one for one in found if one["reference"].startswith("2021"))
    assert any("Keski-Pohjanmaa: 2238" in line for line in wrong["differs"])
    assert wrong["edition"] in lukuina("review").stdout
    before = (built.marts / "SHA256SUMS").read_bytes()
    for arguments, said in (
        (("approve", wrong["edition"][:-1], "--reason", "x"), f"perhaps '{wrong['edition']}'"),
        (("approve", wrong["edition"], "--reason", " "), "--reason: empty"),
        (("approve", wrong["edition"]), "--reason"),
    ):
        result = lukuina(*arguments)
        assert result.exit_code == 2
        assert said in result.stderr
        assert not decisions.path_of(built.raw).exists()
        assert (built.marts / "SHA256SUMS").read_bytes() == before
    said_before = rows("select id, text_fi from figures_said_on(date '2026-11-24') order by id")
    monkeypatch.setenv("LUKUINA_NOW", "2026-11-26T06:00:00+02:00")
    result = lukuina("approve", wrong["edition"], "--reason", "Tarkistettu <b>PRH:sta</b>", "--by", "ylläpito")
    assert result.exit_code in (0, 1), result.stderr
    assert rows(f"select state from meta.editions where edition = '{wrong['edition']}'") == [{"state": "admitted"}]
    assert rows("select id, text_fi from figures_said_on(date '2026-11-24') order by id") == said_before
    made = rows("select decided_on, verdict, decided_by from meta.decisions")
    assert made == [{"decided_on": "2026-11-26", "verdict": "approved", "decided_by": "ylläpito"}]
    for language, word in (("fi", "hyväksytty"), ("sv", "godkänd"), ("en", "approved")):
        page = next((built.site / language).rglob("muutokset/index.html")).read_text(encoding="utf-8")
        assert word in page
        assert "Tarkistettu &lt;b&gt;PRH:sta" in page
    assert "nothing to approve" in lukuina("approve", wrong["edition"], "--reason", "x").stderr
    assert lukuina("reject", wrong["edition"], "--reason", "Olikin väärin").exit_code in (0, 1)
    assert rows(f"select state from meta.editions where edition = '{wrong['edition']}'") == [{"state": "quarantined"}]
    assert lukuina("verify").exit_code == 0

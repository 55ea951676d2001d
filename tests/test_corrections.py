"""Corrections: guarded, public, and never retroactive on our own clock (R2, R3, R9)."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines import backup, collect, correcting, corrections, observations, registry, run, settings, take_in
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.site.build import build
from pipelines.site.queries import Database
from pipelines.verify import problems
from tests.site.test_examples import FRONT, ROW, ROWS, STUBS
from tests.test_docs import fenced

PROJECT = Path(__file__).resolve().parent.parent
REASON = {"fi": "Luvussa oli virhe.", "sv": "Talet hade ett fel.", "en": "The figure had an error."}
BASE: dict[str, Any] = {
    "id": "soste-2023", "day": date(2026, 12, 1), "kind": "korjaus", "status": "confirmed", "reporter": "SOSTE",
    "reason": REASON, "target": {"figure": "sote-jarjestot"}, "expect": 10708, "value": 10718, "citation": "SOSTE 2026",
}  # fmt: skip
MARK = {"series": "yhteiskunnallinen_yritys_merkki", "as_of": "2019-09-20"}
AT = datetime(2026, 12, 2, 6, tzinfo=UTC)


def entry(**more: Any) -> dict[str, Any]:
    return {name: value for name, value in {**BASE, **more}.items() if value is not None}


def write(raw: Path, *entries: Mapping[str, Any], name: str = "2026.yaml") -> Path:
    path = raw / corrections.SOURCE / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def refuse(body: str) -> str:
    with pytest.raises(InputError) as caught:
        corrections.read(body.encode(), "c.yaml")
    return str(caught.value)


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "virhe"}, "kind: Input should be 'korjaus' or 'menetelmä'"),
        ({"reason": {"fi": "x", "sv": "y"}}, "reason.en: Field required"),
        ({"reasons": "x"}, "reasons: unknown key; expected perhaps 'reason'"),
        ({"target": {"series": "x", "asof": "2020"}}, "target.asof: unknown key; expected perhaps 'as_of'"),
        ({"target": {"series": "x", "period": "2.1.2020"}}, "'2.1.2020' is not a reference"),
        ({"target": {"series": "x"}}, "target: needs one of period (flow) and as_of (stock)"),
        ({"target": {"series": "x", "figure": "y"}}, "target: needs one of figure and series"),
        ({"citation": None}, "value needs a citation or a source_url"),
        ({"withdraw": True}, "needs one of value, withdraw: true and became"),
        ({"value": None}, "needs one of value, withdraw: true and became"),
        ({"value": 10708}, "the new value is the old one"),
        ({"expect": "paljon"}, "expect: Input should be a valid number"),
        ({"expect": float("nan")}, "expect: Input should be a finite number"),
        ({"published_on": date(2027, 1, 1)}, "published_on is after day"),
        ({"source_url": "javascript:alert(1)"}, "source_url: String should match pattern"),
        ({"reporter": "a\x07b"}, "control character U+0007"),
        ({"id": "Ä"}, "id: String should match pattern"),
    ],
)
def test_a_wrong_correction_is_named_by_file_line_and_key(change: Mapping[str, Any], said: str):
    text = yaml.safe_dump([entry(id="other"), entry(**change)], allow_unicode=True, sort_keys=False)
    told = refuse(text)
    assert said in told
    line = int(told.split(":")[1])
    assert told.startswith("c.yaml:")
    assert line > text.split("\n").index("- id: other") + 10


def test_what_is_no_list_of_corrections_is_refused():
    assert "c.yaml:1: not a list" in refuse("id: x\n")
    assert "c.yaml:1: correction: Input should be a valid dictionary" in refuse("- x\n")
    assert "not valid YAML" in refuse("- [\n")
    assert "contains itself, or is nested too deep; expected no aliases" in refuse("&a [*a]\n")
    assert "contains itself, or is nested too deep; expected no aliases" in refuse("- &a {id: *a}\n")
    text = yaml.safe_dump([entry()], sort_keys=False)
    assert f"c.yaml:{text.count(chr(10)) + 1}: id: 'soste-2023' is there twice" in refuse(text + text)
    assert corrections.read(b"", "c.yaml") == ()


# -- taking in --------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(world: settings.Settings) -> RawStore:
    return RawStore(world.raw)


def taken(store: RawStore, at: datetime = AT) -> list[str]:
    return [visit.page for visit in corrections.take_in(store, at, lambda made: made)]


def test_a_correction_holds_from_the_day_it_was_taken_in_and_its_words_may_be_mended(store: RawStore):
    write(store.root, entry())
    assert taken(store) == ["2026"]
    assert taken(store) == []
    write(store.root, entry(reporter="SOSTE ry"), entry(id="later", status="reported"))
    assert taken(store, AT.replace(day=9)) == ["2026"]
    write(store.root, entry(reporter="SOSTE ry"), entry(id="later"))
    assert taken(store, AT.replace(day=11)) == ["2026"]
    found = [(one.correction.id, one.held_from.day, one.correction.reporter) for one in corrections.recorded(store)]
    assert found == [("soste-2023", 2, "SOSTE ry"), ("later", 11, "SOSTE")]
    assert list(problems(store)) == []


def test_what_holds_is_neither_changed_nor_taken_out(store: RawStore):
    path = write(store.root, entry(), entry(id="heard", status="reported"))
    taken(store)
    log = (store.root / corrections.SOURCE / "seen.jsonl").read_bytes()
    for entries, said in (
        ([entry(value=10719)], "2026.yaml:13: value: 'soste-2023' holds since 2026-12-02, and value was changed"),
        ([entry(id="heard", status="reported")], "the correction 'soste-2023' of 2026-12-02 is gone"),
        ([entry(), entry(id="new", day=date(2026, 12, 9))], "day: 2026-12-09 is in the future"),
    ):
        write(store.root, *entries)
        with pytest.raises(InputError, match="2026") as caught:
            taken(store, AT.replace(day=3))
        assert said in str(caught.value)
    path.unlink()
    with pytest.raises(InputError, match="is gone"):
        taken(store)
    assert (store.root / corrections.SOURCE / "seen.jsonl").read_bytes() == log
    write(store.root, entry())  # what was only reported may go
    write(store.root, entry(id="other"), name="other.yaml")
    assert taken(store, AT.replace(day=4)) == ["2026", "other"]
    write(store.root, entry(id="other"), entry(id="x-1"), name="third.yaml")
    with pytest.raises(InputError, match=r"id: 'other' is in other\.yaml too"):
        taken(store, AT.replace(day=5))
    (store.root / corrections.SOURCE / "third.yaml").rename(store.root / corrections.SOURCE / "Korjaukset.yml")
    with pytest.raises(InputError, match="not a name for a file of corrections"):
        taken(store, AT.replace(day=5))


# -- finding and changing rows ----------------------------------------------------------------------------------------

REGISTRY = registry.load(PROJECT / "dashboards" / "figures")


@pytest.fixture(scope="module")
def told(built_once: Path) -> collect.Collected:
    chosen = settings.Settings(data=built_once)
    return run.collect(chosen, RawStore(chosen.raw))


def applied(
    told: collect.Collected, *entries: Mapping[str, Any]
) -> tuple[pl.DataFrame, tuple[correcting.Applied, ...]]:
    body = yaml.safe_dump(list(entries), allow_unicode=True).encode()
    found = [
        corrections.Entry(one, f"c.yaml:{line}", date(2026, 12, 2 + n), "sha", lines)
        for n, (one, line, lines) in enumerate(corrections.read(body, "c.yaml"))
    ]
    return correcting.apply(told.rows, found, told.registry, told.admitted_on, lambda _: collect.observed(told))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"expect": 10707},
            "expect: 10707 is not what was said on 2026-12-02: found 10708 (SOSTE, published 2023-01-01",
        ),
        ({"target": {"figure": "sote-jarjesto"}}, "unknown figure 'sote-jarjesto'; expected perhaps 'sote-jarjestot'"),
        ({"target": {"figure": "yhdistykset"}}, "yhdistykset shows 18 observations, not one; expected series, geo"),
        ({"target": {**MARK, "series": "yhteiskunnallinen_yritys"}}, "perhaps 'yhteiskunnallinen_yritys_merkki'"),
        ({"target": {**MARK, "geo": "Suomi"}}, "target.geo: no geo 'Suomi' in yhteiskunnallinen_yritys_merkki"),
        ({"target": {**MARK, "as_of": "2019-09-21"}}, "target.as_of: no as_of '2019-09-21'"),
        ({"target": {**MARK, "publisher": "PRH"}}, "target.publisher: nothing by 'PRH'"),
        ({"published_on": date(2022, 1, 1)}, "published_on: 2022-01-01 is before the value that it corrects"),
        ({"value": None, "citation": None, "became": 10708, "expect": 1}, "no earlier publication of SOSTE says 1"),
    ],
)
def test_the_guard_says_what_was_found(told: collect.Collected, change: Mapping[str, Any], said: str):
    with pytest.raises(InputError) as caught:
        applied(told, entry(**change))
    assert said in str(caught.value)
    assert str(caught.value).startswith("c.yaml:")


def row(told: pl.DataFrame, series: str, reference: str) -> list[tuple[Any, ...]]:
    found = observations.vintages(told.filter((pl.col("series") == series) & (pl.col("geo") == "FI")))
    found = found.filter(pl.col("reference") == reference).sort("recorded_from", "value")
    return found.select("value", "known_from", "recorded_from", "recorded_to", "vintage").rows()


def test_a_misread_value_is_withdrawn_that_day_and_the_right_one_stands_beside_it(told: collect.Collected):
    rows, done = applied(told, entry(), entry(id="back", expect=10718, value=10708, target={
        "series": "sote_jarjestot", "as_of": "2023-01-01", "coverage": "associations_and_foundations"}))  # fmt: skip
    first, second, third = date(2026, 11, 24), date(2026, 12, 2), date(2026, 12, 3)
    published = date(2023, 1, 1)
    assert row(rows, "sote_jarjestot", "2023-01-01") == [
        (10708.0, published, first, second, 0),
        (10718.0, published, second, third, 0),
        (10708.0, published, third, None, 1),
    ]
    assert [one.figures for one in done] == [("sote-jarjestot",)] * 2
    assert rows.filter(pl.col("note").str.starts_with("correction back: was 10718; correction soste-2023"))["citation"][
        0
    ]


def test_a_value_that_the_producer_corrected_stays_what_was_known_before(told: collect.Collected):
    rows, done = applied(told, entry(published_on=date(2026, 11, 30), kind="menetelmä"))
    assert row(rows, "sote_jarjestot", "2023-01-01") == [
        (10708.0, date(2023, 1, 1), date(2026, 11, 24), date(2026, 12, 2), 1),
        (10718.0, date(2026, 11, 30), date(2026, 12, 2), None, 2),
    ]
    own = observations.vintages(rows.filter(pl.col("series") == "sote_jarjestot"))
    kinds = correcting.label(own, done).filter(pl.col("value") == 10718)["change_kind"].to_list()
    assert kinds == ["menetelmä"]


def test_a_revision_on_record_gets_its_reason(told: collect.Collected):
    """The producer's newer value is there already: nothing changes but the kind of the change (R2)."""
    own = told.rows.filter((pl.col("series") == "sote_jarjestot") & (pl.col("value") == 10708))
    newer = own.with_columns(value=pl.lit(10709.0), published_on=date(2026, 11, 30), recorded_from=date(2026, 12, 1))
    rows = pl.concat([told.rows, newer])
    body = yaml.safe_dump([entry(value=None, citation=None, became=10709, target={
        "series": "sote_jarjestot", "as_of": "2023-01-01", "coverage": "associations_and_foundations"})])  # fmt: skip
    ((one, line, lines),) = corrections.read(body.encode(), "c.yaml")
    made = corrections.Entry(one, f"c.yaml:{line}", date(2026, 12, 2), "sha", lines)
    after, done = correcting.apply(rows, [made], told.registry, told.admitted_on, lambda _: collect.observed(told))
    assert after.equals(rows)
    assert done[0].changed_on == date(2026, 12, 1)
    kinds = correcting.label(observations.vintages(after), done)
    kinds = kinds.filter((pl.col("series") == "sote_jarjestot") & (pl.col("reference") == "2023-01-01"))
    assert kinds.filter(pl.col("geo") == "FI")["change_kind"].to_list() == ["new", "korjaus"]


def test_reported_and_rejected_ones_change_nothing(told: collect.Collected):
    rows, done = applied(told, entry(status="reported"), entry(id="no-1", status="rejected"))
    assert rows.equals(told.rows)
    table = correcting.table(done)
    assert table["holds_from"].to_list() == [None, None]
    assert table["correction_status"].to_list() == ["reported", "rejected"]


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_the_example_of_the_documentation_is_a_correction():
    (example,) = [text for text in fenced("docs/operate.md", "yaml") if "expect:" in text]
    found = corrections.read(example.encode(), "docs/operate.md")
    assert [one.status for one, _, _ in found] == ["confirmed", "reported"]
    keys = {*corrections.Correction.model_fields, *corrections.Target.model_fields}
    section = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8").split("\n## Corrections\n")[1]
    assert {key for key in keys if f"`{key}`" not in section and f"{key}:" not in section} == set()


@pytest.mark.pipeline
def test_a_correction_from_the_file_to_the_page(
    built: settings.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("LUKUINA_NOW", "2026-12-02T06:00:00+02:00")
    gone = entry(id="merkki-2019", target=MARK, expect=220, value=None, citation=None, withdraw=True)
    write(built.raw, entry(), gone)
    before = (built.marts / "SHA256SUMS").read_bytes()
    with pytest.raises(InputError, match=r"2026\.yaml:\d+: expect: 220 is not .* found 221"):
        run.run(built, lambda _: None)
    assert (built.marts / "SHA256SUMS").read_bytes() == before
    assert not (built.raw / corrections.SOURCE / "seen.jsonl").exists()
    write(built.raw, entry(), {**gone, "expect": 221})
    run.run(built, lambda _: None)
    with Database(built.marts / "lukuina.duckdb") as database:
        said = {
            day: database.select(
                f"select id, value from figures_said_on(date '{day}') where id in ('sote-jarjestot', "
                "'yhteiskunnallinen-yritys-merkki') order by id"
            ).cells
            for day in ("2026-12-01", "2026-12-02")
        }
        changes = database.select(
            "select id, change, reason_sv from marts.figure_changes where changed_on = date '2026-12-02' order by id"
        ).cells
        kept = database.select("select change_kind from marts.observations where note like 'correction %'").cells
        source = "select source from meta.snapshots where sha256 in (select snapshot_sha256 from marts.figures)"
        sources = database.select(f"{source} order by source").cells
    assert said == {
        "2026-12-01": (("sote-jarjestot", 10708.0), ("yhteiskunnallinen-yritys-merkki", 221.0)),
        "2026-12-02": (("sote-jarjestot", 10718.0), ("yhteiskunnallinen-yritys-merkki", None)),
    }
    assert changes == (
        ("sote-jarjestot", "correction", REASON["sv"]),
        ("yhteiskunnallinen-yritys-merkki", "correction", REASON["sv"]),
    )
    assert kept == (("korjaus",),)
    assert ("corrections",) in sources
    backup.backup(built.raw, tmp_path / "kept")
    held = tmp_path / "kept" / "raw" / corrections.SOURCE
    assert (held / "2026.yaml").read_bytes() == (built.raw / corrections.SOURCE / "2026.yaml").read_bytes()
    assert len(list(held.glob("2026/*.txt"))) == 1
    _check_page(built, tmp_path)


def _check_page(built: settings.Settings, folder: Path) -> None:
    """The page Muutokset tells the figures' changes and the corrections, with the reason in its language."""
    pages = folder / "dashboards" / "pages"
    pages.mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (pages.parent / name).symlink_to(PROJECT / "dashboards" / name)
    (pages / "index.md").write_text(FRONT, encoding="utf-8")
    shutil.copy(PROJECT / "dashboards" / "pages" / "muutokset.md", pages)
    for address, rows in ROWS.items():
        path = pages / f"{address}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROW + rows, encoding="utf-8")
    build(
        built.marts / "lukuina.duckdb", folder / "site", REGISTRY, reference=built.raw / "reference",
        build_date=date(2026, 12, 2), dashboards=pages.parent, extras=[lambda _: STUBS],
    )  # fmt: skip
    words = {
        "fi": ("korjaus, vahvistettu", "Aiemmin: 10\u00a0708. Korjattuna: 10\u00a0718 (SOSTE 2026)", "korjattiin"),
        "sv": ("rättelse, bekräftad", "Tidigare: 10\u00a0708. Rättat: 10\u00a0718 (SOSTE 2026)", "rättades"),
        "en": ("correction, confirmed", "Before: 10,708. Corrected: 10,718 (SOSTE 2026)", "corrected"),
    }
    for language, told in words.items():
        page = (folder / "site" / language / "muutokset" / "index.html").read_text(encoding="utf-8")
        assert page.count(REASON[language]) == 4
        for word in told:
            assert word in page, (language, word)


def test_hand_kept_csvs_and_corrections_do_not_mix(store: RawStore):
    """A file of corrections is no source of its own for the reader of the CSVs."""
    take_in.take_in(store, AT)
    write(store.root, entry())
    taken(store)
    assert {visit.page for visit in store.visits(take_in.SOURCE)} >= {"series", "prh"}
    assert json.loads((store.root / corrections.SOURCE / "seen.jsonl").read_text().splitlines()[0])["page"] == "2026"

"""One value changes at a publisher: exactly the files change whose recorded lineage contains it (issue 3).

What belongs here: the record of what every file of the site was made of, against what really changed. What does not:
how a file is made (tests/site/).
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from pipelines import settings
from pipelines.cli import main
from tests.servers import Publisher, publisher
from tests.sources import statfin_server

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

NIGHT = ("status.json", "tila/index.html")
"""What tells the state of the night (R13), and so may change without any observation."""
CHANGED = "series = 'alkaneet_vuosi_koodi' and category = '6T' and reference = '2018'"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publisher() as running:
        monkeypatch.setenv("LUKUINA_STATFIN_URL", running.url)
        yield running


def refresh(server: Publisher, starts: float) -> None:
    data = statfin_server.revised(statfin_server.annual(), "2018", "6T", starts)
    statfin_server.install(server, data=data, updated="2026-10-01")
    result = CliRunner().invoke(main, ["refresh", "statfin"])
    assert result.exit_code == 0, result.stderr


def files(site: Path) -> dict[str, bytes]:
    found = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    return {path: body for path, body in found.items() if not path.endswith((".duckdb", *NIGHT))}


def lineage(site: Path) -> pl.DataFrame:
    return pl.read_parquet(site / "data" / "lineage.parquet")


def differing(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The recorded inputs of either build that the other does not have."""
    keys = ["output", "kind", "name", "digest"]
    return pl.concat([after.join(before, on=keys, how="anti"), before.join(after, on=keys, how="anti")])


def tables_of_the_value(site: Path) -> set[str]:
    """The published tables that have rows of the edition in which the changed value came."""
    with duckdb.connect(str(site / "data" / "lukuina.duckdb"), read_only=True) as con:
        [(edition,)] = con.execute(
            f"select distinct edition from marts.observations where {CHANGED} and is_current"
        ).fetchall()
        named = con.execute(
            "select schema_name || '.' || table_name from duckdb_columns() where column_name = 'edition' group by all"
        ).fetchall()
        return {
            name for (name,) in named if con.execute(f"select 1 from {name} where edition = ?", [edition]).fetchone()
        }


def test_one_changed_value_changes_exactly_what_was_made_of_it(built: settings.Settings, server: Publisher):
    refresh(server, 19_674.0)
    before, record = files(built.site), lineage(built.site)
    refresh(server, 19_690.0)
    after, new_record = files(built.site), lineage(built.site)

    differ = differing(record, new_record)
    expected = {path for path in differ["output"].to_list() if not path.endswith(NIGHT)}
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    changed.discard("data/lineage.parquet")
    assert changed == expected
    assert "fi/palkkatuki/index.html" in changed
    assert "fi/luku/palkkatuki-osuus/index.html" in changed
    for page in ("fi/palkkatuki/index.html", "fi/index.html"):  # the statistic has changed hands, and so has its source
        assert "KEHA-keskus, työnvälitystilasto (StatFin)" in after[page].decode(), page
    assert "fi/maakunta/lappi/index.html" not in changed
    assert "fi/luku/yhdistykset/index.html" not in changed
    shutil.rmtree(built.site)
    assert CliRunner().invoke(main, ["run"]).exit_code == 0
    assert files(built.site) == after  # what was taken over is what a build from nothing makes
    print(f"{len(changed)} of {len(after)} files were made of the value, and just those changed")


def test_what_holds_the_changed_value_says_from_which_table_it_came(built: settings.Settings, server: Publisher):
    refresh(server, 19_674.0)
    record = lineage(built.site)
    refresh(server, 19_690.0)
    holding = tables_of_the_value(built.site)
    assert {"marts.observations", "marts.wage_subsidy_starts_by_code", "meta.editions"} <= holding
    read = differing(record, lineage(built.site)).filter(pl.col("kind") == "query", pl.col("tables").list.len() > 0)
    assert read.height
    allowed = holding | {"meta.snapshots", "marts.wage_subsidy_starts", "marts.figure_vintages", "marts.figures"}
    allowed |= {"meta.files"}  # sizes and checksums of the tables' files
    for output, tables in read.select("output", "tables").iter_rows():
        assert set(tables) & allowed or output.endswith(NIGHT), output


def test_every_page_picture_and_download_is_in_the_record(built: settings.Settings):
    assert CliRunner().invoke(main, ["run"]).exit_code == 0
    recorded = set(lineage(built.site)["output"].to_list())
    bare = {
        "index.html",
        "404.html",
        *NIGHT,
        "sitemap.xml",
        "robots.txt",
        "data/lineage.parquet",
        "api/v1/openapi.json",
    }
    for path in files(built.site):
        known = path in recorded or path in bare or path.startswith("assets/")
        assert known or path.endswith(("saavutettavuus/index.html", "menetelmat/index.html")), path

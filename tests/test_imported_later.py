"""An imported file that cannot be used, in the nights after it came: it is quarantined, and everything else goes on.

What belongs here: files that are in the store already. What does not: what is refused at import (tests/sources/), a
file that differs too much from an earlier one (tests/failures/).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import review, run, settings, warehouse
from pipelines.raw import RawStore
from pipelines.sources import imported, ray
from tests.sources.test_imported import GRANT, RAY, VA, book
from tests.test_grant_sources import bring

pytestmark = pytest.mark.pipeline

TWO = [["Yksi ry", *GRANT[1:]], ["Toinen ry", *GRANT[1:]]]


def workbook(*rows: list[str | int | float]) -> bytes:
    return book({"RAY": [list[object](RAY), *(list[object](row) for row in rows)]})


def accept(*_: object, **__: object) -> None:
    """Stand for the check of an earlier version, which did not know doubled files."""


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[settings.Settings]:
    """An installation with the bundled figures only."""
    made = settings.Settings(data=tmp_path / "data", site=tmp_path / "site")
    run.prepare(made, lambda _: None)
    yield made
    os.environ.pop("LUKUINA_NOW", None)


def counted(chosen: settings.Settings) -> int:
    with warehouse.connect(chosen.marts) as con:
        found = con.execute("select count(*) from marts.ray_grants").fetchone()
    return found[0] if found else -1


def test_a_file_that_a_stricter_reader_refuses_stops_no_night(
    chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every run ended with 2, so did review and reject, and importing a good file did not help."""
    with monkeypatch.context() as lenient:
        lenient.setattr(imported, "refuse_doubled", accept)
        bring(chosen, "2026-11-24", "ray", "ray.xlsx", workbook(*TWO, *TWO))
        run.run(chosen, lambda _: None)
    assert counted(chosen) == 4
    monkeypatch.setattr(ray.RaySource, "reader", ray.RaySource.reader + 1)
    assert run.run(chosen, lambda _: None, with_site=True).newly_wrong
    assert counted(chosen) == 0
    waiting = [one for one in review.pending(chosen) if one.source == "ray"]
    assert [one.reason for one in waiting] == [
        "the stored file is refused by its reader of today: file:ray.xlsx, expected each row once"
    ]
    assert not run.run(chosen, lambda _: None, with_site=True).newly_wrong, "known now"
    collected = run.collect(chosen, RawStore(chosen.raw))
    assert {one.source: one.state for one in run.statuses(chosen, collected)}["ray"] == "quarantined"
    bring(chosen, "2026-11-25", "ray", "ray.xlsx", workbook(*TWO))
    run.run(chosen, lambda _: None)
    assert counted(chosen) == 2


def test_a_file_with_headings_only_is_quarantined_and_the_site_is_built(chosen: settings.Settings) -> None:
    """It has no year, so it had no place in time: the page *Tila* could not be written, and no later run ended."""
    bring(chosen, "2026-11-24", "ray", "ray.xlsx", workbook(*TWO))
    bring(chosen, "2026-11-25", "ray", "empty.xlsx", workbook())
    bring(chosen, "2026-11-25", "tutkiavustuksia", "empty.xlsx", book({"Export": [list[object](VA)]}))
    run.run(chosen, lambda _: None, with_site=True)
    assert counted(chosen) == 2, "the good one stays"
    waiting = {(one.source, one.reference, one.reason) for one in review.pending(chosen) if one.source != "transcribed"}
    assert waiting == {
        ("ray", "2026-11-25", "the workbook has no rows"),
        ("tutkiavustuksia", "2026-11-25", "the export has no rows"),
    }
    assert "the export has no rows" in (chosen.site / "fi" / "tila" / "index.html").read_text(encoding="utf-8")

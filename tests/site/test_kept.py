"""A build takes over the pages whose inputs are the same, and gives the bytes that a build from nothing gives.

What belongs here: what is taken over and what is made anew. What does not: the record of inputs
(tests/test_lineage.py).
"""

import re
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import InputError
from pipelines.languages import LANGUAGES
from pipelines.registry import Registry
from pipelines.site import kept
from pipelines.site.build import build
from pipelines.site.components.scope import Scope
from pipelines.site.noted import NotedDay
from pipelines.site.render import Renderer
from tests.site.conftest import FRONT, REFERENCE

TOWN = (
    '---\ntitle: {fi: "{{ params.name }}", sv: "{{ params.name }}", en: "{{ params.name }}"}\nparams: towns\n---\n'
    "```sql towns\nselect region as name, region, people from marts.towns order by n\n```\n"
    '```sql own by=region empty="-"\nselect region, people from marts.towns\n```\n'
    '{{ data_table(own, columns=["region", "people"], labels={"people": "n"}, download=true) }}\n'
)
PAGES = {
    "index.md": "Alku. [Lappi](/kunta/lappi)\n\n## Ankkuri {: #ankkuri}\n",
    "kunta/[region].md": TOWN,
    "ika.md": '{{ quote(figure("members")) }}\n\n[ankkuri](/#ankkuri)\n',
    "summa.md": "```sql total\nselect sum(people) as people from marts.towns\n```\n{{ total.rows[0].people }}\n",
    "tila.md": "{% for row in status %}{{ row.state }}{% endfor %}\n",
}


@dataclass
class Town:
    """A small installation: its pages, database, site; ``made`` are the addresses rendered by the last build."""

    folder: Path
    dashboards: Path
    figures: Registry
    version: str = "1"
    made: list[str] = field(default_factory=list[str])

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def write(self, name: str, text: str) -> None:
        path = self.dashboards / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.startswith("---") else FRONT + text, encoding="utf-8")

    def sql(self, text: str) -> None:
        with duckdb.connect(str(self.folder / "made.duckdb")) as con:
            con.execute(text)
        self.version += "x"

    def build(self, day: date = date(2026, 11, 24), state: str = "ok", out: str = "site", kept: bool = True) -> None:
        self.made.clear()
        build(
            self.folder / "made.duckdb",
            self.folder / out,
            self.figures,
            reference=REFERENCE,
            build_date=day,
            dashboards=self.dashboards,
            extras=(),
            status=[{"source": "prh", "state": state}],
            kept=self.folder / "kept.json" if kept else None,
            version=self.version,
        )

    def files(self, out: str = "site") -> dict[str, bytes]:
        root = self.folder / out
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    @contextmanager
    def same_as_from_nothing(self, day: date = date(2026, 11, 24), state: str = "ok") -> Generator[None]:
        """Check after the block that a build from nothing gives the bytes that are in place."""
        yield
        made = list(self.made)
        self.build(day, state, out="anew", kept=False)
        assert self.files() == self.files("anew")
        self.made[:] = made


@pytest.fixture
def town(tmp_path: Path, dashboards: Path, database: Path, figures: Registry, monkeypatch: pytest.MonkeyPatch) -> Town:
    (tmp_path / "made.duckdb").write_bytes(database.read_bytes())
    made = Town(tmp_path, dashboards, figures)
    for name, text in PAGES.items():
        made.write(name, text)
    render = Renderer.render

    def noted(self: Renderer, scope: Scope, own: dict[str, object]) -> object:
        made.made.append(scope.address)
        return render(self, scope, own)

    monkeypatch.setattr(Renderer, "render", noted)
    made.build()
    assert len(made.made) == 3 * 7
    return made


def test_nothing_changed_nothing_is_made(town: Town):
    before = town.files()
    with town.same_as_from_nothing():
        town.build()
    assert town.made == []
    assert town.files() == before


def test_a_night_with_another_state_writes_its_pages_alone(town: Town, monkeypatch: pytest.MonkeyPatch):
    def stats() -> dict[str, tuple[int, int]]:
        return {name: ((path := town.site / name).stat().st_ino, path.stat().st_mtime_ns) for name in town.files()}

    before = stats()
    monkeypatch.setattr(kept, "_read", None)  # the memory of the single pages is not even read
    for state in ("failed", "unchanged", "failed"):  # the spare folder has every time the night before the last one
        with town.same_as_from_nothing(state=state):
            town.build(state=state)
        assert town.made == ["tila"] * 3
    after = stats()
    assert {name for name in after if after[name] != before[name]} == {f"{code}/tila/index.html" for code in LANGUAGES}


@pytest.mark.parametrize("harm", ["gone", "damaged", "a folder more"])
def test_the_spare_folder_may_be_anything(town: Town, harm: str):
    town.build(state="failed")
    spare = town.folder / ".site-spare"
    if harm == "gone":
        shutil.rmtree(spare)
    elif harm == "damaged":
        (spare / "fi" / "summa" / "index.html").unlink()
        (spare / "fi" / "summa" / "index.html").write_text("vanha", encoding="utf-8")
    else:
        (spare / "fi" / "summa" / "index.html").unlink()
        (spare / "fi" / "summa" / "index.html").mkdir()
        (spare / "sv" / "more").mkdir()
    with town.same_as_from_nothing():
        town.build()


@pytest.mark.parametrize("name", ["fi/summa/index.html", "fi/tila/index.html", "assets/site.css"])
def test_a_file_that_somebody_edited_in_the_site_is_made_anew(town: Town, name: str):
    (town.site / name).write_text("muokattu", encoding="utf-8")
    with town.same_as_from_nothing(state="failed"):
        town.build(state="failed")


def test_other_data_with_the_same_results_is_asked_and_taken_over(town: Town):
    town.sql("create table marts.other as select 1 as n")
    with town.same_as_from_nothing():
        town.build()
    assert town.made == []


def test_one_changed_row_makes_its_page_and_the_sum_anew(town: Town):
    town.sql("update marts.towns set people = 21 where region = 'Lappi'")
    with town.same_as_from_nothing():
        town.build()
    assert set(town.made) == {"kunta/lappi", "summa"}


def test_the_state_of_the_sources_is_asked_with_the_same_data(town: Town):
    with town.same_as_from_nothing(state="failed"):
        town.build(state="failed")
    assert set(town.made) == {"tila"}


def test_an_edited_page_is_made_anew(town: Town):
    town.write("summa.md", PAGES["summa.md"] + "Lisää.\n")
    with town.same_as_from_nothing():
        town.build()
    assert set(town.made) == {"summa"}


def test_a_row_that_is_gone_takes_its_page_along(town: Town):
    town.sql("delete from marts.towns where region = 'Uusimaa'")
    with town.same_as_from_nothing():
        town.build()
    assert set(town.made) == {"summa"}
    assert not (town.site / "fi" / "kunta" / "uusimaa").exists()


def test_a_page_taken_over_may_not_link_to_what_is_gone(town: Town):
    before = town.files()
    town.write("index.md", "Alku.\n")
    with pytest.raises(InputError, match=re.escape("no anchor 'ankkuri' in en/index.html")):
        town.build()
    assert town.files() == before


def test_an_edited_or_lost_file_of_the_site_is_made_anew(town: Town):
    (town.site / "fi" / "summa" / "index.html").write_text("muutettu", encoding="utf-8")
    (town.site / "sv" / "kunta" / "lappi" / "own.csv").unlink()
    with town.same_as_from_nothing():
        town.build()
    assert set(town.made) == {"summa", "kunta/lappi"}


def test_a_broken_memory_is_no_memory(town: Town):
    (town.folder / "kept.json").write_text('{"base": 1', encoding="utf-8")
    with town.same_as_from_nothing():
        town.build()
    assert len(town.made) == 3 * 7


def test_a_day_that_changes_nothing_makes_nothing(town: Town):
    with town.same_as_from_nothing(date(2026, 11, 25)):
        town.build(date(2026, 11, 25))
    assert town.made == []


def test_a_page_is_made_anew_on_the_day_that_its_figure_ages(town: Town):
    """The figure is stale from 31.3.2026 on; a site built before that day does not say so."""
    for day, made in ((date(2026, 3, 30), {"ika"}), (date(2026, 3, 31), {"ika"}), (date(2026, 4, 1), set[str]())):
        with town.same_as_from_nothing(day):
            town.build(day)
        assert set(town.made) == made, day


DAY = date(2026, 11, 24)


Ask = Callable[[date], object]

ASKED: list[tuple[date, date, Ask]] = [
    (date.min, date.max, lambda day: None),
    (date(2026, 1, 1), date.max, lambda day: date(2026, 1, 1) <= day),
    (date(2026, 1, 2), date.max, lambda day: date(2026, 1, 1) < day),
    (date.min, date(2027, 1, 1), lambda day: day <= date(2027, 1, 1)),
    (date.min, date(2026, 12, 31), lambda day: day < date(2027, 1, 1)),
    (date.min, date(2026, 12, 31), lambda day: date(2027, 1, 1) <= day),
    (date(2026, 1, 1), date(2026, 12, 31), lambda day: day.year),
    (DAY, DAY, lambda day: day.isoformat()),
    (DAY, DAY, lambda day: f"{day:%d}"),
    (DAY, DAY, lambda day: day - date(2026, 1, 1)),
    (DAY, DAY, lambda day: day == DAY),
    (DAY, DAY, lambda day: day + timedelta(days=1)),
    (DAY, DAY, lambda day: day.replace(day=1)),
    (DAY, DAY, lambda day: {day: 1}),
]


@pytest.mark.parametrize(("first", "last", "ask"), ASKED)
def test_a_day_notes_between_which_days_its_answers_are_the_same(first: date, last: date, ask: Ask):
    day = NotedDay.of(DAY)
    ask(day)
    assert (day.first, day.last) == (first, last)

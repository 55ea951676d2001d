"""Watched pages on a local server: news is noticed once, shown, and closed by reading or recording."""

import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines import record, settings, watchers
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.raw import RawStore
from pipelines.registry import load
from pipelines.verify import problems
from tests.servers import Publisher, publisher

PAGE = "/sosiaali-ja-terveysjarjestot-suomessa/"
ID = "soste-jarjestojen-maara"
WORDS = "Suomessa toimii sosiaali- ja terveysjärjestöjä, joiden määrä lasketaan vuosittain rekisteristä. "


def html(text: str, menu: str = "Etusivu") -> str:
    main_part = f"<main><p>{WORDS * 4}</p><p>{text}</p></main>"
    return f"<html><body><nav>{menu}</nav>{main_part}<script>{menu}</script></body></html>"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with publisher() as running:
        monkeypatch.setenv("LUKUINA_WATCHED_URL", running.url)
        monkeypatch.setenv("LUKUINA_ATTEMPTS", "1")
        running.page(PAGE, html("10 708 järjestöä."), etag='"a"')
        yield running


def night(monkeypatch: pytest.MonkeyPatch, day: str) -> dict[str, str]:
    """Look as of a day; page → outcome."""
    monkeypatch.setenv("LUKUINA_NOW", f"{day}T02:30:00+02:00")
    chosen = settings.load()
    return {visit.page: visit.outcome for visit in watchers.look(chosen, RawStore(chosen.raw), lambda _: None)}


def open_ids(world: settings.Settings) -> list[str]:
    return [one.id for one in watchers.to_dos(world.raw)]


def test_the_bundled_list_is_right_and_every_command_is_a_command_that_records(world: settings.Settings):
    figures = load(settings.PROJECT / "dashboards" / "figures")
    pages = watchers.pages(world.raw)
    assert len(pages) == 5
    for page in pages:
        for name in page.figures:
            words = shlex.split(watchers.command(world.raw, figures[name], page))
            assert words[:3] == ["lukuina", "record", name]
            filled = {"VALUE": "12", "YYYY": "2025", "YYYY-MM-DD": "2025-12-31", "CITATION": "X 2025"}
            given = main.commands["record"].make_context("record", [filled.get(word, word) for word in words[2:]])
            params = {k: v for k, v in given.params.items() if k not in {"figure", "own_data", "own_site"}}
            assert record.add(world.raw, figures[name], record.Given(**params), date(2026, 11, 24)) == 1


def test_a_page_that_changes_is_to_be_read_once_and_until_it_is_read(
    world: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    assert night(monkeypatch, "2026-11-24")[ID] == "new"
    assert open_ids(world) == [], "the first look is where we begin"
    assert night(monkeypatch, "2026-11-25")[ID] == "unchanged"
    assert server.asked(PAGE)[-1].headers["If-None-Match"] == '"a"'
    server.page(PAGE, html("10 708 järjestöä.", menu="Uusi valikko, tunniste 8812"), etag='"b"')
    assert night(monkeypatch, "2026-11-26")[ID] == "unchanged", "a menu and a script are no news"
    server.page(PAGE, html("11 020 järjestöä (1.1.2026)."), etag='"c"')
    assert night(monkeypatch, "2026-11-27")[ID] == "new"
    (todo,) = watchers.to_dos(world.raw)
    assert (todo.id, todo.changed_on, todo.figures) == (ID, date(2026, 11, 27), ("sote-jarjestot",))
    assert todo.new == ("11 020 järjestöä (1.1.2026).",)
    assert "11 020" not in str(watchers.as_dicts([todo])), "what the page says is not republished (R15)"
    night(monkeypatch, "2026-11-28")
    assert watchers.to_dos(world.raw) == [todo]
    assert not list(problems(RawStore(world.raw)))
    said = CliRunner().invoke(main, ["status"]).stdout
    assert f"to read: {ID}, changed 2026-11-27" in said
    assert "lukuina record sote-jarjestot --value VALUE" in said
    done = CliRunner().invoke(main, ["seen", ID, "--note", "no newer count"])
    assert done.exit_code == 0, done.stderr
    assert open_ids(world) == []
    again = CliRunner().invoke(main, ["seen", ID])
    assert (again.exit_code, "nothing new on it" in again.stderr) == (2, True)
    server.page(PAGE, html("11 111 järjestöä."), etag='"d"')
    night(monkeypatch, "2026-11-29")
    assert open_ids(world) == [ID]
    assert watchers.recorded(world.raw, "sote-jarjestot") == [ID]
    assert open_ids(world) == []


def test_a_page_that_changes_back_closes_its_own_to_do(
    world: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    for day, text, opened in (("24", "A", []), ("25", "B", [ID]), ("26", "A", [])):
        server.page(PAGE, html(text))
        night(monkeypatch, f"2026-11-{day}")
        assert open_ids(world) == opened


def test_trouble_with_a_watched_page_breaks_nothing_and_is_lost_only_after_long(
    world: settings.Settings, server: Publisher, monkeypatch: pytest.MonkeyPatch
):
    night(monkeypatch, "2026-11-01")
    server.page(PAGE, "<html><body><script>app()</script></body></html>")
    assert night(monkeypatch, "2026-11-02")[ID] == "failed", "a page without text is none"
    server.page(PAGE, "no", status=500)
    assert set(night(monkeypatch, "2026-11-03").values()) == {"failed"}
    now = watchers.clock.now()
    assert watchers.lost(world.raw, now) == []
    night(monkeypatch, "2026-11-16")
    found = {one.id: one.message for one in watchers.lost(world.raw, watchers.clock.now())}
    assert "answered 500" in found[ID]
    assert open_ids(world) == []


def test_without_a_contact_no_public_host_is_asked(world: settings.Settings):
    said: list[str] = []
    assert watchers.look(settings.load(), RawStore(world.raw), said.append) == []
    assert "LUKUINA_CONTACT" in said[0]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("- {id: a}", "the keys"),
        ("- {id: A B, title: t, url: 'https://a', publisher: p, figures: []}", "not an id"),
        ("- {id: a, title: t, url: 'ftp://a', publisher: p, figures: []}", "is not an address"),
        ("- {id: a, title: t, url: 'https://a', publisher: p, figures: [yhdistyksett]}", "perhaps 'yhdistykset'"),
        ("a: [", "not YAML"),
        ("a: 1", "not a list"),
    ],
)
def test_a_wrong_list_is_named_and_the_night_goes_on(world: settings.Settings, row: str, problem: str):
    (world.raw / "reference" / "watched.yaml").write_text(row, encoding="utf-8")
    with pytest.raises(InputError, match=r"watched\.yaml") as error:
        watchers.pages(world.raw)
    assert problem in str(error.value)
    said: list[str] = []
    assert watchers.look(settings.load(), RawStore(world.raw), said.append) == []
    assert problem in said[0]


def test_an_older_installation_gets_the_list(tmp_path: Path, world: settings.Settings):
    (world.raw / "reference" / "watched.yaml").unlink()
    from pipelines import take_in

    assert take_in.seed(world.raw)
    assert len(watchers.pages(world.raw)) == 5

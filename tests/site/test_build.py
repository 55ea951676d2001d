"""The static build: addresses, languages, same bytes, replacing the folder, golden pages."""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from pipelines import folders
from pipelines.errors import InputError
from pipelines.registry import Registry
from pipelines.site import place
from pipelines.site.build import STATUS_COLUMNS, build
from tests.site.conftest import PROJECT, REFERENCE, Build

GOLDEN = Path(__file__).parent / "golden"
MENU = "---\ntitle: {fi: Tila, sv: Läge, en: Status}\nmenu: {fi: Tila, sv: Läge, en: Status}\n---\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_golden(site: Build, tmp_path: Path, language: str) -> None:
    """The tiny page gives these very bytes; ``UPDATE_GOLDEN=1 pytest`` writes them anew, to be read in the diff."""
    site((GOLDEN / "page.md").read_text(encoding="utf-8"), {"tila.md": MENU})
    made = (tmp_path / "site" / language / "index.html").read_text(encoding="utf-8")
    golden = GOLDEN / f"page.{language}.html"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


def test_addresses_and_relative_links(site: Build, tmp_path: Path) -> None:
    built = site("[Tila](/tila#x)", {"tila.md": MENU + "## Otsikko {: #x}\n[Alku](/)", "a/b.md": MENU})
    assert built.pages == (
        *("en/a/b/index.html", "en/index.html", "en/tila/index.html"),
        *("fi/a/b/index.html", "fi/index.html", "fi/tila/index.html", "index.html"),
        *("sv/a/b/index.html", "sv/index.html", "sv/tila/index.html"),
    )
    page = (tmp_path / "site/fi/tila/index.html").read_text(encoding="utf-8")
    assert 'href="../../assets/site.css"' in page
    assert 'href="../../sv/tila/index.html"' in page
    assert '<a href="../index.html">Alku</a>' in page
    assert 'href="tila/index.html#x"' in (tmp_path / "site/fi/index.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert "canonical" not in page


def test_absolute_addresses_only_with_a_base(site: Build, tmp_path: Path) -> None:
    site("x", base_url="https://example.org/luvut")
    page = (tmp_path / "site/sv/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://example.org/luvut/sv/">' in page
    assert '<link rel="alternate" hreflang="fi" href="https://example.org/luvut/fi/">' in page


def test_same_input_same_bytes_and_unchanged_files_keep_their_time(site: Build, tmp_path: Path) -> None:
    first = site("{{ big_value(figure('members'), level=2) }}")
    before = contents(tmp_path / "site")
    os.utime(tmp_path / "site/fi/index.html", (1, 1))
    second = site("{{ big_value(figure('members'), level=2) }}")
    assert contents(tmp_path / "site") == before
    assert (first.written, second.written, second.unchanged) == (len(before), 0, len(before))
    assert (tmp_path / "site/fi/index.html").stat().st_mtime == 1


def test_a_removed_page_is_gone(site: Build, dashboards: Path, tmp_path: Path) -> None:
    site("x", {"tila.md": MENU})
    (dashboards / "pages/tila.md").unlink()
    built = site("x")
    assert built.removed == 3
    assert not (tmp_path / "site/fi/tila").exists()


def test_data_files_are_linked_when_given(site: Build, tmp_path: Path) -> None:
    data = tmp_path / "lukuina.duckdb"
    data.write_bytes(b"data")
    site("x", downloads={"data/lukuina.duckdb": data})
    assert (tmp_path / "site/data/lukuina.duckdb").read_bytes() == b"data"
    assert '<a href="../data/lukuina.duckdb">lukuina.duckdb</a>' in (tmp_path / "site/fi/index.html").read_text("utf-8")
    assert data.read_bytes() == b"data"
    site("x")
    assert "lukuina.duckdb" not in (tmp_path / "site/fi/index.html").read_text("utf-8")


def test_known_on_is_said(site: Build, tmp_path: Path) -> None:
    site("{{ big_value(figure('members'), level=2) }}", known_on=date(2019, 11, 30))
    page = (tmp_path / "site/fi/index.html").read_text(encoding="utf-8")
    assert "sellaisina kuin ne olivat julkisia 30.11.2019" in page
    assert '<p class="when">30.11.2019</p>' in page


def test_status(site: Build, tmp_path: Path) -> None:
    page = '{{ data_table(status, caption=_("Lähteet viimeisimmän haun jälkeen")) }}'
    row = dict.fromkeys(STATUS_COLUMNS) | {
        "source": "prh",
        "state": "failed",
        "last_fetch": "2026-11-24T00:30:00+00:00",
    }
    site(page, status=[row | {"extra": 1}])
    text = (tmp_path / "site/fi/index.html").read_text(encoding="utf-8")
    assert "24.11.2026\u00a0klo\u00a02.30" in text
    assert "haku epäonnistui" in text
    site(page)
    assert "Tilatietoja ei ole." in (tmp_path / "site/fi/index.html").read_text(encoding="utf-8")


def test_no_inline_script_and_no_foreign_host(site: Build, tmp_path: Path) -> None:
    site("{{ big_value(figure('members'), compare='handbook', level=2) }}")
    page = (tmp_path / "site/fi/index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script\b.*?</script>", page, re.DOTALL) == re.findall(r"<script src=[^<>]+></script>", page)
    assert page.count("<script") == 1
    assert "style=" not in page
    css = (tmp_path / "site/assets/site.css").read_text(encoding="utf-8")
    assert "url(" not in css
    assert "@import" not in css


def test_progress_is_told(site: Build) -> None:
    told: list[str] = []
    site("x", progress=told.append)
    assert told == [f"{language} dashboards/pages/index.md" for language in ("fi", "sv", "en")]


def test_replacing_without_exchange(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(folders, "_at_once", lambda first, second: False)
    out = tmp_path / "site"
    place.put({"a/b.html": b"1"}, out)
    placed = place.put({"a/b.html": b"1", "c.html": b"2"}, out)
    assert (placed.written, placed.unchanged, placed.removed) == (1, 1, 0)
    assert contents(out) == {"a/b.html": b"1", "c.html": b"2"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".site-spare", "site"]


def test_the_spare_folder_is_brought_to_the_new_site_whatever_is_in_it(tmp_path: Path) -> None:
    out, spare = tmp_path / "site", tmp_path / ".site-spare"
    first: dict[str, bytes | Path] = {"a/b": b"1", "c": b"2", "d/e/f": b"3", "g": b"4"}
    place.put(first, out)
    place.put({**first, "g": b"5"}, out)
    kept = (out / "a" / "b").stat().st_mtime_ns
    (spare / "c").unlink()
    (spare / "c").mkdir()
    (spare / "c" / "x").write_text("a folder where a file is to be")
    (spare / "half").write_text("of a run that was killed")
    (spare / "g").write_text("half")
    second: dict[str, bytes | Path] = {"a/b": out / "a" / "b", "c": b"2", "d/e": b"6", "g": b"7"}
    placed = place.put(second, out)
    assert contents(out) == {"a/b": b"1", "c": b"2", "d/e": b"6", "g": b"7"}
    assert contents(spare) == {**first, "g": b"5"}, "the site before is as it was"
    assert (placed.written, placed.unchanged, placed.removed) == (2, 2, 1)
    assert (out / "a" / "b").stat().st_mtime_ns == kept


def test_the_folder_of_something_else_is_not_replaced(site: Build, tmp_path: Path) -> None:
    """A wrong word in LUKUINA_SITE once put a site in the place of a whole checkout."""
    out = tmp_path / "site"
    (out / ".git").mkdir(parents=True)
    (out / "thesis.md").write_text("years of work")
    with pytest.raises(InputError, match=r"is the folder of something else; expected an empty .*in the settings"):
        site("x")
    assert contents(out) == {"thesis.md": b"years of work"}
    assert (out / ".git").is_dir()
    assert not (tmp_path / ".site-spare").exists()
    (out / "thesis.md").unlink()
    (out / ".git").rmdir()
    site("x")
    (out / "index.html").unlink()
    site("x")
    assert (out / "index.html").is_file(), "a site of ours is mended"


def test_a_mount_point_is_told_at_once() -> None:
    with pytest.raises(InputError, match="/: is a mount point, whose place nothing can take; expected a folder inside"):
        folders.check(Path("/"), place.OURS)


def test_the_folder_of_the_data_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("x")
    (tmp_path / "status.json").write_text("{}")
    with pytest.raises(InputError, match=r"holds lukuina\.duckdb, and would be replaced"):
        folders.check(tmp_path, place.OURS, tmp_path / "data" / "marts" / "lukuina.duckdb")


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("x")
    with pytest.raises(Exception, match="is a file"):
        place.put({"a": b""}, tmp_path / "site")


def test_the_projects_pages_read(tmp_path: Path) -> None:
    """The real pages have their titles, slots and fences in order (their data is tested with the warehouse)."""
    from pipelines.site import page

    folder = PROJECT / "dashboards" / "pages"
    addresses = [page.load(path, folder).address for path in sorted(folder.rglob("*.md"))]
    assert "" in addresses


def test_with_the_database_opened_as_in_a_run(
    dashboards: Path, database: Path, figures: Registry, tmp_path: Path
) -> None:
    (dashboards / "pages/index.md").write_text("---\ntitle: {fi: a, sv: b, en: c}\n---\n", encoding="utf-8")
    out, day = tmp_path / "new" / "site", date(2026, 11, 24)
    build(database, out, figures, reference=REFERENCE, build_date=day, dashboards=dashboards)
    assert (out / "fi/index.html").is_file()
    assert (out / "assets/site.css").is_file()

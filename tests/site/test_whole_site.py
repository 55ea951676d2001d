"""The real site on the bundled figures: every link, anchor, download and feed resolves; words in three languages.

An independent look, not by the checker that the build itself uses (pipelines/site/links.py).
"""

import json
import re
import shutil
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import pytest
from lxml import etree, html

from pipelines import run, settings
from pipelines.languages import LANGUAGES
from pipelines.status import SourceStatus
from tests.conftest import NOW, at

pytestmark = pytest.mark.slow

BASE = "https://example.org/luvut"


@pytest.fixture(scope="module")
def site(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with full addresses, built from marts that are already there."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(built_once, folder / "data")
    chosen = settings.Settings(folder / "data", folder / "site", base_url=BASE, contact="luvut@example.org")
    with at(NOW):
        run.render(chosen, lambda _: None)
    return chosen.site


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, html.HtmlElement]:
    """Every page, parsed, by its path."""
    found = sorted(site.rglob("*.html"))
    return {path.relative_to(site).as_posix(): html.parse(str(path)).getroot() for path in found}


def path_of(address: str) -> str:
    """Return the file of a full address of the site."""
    path = unquote(urlsplit(address).path.removeprefix(urlsplit(BASE).path)).lstrip("/")
    return f"{path}index.html" if path.endswith("/") or not path else path


def test_every_picture_can_be_downloaded_as_svg_and_png(pages: dict[str, html.HtmlElement]) -> None:
    """The PNG were written and no page said so, from the day that pages were taken over until 2026-11-29."""
    shown = 0
    for path, page in pages.items():
        for figure in page.xpath("//figure[@class='picture']"):
            names = [Path(href).suffix for href in figure.xpath(".//p[@class='download']/a/@href")]
            assert names == [".svg", ".png", ".csv"], path
            shown += 1
    assert shown > 20


def test_links_anchors_and_downloads(site: Path, pages: dict[str, html.HtmlElement]) -> None:
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    ids = {path: set(page.xpath("//@id")) for path, page in pages.items()}
    lost: list[str] = []
    for path, page in pages.items():
        folder = "" if page.xpath("//base") else dirname(path)
        for address in page.xpath("//@href | //@src | //meta[@property='og:image']/@content"):
            parts = urlsplit(address)
            if address.startswith(f"{BASE}/") or address == BASE:
                target = path_of(address)
            elif parts.scheme in {"http", "https"}:
                continue
            else:
                target = normpath(join(folder, unquote(parts.path))) if parts.path else path
            if target not in files:
                lost.append(f"{path}: {address}")
            elif parts.fragment and target in ids and unquote(parts.fragment) not in ids[target]:
                lost.append(f"{path}: no anchor {address}")
    assert lost == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_is_reached_from_the_front_page(pages: dict[str, html.HtmlElement], language: str) -> None:
    """A figure's own page from the figure itself: until 2026-11-29 the list of changes alone led to it."""

    def linked(path: str) -> set[str]:
        folder = dirname(path)
        hrefs = [urlsplit(a).path for a in pages[path].xpath("//main//a/@href | //nav//a/@href | //footer//a/@href")]
        found = {normpath(join(folder, unquote(href))) if href.endswith(".html") else path_of(href) for href in hrefs}
        return {one for one in found if one in pages and one.startswith(f"{language}/")}

    front = f"{language}/index.html"
    assert {path for path in pages if re.fullmatch(f"{language}/luku/[^/]+/index.html", path)} <= linked(front)
    reached, open_ = {front}, [front]
    while open_:
        new = linked(open_.pop()) - reached
        reached |= new
        open_ += new
    assert {path for path in pages if path.startswith(f"{language}/")} - reached == set()


def test_feeds_and_sitemap_lead_to_pages(site: Path) -> None:
    addresses: list[str] = []
    for path in sorted(site.rglob("atom.xml")):
        addresses += [str(a) for a in etree.parse(str(path)).xpath("//*[local-name()='link']/@href")]
    for path in sorted(site.rglob("feed.json")):
        feed = json.loads(path.read_text(encoding="utf-8"))
        addresses += [feed["home_page_url"], feed["feed_url"], *(item["url"] for item in feed["items"])]
    root = etree.parse(str(site / "sitemap.xml"))
    addresses += [str(a) for a in root.xpath("//*[local-name()='loc']/text() | //@href")]
    assert len(addresses) > 100
    assert [a for a in addresses if not a.startswith(f"{BASE}/") or not (site / path_of(a)).is_file()] == []


def test_no_file_is_empty_or_lost(site: Path) -> None:
    assert [str(path) for path in site.rglob("*") if path.is_file() and path.stat().st_size == 0] == []


def test_twins_in_three_languages(pages: dict[str, html.HtmlElement]) -> None:
    """Every address exists in the three languages, and each page names its twins by full address."""
    addresses = {code: {p.partition("/")[2] for p in pages if p.startswith(f"{code}/")} for code in ("fi", "sv", "en")}
    assert addresses["fi"] == addresses["sv"] == addresses["en"]
    for path in ("fi/index.html", "sv/sanasto/index.html"):
        twins = pages[path].xpath("//link[@rel='alternate'][@hreflang]/@hreflang")
        assert twins == ["en", "fi", "sv"]


def test_the_statement_names_the_contact(pages: dict[str, html.HtmlElement]) -> None:
    for code in ("fi", "sv", "en"):
        assert "luvut@example.org" in pages[f"{code}/saavutettavuus/index.html"].text_content()


def test_what_is_unchecked_says_so(pages: dict[str, html.HtmlElement]) -> None:
    words = {"fi": "tarkistamatta", "sv": "inte kontrollerat", "en": "to be checked"}
    for code, word in words.items():
        (entry,) = pages[f"{code}/sanasto/index.html"].xpath("//article[@id='sosiaalinen-yritys']")
        assert word in entry.text_content()


def test_no_finnish_reason_on_a_swedish_page(pages: dict[str, html.HtmlElement]) -> None:
    for path in ("sv/menetelmat/index.html", "sv/muutokset/index.html"):
        text = pages[path].text_content()
        assert "against edition" not in text
        assert "Norra Österbotten" in text
        assert "Pohjois-Pohjanmaa" not in text


def test_feeds_are_announced_in_the_head(pages: dict[str, html.HtmlElement]) -> None:
    head = pages["en/muutokset/index.html"].xpath("//head/link[@rel='alternate'][@type]/@href")
    assert head == ["atom.xml", "feed.json"]


def test_a_night_without_news_writes_the_state_of_the_night_alone(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but Tila and status.json stays as it lies, tables and the record of inputs included."""

    def stats() -> dict[str, tuple[int, int]]:
        return {
            path.relative_to(site).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
            for path in site.rglob("*")
            if path.is_file()
        }

    monkeypatch.setenv("LUKUINA_NOW", "2026-11-25T06:00:00+02:00")
    chosen = settings.Settings(site.with_name("data"), site, base_url=BASE, contact="luvut@example.org")
    before = stats()
    failed = SourceStatus("prh", "failed", "2026-11-25T04:00:00+00:00", None, None, "palvelin ei vastaa")
    told = [failed if one.source == "prh" else one for one in run.statuses(chosen)]
    run.render(chosen, lambda _: None, found=told)
    after = stats()
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed == {"status.json", *(f"{language}/tila/index.html" for language in LANGUAGES)}

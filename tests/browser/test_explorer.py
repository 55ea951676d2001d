"""The grants explorer in a browser: with the whole workbook, with the bundled figures alone, without JavaScript.

What belongs here: that page in use, its sums against the marts' SQL. What does not: the form of its data files
(tests/site/test_explorer_data.py), words and stems (tests/test_purposes.py).
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page

from pipelines import registry, warehouse
from pipelines.site.build import build
from tests.browser.conftest import served_folder
from tests.browser.test_axe import COLOURS, violations
from tests.browser.test_csp import WATCH
from tests.conftest import PROJECT

pytestmark = pytest.mark.browser

ORGANISATION = "loma-ja-terveys-ry"
SUMS = """select cast(coalesce(sum(granted_eur), 0) as bigint), cast(sum(applied_eur) as bigint),
    cast(coalesce(sum(proposed_eur) filter (granted_eur is null), 0) as bigint), count(*), count(distinct organisation)
from marts.grants where """
SHARES = """select sum(granted_eur), sum(applied_eur), sum(proposed_eur) filter (decision_state = 'proposed')
from marts.grants_by_year_region where """
WHOLE = ("organisation", "purpose", "grant_number", "applied_eur", "proposed_eur", "granted_eur")
LIMIT = 1_500_000
SHOWN = 25
"""Purposes in the list at once (explorer.js); at worst each lies in a file of its own."""
BY_WORD = """exists (
    from marts.grant_purpose_words as w inner join marts.purpose_words as p on w.stem = p.stem
    where w.year = grants.year and w.sheet_row = grants.sheet_row and (p.family = '{0}' or p.word like '{0}%')
) or contains(lower(organisation), '{1}')"""


@pytest.fixture(scope="module")
def explorer(workbook_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The explorer's page of the real workbook, with the page of one organisation."""
    folder = tmp_path_factory.mktemp("explorer")
    pages = folder / "dashboards" / "pages"
    (pages / "jarjesto").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (folder / "dashboards" / name).symlink_to(PROJECT / "dashboards" / name)
    for name in ("index.md", "avustukset.md", "aineistot.md"):
        (pages / name).write_text("---\ntitle: {fi: a, sv: b, en: c}\n---\nx\n", encoding="utf-8")
    shutil.copyfile(PROJECT / "dashboards" / "pages" / "avustushaku.md", pages / "avustushaku.md")
    own = "jarjesto/[organisation_id].md"
    text = (PROJECT / "dashboards" / "pages" / own).read_text(encoding="utf-8")
    assert text.count("\norder by o.organisation_id\n") == 1
    text = text.replace("\norder by o.organisation_id\n", f"\nand o.organisation_id = '{ORGANISATION}'\n")
    (pages / own).write_text(text, encoding="utf-8")
    marts = workbook_data / "marts"
    build(
        marts / "lukuina.duckdb", folder / "site", registry.load(PROJECT / "dashboards" / "figures"),
        reference=workbook_data / "raw" / "reference", build_date=date(2026, 11, 24), dashboards=folder / "dashboards",
        extras=(), downloads={f"data/{name}": marts / name for name in ("grants.csv", "grants.parquet")},
    )  # fmt: skip
    return folder / "site"


@pytest.fixture(scope="module")
def con(workbook_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.connect(workbook_data / "marts") as opened:
        yield opened


def opened(page: Page, site: Path, asked: str = "") -> Page:
    """Open the page from the disk with what is asked in its address, and wait for what it found."""
    page.goto("about:blank")
    page.goto(f"{(site / 'fi' / 'avustushaku' / 'index.html').as_uri()}#{asked}")
    return settled(page)


def settled(page: Page) -> Page:
    """Wait until the list of the last question is there."""
    page.wait_for_selector("#explorer[data-state=ready]")
    return page


def number(text: str) -> int:
    return int(re.sub(r"[^\d]", "", text))


def sums(page: Page) -> tuple[int, ...]:
    names = ("granted", "applied", "proposed", "targets", "applicants")
    return tuple(number(page.locator(f"#exp-{name}").text_content() or "") for name in names)


QUESTIONS = {
    "": "true",
    "vuosi=2025": "year = 2025",
    "vuosi=2026": "year = 2026",
    "laji=Ay&vuosi=2024": "grant_type = 'Ay' and year = 2024",
    "kokonaisuus=Työelämäosallisuus": "theme = 'Työelämäosallisuus'",
    "luokka=Työttömien järjestöt": "organisation_class = 'Työttömien järjestöt'",
    "tyo=1": "employment_class or employment_keyword or employment_keyword_sv",
    f"jarjesto={ORGANISATION}": f"organisation_id = '{ORGANISATION}'",
    "haku=kuntoutuksen": BY_WORD.format("kuntoutu", "kuntoutuksen"),
    "haku=TYÖTTÖMILLE&vuosi=2023": f"({BY_WORD.format('työtö', 'työttömille')} ) and year = 2023".replace(
        "p.word like 'työtö%'", "p.word like 'työtö%' or p.word like 'työttömille%'"
    ),
    "haku=ja&vuosi=2022": "year = 2022",
    "haku=2019&vuosi=2022": "year = 2022",
}


def test_sums_are_those_of_the_marts(page: Page, explorer: Path, con: duckdb.DuckDBPyConnection) -> None:
    for asked, where in QUESTIONS.items():
        expected = con.execute(SUMS + where).fetchone()
        assert sums(opened(page, explorer, asked)) == expected, asked
    print(f"{len(QUESTIONS)} selections have the sums of SQL, five numbers each")


@pytest.mark.parametrize(("area", "where"), [("12", "region_code = '12'"), ("abroad", "area = 'abroad'")])
def test_an_area_has_its_share(
    page: Page, explorer: Path, con: duckdb.DuckDBPyConnection, area: str, where: str
) -> None:
    expected = con.execute(SHARES + where).fetchone()
    assert expected is not None
    assert sums(opened(page, explorer, f"alue={area}"))[:3] == tuple(int(value or 0) for value in expected)
    assert page.locator("#exp-share").is_visible()


def test_filters_by_hand_are_kept_in_the_address(page: Page, explorer: Path) -> None:
    opened(page, explorer)
    page.get_by_label("Vuosi").select_option("2025")
    page.get_by_label("Avustuslaji").select_option("Ay")
    page.get_by_label("Järjestö tai käyttötarkoitus").fill("mielenterveys")
    found = sums(settled(page))
    assert "haku=mielenterveys&vuosi=2025&laji=Ay" in page.evaluate("location.hash")
    assert page.locator("#exp-list li").count() == min(found[3], 25)
    page.reload()
    assert sums(settled(page)) == found
    assert page.get_by_label("Avustuslaji").input_value() == "Ay"
    page.locator(".languages a", has_text="English").click()
    assert sums(settled(page)) == found
    page.get_by_role("button", name="Clear the filters").click()
    assert sums(settled(page))[3] == 26487
    assert page.evaluate("location.hash") == ""


def test_the_list_has_pages(page: Page, explorer: Path) -> None:
    opened(page, explorer, "vuosi=2025")
    first = page.locator("#exp-list li").first.inner_text()
    assert page.locator("#exp-list li").count() == 25
    page.get_by_role("button", name="Seuraava sivu").press("Enter")
    assert settled(page).locator("#exp-list li").first.inner_text() != first
    assert "sivu=2" in page.evaluate("location.hash")
    assert page.evaluate("document.activeElement.id") == "exp-heading"


def test_an_organisation_s_page_leads_to_its_grants(page: Page, explorer: Path) -> None:
    page.goto((explorer / "fi" / "jarjesto" / ORGANISATION / "index.html").as_uri())
    page.get_by_role("link", name="Rajaa ja lataa").click()
    assert "Loma ja Terveys ry" in settled(page).locator("#exp-one").inner_text()
    page.locator("#exp-list a").first.click()
    assert page.locator("h1").inner_text().startswith("Loma ja Terveys ry")


def test_a_number_that_only_purposes_have_is_said_not_to_be_looked_for(page: Page, explorer: Path) -> None:
    """A purpose copied with its years, "(2018-2020)", found nothing."""
    opened(page, explorer, "haku=mielenterveys")
    words = sums(page)
    opened(page, explorer, "haku=mielenterveys (2018-2020) ja")
    assert sums(page) == words
    told = page.locator("#exp-common").inner_text()
    assert "käyttötarkoituksista: 2018, 2020." in told
    assert "rajaa hakua: ja." in told


def test_a_purpose_says_its_language(page: Page, explorer: Path) -> None:
    opened(page, explorer, "haku=arbetslösa")
    assert page.locator("#exp-list .exp-purpose").first.get_attribute("lang") == "sv"
    opened(page, explorer, "haku=työttömien")
    assert page.locator("#exp-list .exp-purpose").first.get_attribute("lang") == "fi"


def test_nothing_found_is_said(page: Page, explorer: Path) -> None:
    opened(page, explorer, "haku=xyzzyx")
    assert "ei ole avustuksia" in page.locator("#exp-told").inner_text()
    assert page.locator("#exp-sums").is_hidden()
    assert page.get_by_role("button", name="Lataa valinta (CSV)").is_disabled()


def test_what_an_address_asks_in_vain_is_left_out(page: Page, explorer: Path) -> None:
    opened(page, explorer, "vuosi=1066&laji=%3Cb%3E&jarjesto=nobody&sivu=-7&jarjestys=x")
    assert sums(page)[3] == 26487


def test_the_selection_as_csv_and_its_description(
    page: Page, explorer: Path, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    where = "year = 2022 and grant_type = 'B'"
    opened(page, explorer, "vuosi=2022&laji=B&alue=national")
    found = sums(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Lataa valinta (CSV)").click()
    assert waiting.value.suggested_filename == "stea-avustukset-valinta-2025-12-19.csv"
    waiting.value.save_as(tmp_path / "x.csv")
    body = (tmp_path / "x.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbfyear;organisation;")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    expected = con.execute(
        f"select {', '.join(WHOLE)} from marts.grants where {where} and scope = 'Valtakunnallinen'"
    ).fetchall()
    told_again = [tuple("" if cell is None else str(cell) for cell in one) for one in expected]
    assert sorted(tuple(one[name] for name in WHOLE) for one in rows) == sorted(told_again)
    assert sum(int(one["area_granted_eur"]) for one in rows) == found[0]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Lataa kuvaus (JSON)").click()
    assert waiting.value.suggested_filename == "stea-avustukset-valinta-2025-12-19.csv-metadata.json"
    waiting.value.save_as(tmp_path / "x.json")
    told = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert (told["url"], told["dc:date"]) == ("stea-avustukset-valinta-2025-12-19.csv", "2025-12-19")
    assert [column["name"] for column in told["tableSchema"]["columns"]] == list(rows[0])
    assert told["notes"][1]["rows"] == len(rows)
    assert told["notes"][1]["filters"]["year"] == "2022"


def test_what_a_spreadsheet_would_run_is_escaped(
    page: Page, explorer: Path, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Purposes that begin with a hyphen, an equals sign and so on, as they stand in the real workbook."""
    found = con.execute(
        "select organisation_id, purpose from marts.grants where regexp_matches(purpose, '^[=+@-]') order by all"
    ).fetchall()
    assert found
    opened(page, explorer, f"jarjesto={found[0][0]}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Lataa valinta (CSV)").click()
    waiting.value.save_as(tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file, delimiter=";") for cell in line]
    assert f"'{found[0][1]}" in cells
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r") and cell]


def test_the_explorer_keeps_its_policy(page: Page, explorer: Path) -> None:
    page.add_init_script(WATCH)
    with served_folder(explorer) as host:
        page.goto(f"{host}/fi/avustushaku/#haku=nuorten")
        settled(page)
        assert page.evaluate("window.violations") == []
        assert {address.split("/")[2] for address in page.evaluate(
            "performance.getEntriesByType('resource').map(one => one.name)"
        )} == {host.split("/")[2]}  # fmt: skip


def test_whatever_is_asked_first_is_within_the_limit_uncompressed(explorer: Path) -> None:
    """Page, every asset, core, the largest piece of the index and the 25 largest of the texts."""
    data = {path.name: path.stat().st_size for path in (explorer / "fi" / "avustushaku").iterdir()}
    assets = sum(path.stat().st_size for path in (explorer / "assets").iterdir())
    texts, words = (sorted(n for name, n in data.items() if name.startswith(f"data-{kind}")) for kind in "pw")
    worst = assets + data["index.html"] + data["data-core.js"] + words[-1] + sum(texts[-SHOWN:])
    print(f"at worst {worst / 1e6:.2f} MB before the first answer, {len(texts)} files of texts, {len(words)} of words")
    assert len(texts) > 500
    assert worst <= LIMIT


def test_the_explorer_has_no_violations(page: Page, explorer: Path) -> None:
    opened(page, explorer, "alue=12&haku=nuorten")
    light = violations(page)
    page.emulate_media(color_scheme="dark")
    assert (light, violations(page, COLOURS)) == ([], [])
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_lost_file_is_said(page: Page, explorer: Path) -> None:
    page.route("**/data-core.js*", lambda route: route.abort())
    with served_folder(explorer) as host:
        page.goto(f"{host}/fi/avustushaku/")
        page.locator("#exp-message", has_text="ei onnistunut").wait_for()


def test_without_javascript_there_are_recipients_and_downloads(browser: Browser, explorer: Path) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800}) as context:
        page = context.new_page()
        page.goto((explorer / "fi" / "avustushaku" / "index.html").as_uri())
        assert page.locator("#explorer").is_hidden()
        assert "JavaScript" in page.locator("#exp-off").inner_text()
        assert page.locator("main table tbody tr").count() == 15
        assert page.locator('a[href$="data/grants.csv"]').is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_bundled_figures_alone_say_how_to_load_the_rest(page: Page, site: Path) -> None:
    page.goto((site / "fi" / "avustushaku" / "index.html").as_uri())
    assert page.locator("#explorer").count() == 0
    assert page.locator("main table tbody tr").count() == 15
    assert "lukuina import stea" in page.locator("main").inner_text()
    assert list((site / "fi" / "avustushaku").glob("data-*.js")) == []

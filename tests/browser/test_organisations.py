"""The page of an organisation, with a workbook imported: readable, quotable, accessible, and without JavaScript.

What belongs here: that page in a browser. What does not: the marts that it reads (tests/test_grants.py).
"""

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines import refresh, registry, run, settings
from pipelines.languages import LANGUAGES
from pipelines.site.build import build
from pipelines.sources import stea
from tests.browser.test_axe import COLOURS, violations
from tests.conftest import PROJECT
from tests.sources import stea_files

pytestmark = pytest.mark.browser

PAGE = "[organisation_id].md"


@pytest.fixture(scope="module")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of three organisations of a workbook of two new years, the later only proposed."""
    folder = tmp_path_factory.mktemp("organisations")
    chosen = settings.Settings(data=folder / "data", site=folder / "site")
    path = folder / "STEA.xlsx"
    path.write_bytes(stea_files.workbook(stea_files.years(2026, 2027)))
    before = os.environ.get("LUKUINA_NOW")
    os.environ["LUKUINA_NOW"] = "2027-11-24T06:00:00+02:00"
    try:
        store = run.prepare(chosen, lambda _: None)
        refresh.bring_in(store, stea.SOURCE, "workbook", path, path.read_bytes(), date(2026, 12, 18))
        run.run(chosen, lambda _: None)
    finally:
        del os.environ["LUKUINA_NOW"]
        if before is not None:
            os.environ["LUKUINA_NOW"] = before
    pages = folder / "dashboards" / "pages"
    (pages / "jarjesto").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (folder / "dashboards" / name).symlink_to(PROJECT / "dashboards" / name)
    for name in ("index.md", "avustukset.md", "avustushaku.md"):
        (pages / name).write_text("---\ntitle: {fi: a, sv: b, en: c}\n---\nx\n", encoding="utf-8")
    shutil.copyfile(PROJECT / "dashboards" / "pages" / "jarjesto" / PAGE, pages / "jarjesto" / PAGE)
    text = (pages / "jarjesto" / PAGE).read_text(encoding="utf-8")
    assert text.count("\norder by o.organisation_id\n") == 1
    text = text.replace("\norder by o.organisation_id\n", "\norder by o.organisation_id\nlimit 3\n")
    (pages / "jarjesto" / PAGE).write_text(text, encoding="utf-8")
    build(
        chosen.marts / "lukuina.duckdb", folder / "site", registry.load(PROJECT / "dashboards" / "figures"),
        reference=chosen.raw / "reference", build_date=date(2027, 11, 24), dashboards=folder / "dashboards", extras=(),
    )  # fmt: skip
    return folder / "site"


def address(site: Path, language: str) -> str:
    return (site / language / "jarjesto" / "yhdistys-0000-ry" / "index.html").as_uri()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organisation_has_no_violations(page: Page, organisations: Path, language: str) -> None:
    page.goto(address(organisations, language))
    light = violations(page)
    page.emulate_media(color_scheme="dark")
    assert (light, violations(page, COLOURS)) == ([], [])


def test_its_quote_has_a_button_to_copy_it(page: Page, organisations: Path) -> None:
    page.goto(address(organisations, "fi"))
    assert page.locator("blockquote + .copying button").count() == 1


def test_an_organisation_says_what_it_got_without_javascript(browser: Browser, organisations: Path) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800}) as context:
        page = context.new_page()
        page.goto(address(organisations, "fi"))
        said = page.locator("main").inner_text().replace("\u00a0", " ")
        assert "Yhdistys 0000 ry sai STEA-avustuksia 4 052 euroa vuonna 2026 (STEA 18.12.2026)" in said
        assert "ehdotettu" in said.lower()
        assert page.locator("main table").count() >= 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

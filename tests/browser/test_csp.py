"""Every kind of page satisfies its own Content-Security-Policy: served, and opened from the disk."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import KINDS, first_of

pytestmark = pytest.mark.browser
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  e => window.violations.push(e.violatedDirective + " " + e.blockedURI));
"""


def violations(page: Page, address: str) -> list[str]:
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_load_state("load")
    assert page.locator('meta[http-equiv="Content-Security-Policy"]').count() == 1
    return page.evaluate("window.violations")


@pytest.mark.parametrize(("kind", "language"), [pair for pair in KINDS if pair[1] == "fi"], ids=lambda part: part)
def test_no_page_breaks_its_policy(page: Page, server: str, site: Path, kind: str, language: str) -> None:
    assert violations(page, f"{server}/{first_of(site, kind, language)}") == []
    assert page.evaluate("[...document.styleSheets].every(s => s.cssRules.length > 0)")


@pytest.mark.parametrize("address", ["index.html", "404.html"])
def test_the_pages_of_the_root_too(page: Page, server: str, address: str) -> None:
    assert violations(page, f"{server}/{address}") == []
    assert page.evaluate("[...document.styleSheets].every(s => s.cssRules.length > 0)")


def test_a_page_opened_from_the_disk_keeps_its_style_and_script(page: Page, site: Path) -> None:
    assert violations(page, (site / "fi" / "index.html").as_uri()) == []
    assert page.evaluate("document.styleSheets.length") > 0


def test_the_policy_stops_what_is_not_ours(page: Page, server: str) -> None:
    violations(page, f"{server}/fi/")
    page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.broken = true";
      document.body.append(script);
      document.body.setAttribute("style", "color: red");
    }""")
    page.wait_for_function("window.violations.length >= 1")
    assert page.evaluate("window.broken") is None


def test_no_policy_allows_inline(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert 'http-equiv="Content-Security-Policy"' in text, path
        assert "unsafe" not in text.split("Content-Security-Policy", 1)[1].split(">", 1)[0], path
    print(f"{len(pages)} pages have a policy")

"""axe-core in a real browser: no violation on any kind of page, in three languages, light and dark."""

from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import KINDS, first_of

pytestmark = pytest.mark.browser

ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What depends on the colour scheme; the other rules read the same page in both."""


@cache
def axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, rules: object = ALL) -> list[str]:
    """Run axe on what the page shows, folded parts unfolded; return what it found, one line an element."""
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.evaluate(axe())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(done => done.violations)", rules
    )
    return [f"{one['id']}: {node['html'][:200]} ({node['failureSummary']})" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_no_violations(page: Page, server: str, site: Path, kind: str, language: str) -> None:
    page.goto(f"{server}/{first_of(site, kind, language)}")
    light = violations(page)
    page.emulate_media(color_scheme="dark")
    assert (light, violations(page, COLOURS)) == ([], [])


@pytest.mark.parametrize("path", ["", "404.html"])
def test_no_violations_at_the_root(page: Page, server: str, path: str) -> None:
    page.goto(f"{server}/{path}")
    assert violations(page) == []

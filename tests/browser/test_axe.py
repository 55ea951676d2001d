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


RUN = """([rules, skipped]) => {
  const repeats = [], seen = new Map(), shapes = new Map();
  const own = it => it.localName + [...it.attributes].map(a => a.name + (LOOK.includes(a.name) ? "=" + a.value : ""));
  const shape = it => {
    if (!shapes.has(it)) shapes.set(it, own(it) + "(" + [...it.childNodes].map(
      one => one.nodeType === 1 ? shape(one) : one.nodeType === 3 && one.data.trim() ? "#" : "").join("") + ")");
    return shapes.get(it);
  };
  const visit = (it, above) => {
    const look = above + shape(it), times = seen.get(look) ?? 0;
    seen.set(look, times + 1);
    if (times >= 3) repeats.push(it); else for (const one of it.children) visit(one, above + own(it) + " ");
  };
  const LOOK = ["class", "type", "role", "lang", "style", "hidden", "disabled", "aria-sort", "aria-current"];
  if (skipped === "repeats") visit(document.body, "");
  const where = repeats.length ? {include: [document], exclude: repeats} : document;
  const off = skipped === "colours" ? Object.fromEntries(COLOURS.map(one => [one, {enabled: false}])) : {};
  return axe.run(where, {runOnly: rules, rules: off, resultTypes: ["violations"]}).then(done => done.violations);
}""".replace("COLOURS", str(COLOURS["values"]))
"""Colours are looked at in the first three elements of the same tags, classes and place in the page: rows of a table of
a thousand rows look alike, and axe takes a minute for them. The other rules read every element."""


def violations(page: Page, rules: object = ALL) -> list[str]:
    """Run axe on what the page shows, folded parts unfolded; return what it found, one line an element."""
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    parts = [(COLOURS, "repeats")] if rules is COLOURS else [(rules, "colours"), (COLOURS, "repeats")]
    found = [one for part in parts for one in page.evaluate(RUN, list(part))]
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


def test_wrong_colours_are_found_where_rows_repeat(page: Page, server: str) -> None:
    """Skipping what looks like earlier elements hides no look: the table's cells, and one odd cell near its end."""
    page.goto(f"{server}/fi/maakunnat/")
    rows = page.locator("table").first.locator("tbody tr").count()
    assert rows > 6
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("td { color: #ccc !important; background: white !important }");
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    assert 0 < len(violations(page, COLOURS)) < rows * 3
    page.evaluate(
        """() => {
          document.adoptedStyleSheets[0].replaceSync(".odd { color: #ccc !important; background: white !important }");
          [...document.querySelector("table").querySelectorAll("tbody tr")].at(-2).children[1].className = "odd";
        }"""
    )
    assert [one.split(":")[0] for one in violations(page, COLOURS)] == ["color-contrast"]
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert "image-alt" in {one.split(":")[0] for one in violations(page)}

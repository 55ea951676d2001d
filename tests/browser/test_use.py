"""Use without a mouse, without JavaScript, on a narrow screen, enlarged, with forced colours, without a network."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response

from tests.browser.conftest import KINDS, first_of, page_kinds

pytestmark = pytest.mark.browser

FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex='0']"
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = it.getBoundingClientRect(), style = getComputedStyle(it);
  it.dataset.walked = "yes";
  return {
    name: it.outerHTML.slice(0, 120),
    skip: it.classList.contains("skip"),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth,
    ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)
      || [...it.querySelectorAll("rect, path")].some(one => parseFloat(getComputedStyle(one).strokeWidth) >= 2),
  };
}"""
LEFT = f"""() => [...document.querySelectorAll("{FOCUSABLE}")]
  .filter(it => it.checkVisibility({{visibilityProperty: true}}) && it.dataset.walked !== "yes")
  .map(it => it.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("kind", page_kinds())
def test_keyboard_walk(page: Page, server: str, site: Path, kind: str) -> None:
    """Tab reaches the skip link first and every link after it, each with a ring in sight, and comes out at the end."""
    page.goto(f"{server}/{first_of(site, kind, 'fi')}")
    is_page = page.locator(".skip").count() == 1
    count = page.locator(FOCUSABLE).count()
    walked = 0
    for walked in range(count + 2):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        assert focused["seen"], focused["name"]
        assert focused["ring"], focused["name"]
        if walked == 0 and is_page:
            assert focused["skip"], focused["name"]
    else:
        pytest.fail(f"a trap: still inside after {walked} steps")
    assert page.evaluate(LEFT) == []


def test_the_skip_link_skips(page: Page, server: str) -> None:
    page.goto(f"{server}/fi/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_narrow_and_enlarged(page: Page, server: str, site: Path, kind: str, language: str) -> None:
    """No sideways scrolling at 320 px (a phone, or 400 per cent of a 1280 px window), nor at 200 per cent."""
    page.goto(f"{server}/{first_of(site, kind, language)}")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    for width, height in ((320, 800), (320, 225), (640, 450)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{width} px"
    page.evaluate(  # as a user's own style sheet would: the pages' policy lets no style element in
        """() => {
          const sheet = new CSSStyleSheet();
          const spaced = "letter-spacing: .12em !important; word-spacing: .16em !important;";
          sheet.replaceSync(`* { ${spaced} line-height: 1.5 !important; }`);
          document.adoptedStyleSheets.push(sheet);
        }"""
    )
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).letterSpacing") != "normal"
    assert page.evaluate("document.documentElement.scrollWidth") <= 640, "spaced-out text (WCAG 1.4.12)"


@pytest.mark.parametrize("kind", page_kinds())
def test_reduced_motion_and_forced_colours(page: Page, server: str, site: Path, kind: str) -> None:
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    page.goto(f"{server}/{first_of(site, kind, 'fi')}")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("document.body.innerText.trim().length") > 0
    unseen = page.evaluate(
        """() => {
          const ground = getComputedStyle(document.body).backgroundColor;
          return [...document.querySelectorAll(".chart text, .chart rect.bar")]
            .filter(it => getComputedStyle(it).fill === ground).map(it => it.outerHTML);
        }"""
    )
    assert unseen == []


COUNTED = ("table tr", "svg", ".quote", "a[download]", ".number", ".value", "a[href]")


@pytest.mark.parametrize("kind", page_kinds())
def test_without_javascript(browser: Browser, server: str, site: Path, kind: str) -> None:
    """Every figure, quote, table, picture and download is there with JavaScript off, and nothing needs it."""
    counts: list[dict[str, int]] = []
    texts: list[str] = []
    for on in (False, True):
        context = browser.new_context(java_script_enabled=on)
        page = context.new_page()
        page.goto(f"{server}/{first_of(site, kind, 'fi')}")
        counts.append({what: page.locator(what).count() for what in COUNTED})
        texts.append(page.locator("body").inner_text())
        context.close()
    assert counts[0] == counts[1]
    missing = set(texts[1].split("\n")) - set(texts[0].split("\n"))
    assert not [line for line in missing if any(sign.isdigit() for sign in line)]


def test_every_figure_is_on_the_first_page_without_javascript(browser: Browser, server: str) -> None:
    from pipelines import registry
    from pipelines.settings import PROJECT

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/fi/")
    for spec in registry.load(PROJECT / "dashboards" / "figures").figures:
        assert page.locator(f"#{spec.id}").count() == 1, spec.id
        assert spec.name.fi in page.locator(f"#{spec.id}").inner_text().replace("\xad", "")
    context.close()


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_nothing_from_elsewhere_and_no_errors(page: Page, server: str, site: Path, kind: str, language: str) -> None:
    """No request leaves the host, none fails, and the console stays empty."""
    asked: list[str] = []
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            wrong.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            wrong.append(f"{response.status}: {response.url}")

    page.on("request", lambda request: asked.append(request.url))
    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("response", answered)
    page.goto(f"{server}/{first_of(site, kind, language)}")
    hosts = {urlsplit(url).netloc for url in asked if urlsplit(url).scheme not in {"data", "blob"}}
    assert hosts == {urlsplit(server).netloc}
    assert wrong == []

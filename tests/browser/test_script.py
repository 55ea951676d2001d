"""What site.js adds: copying a quote, sorting and filtering tables, values of lines under the pointer.

The pages are made here and opened from the disk, so that they show what the script does to markup, not what the site
holds; one is served with the strictest policy that the site is meant to stand.
"""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipelines.settings import PROJECT

pytestmark = pytest.mark.browser

SCRIPT = PROJECT / "dashboards" / "assets" / "site.js"
QUOTE = "Yhdistyksiä oli vähintään 107\u00a0851 (Patentti- ja rekisterihallitus 2.1.2025)."
ROWS = ("Åland", "Österbotten", "Ahvenanmaa", "Äänekoski", "Zeeland", "Ylivieska", "Öja", "ödets ö", "9 a", "10 a")
NUMBERS = {
    "fi": ("1\u00a0200", "vähintään 35", "", "−7,5", "107\u00a0851", "3,25", "3", "40", "41", "42"),
    "sv": ("1\u00a0200", "minst 35", "", "−7,5", "107\u00a0851", "3,25", "3", "40", "41", "42"),
    "en": ("1,200", "at least 35", "", "−7.5", "107,851", "3.25", "3", "40", "41", "42"),
}
DAYS = tuple(f"{(n * 7) % 28 + 1}.{(n * 5) % 12 + 1}.{2015 + n % 3}" for n in range(10))


def table(language: str, times: int = 1) -> str:
    none = '<span aria-hidden="true">–</span><span class="unseen">ei tietoa</span>'
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td class="n">{number or none}</td><td>{day}</td></tr>'
        for name, number, day in zip(ROWS, NUMBERS[language], DAYS, strict=True)
    )
    head = '<th scope="col">Nimi</th><th scope="col" class="n">Luku</th><th scope="col">Päivä</th>'
    return (
        '<div class="scroll" role="region" tabindex="0" aria-labelledby="t"><table><caption id="t">Taulu</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows * times}</tbody></table></div>"
    )


CHART = """<figure class="picture"><svg class="chart" role="img" width="100%" height="200">
<g class="line-s1"><line x1="10%" y1="100" x2="50%" y2="50"></line><line x1="50%" y1="50" x2="90%" y2="80"></line></g>
</svg><details><div class="scroll"><table><thead><tr><th>Vuosi</th><th class="n">Jaksoja</th></tr></thead><tbody>
<tr><th>2019</th><td>7 926</td></tr><tr><th>2020</th><td>6 000</td></tr>
<tr><th>2021</th><td><span aria-hidden="true">–</span><span>ei tietoa</span></td></tr>
</tbody></table></div></details></figure>"""


def write(folder: Path, body: str, language: str = "fi") -> str:
    """Write a page with the script beside it; return its address on the disk."""
    (folder / "site.js").write_bytes(SCRIPT.read_bytes())
    words = 'data-copy="Kopioi" data-copied="Kopioitu." data-sort="Järjestä" data-filter="Suodata" data-rows="riviä"'
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Sivu</title>'
        f'<script src="site.js" defer {words}></script></head><body><main>{body}</main></body></html>'
    )
    (folder / "index.html").write_text(text, encoding="utf-8")
    return (folder / "index.html").as_uri()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def opened(context: BrowserContext) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


@pytest.mark.parametrize("copy_api", [True, False])
def test_copy_puts_exactly_the_quote_on_the_clipboard(opened: Page, tmp_path: Path, copy_api: bool) -> None:
    """Plain text to the letter, U+00A0 included; rich text with the link; also where there is no clipboard API."""
    linked = QUOTE.replace("Patentti- ja rekisterihallitus", '<a href="https://example.org/x">PRH</a>')
    body = f'<div data-copy>\n <blockquote class="quote"><p>{linked}</p></blockquote>\n</div><textarea></textarea>'
    if not copy_api:
        opened.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    opened.goto(write(tmp_path, body))
    button = opened.get_by_role("button", name="Kopioi")
    assert button.count() == 1
    button.click()
    opened.get_by_text("Kopioitu.").wait_for()
    opened.locator("textarea").press("Control+V")
    assert opened.locator("textarea").input_value() == QUOTE.replace("Patentti- ja rekisterihallitus", "PRH")
    if copy_api:
        html = opened.evaluate("async () => (await (await navigator.clipboard.read())[0].getType('text/html')).text()")
        assert 'href="https://example.org/x"' in html


def test_copy_of_plain_text_command_and_definition(opened: Page, tmp_path: Path) -> None:
    body = (
        f"<p data-copy>{QUOTE}</p><pre data-copy><code>lukuina record \\\n  --value 3</code></pre>"
        f'<dl><dt>Näin</dt><dd class="quote">{QUOTE}</dd></dl><textarea></textarea>'
    )
    opened.goto(write(tmp_path, body))
    for n, expected in enumerate((QUOTE, "lukuina record \\\n  --value 3", QUOTE)):
        opened.locator("textarea").fill("")
        opened.get_by_role("button", name="Kopioi").nth(n).click()
        opened.locator(".copying").nth(n).get_by_text("Kopioitu.").wait_for()  # an earlier one may still be shown
        opened.locator("textarea").press("Control+V")
        assert opened.locator("textarea").input_value() == expected


NORDIC = ("9 a", "10 a", "Ahvenanmaa", "Ylivieska", "Zeeland", "Åland", "Äänekoski", "ödets ö", "Öja", "Österbotten")
ENGLISH = ("9 a", "10 a", "Äänekoski", "Ahvenanmaa", "Åland", "ödets ö", "Öja", "Österbotten", "Ylivieska", "Zeeland")


@pytest.mark.parametrize(("language", "order"), [("fi", NORDIC), ("sv", NORDIC), ("en", ENGLISH)])
def test_words_sort_in_the_order_of_the_language(
    opened: Page, tmp_path: Path, language: str, order: tuple[str, ...]
) -> None:
    opened.goto(write(tmp_path, table(language), language))
    opened.get_by_role("button", name="Nimi").click()
    assert opened.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    assert column(opened, 1) == list(order)
    opened.get_by_role("button", name="Nimi").click()
    assert opened.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert column(opened, 1) == list(order[::-1])


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_numbers_sort_by_value_and_what_is_missing_stays_last(opened: Page, tmp_path: Path, language: str) -> None:
    opened.goto(write(tmp_path, table(language), language))
    numbers = NUMBERS[language]
    falling = [numbers[n] for n in (4, 0, 9, 8, 7, 1, 5, 6, 3)]
    opened.get_by_role("button", name="Luku").click()
    assert column(opened, 2)[:-1] == falling
    opened.get_by_role("button", name="Luku").click()
    assert column(opened, 2)[:-1] == falling[::-1]
    assert "ei tietoa" in column(opened, 2)[-1]
    assert opened.locator("th[aria-sort]").count() == 1


def test_days_sort_by_day(opened: Page, tmp_path: Path) -> None:
    opened.goto(write(tmp_path, table("fi")))
    opened.get_by_role("button", name="Päivä").press("Enter")
    assert column(opened, 3) == sorted(DAYS, key=lambda day: [int(part) for part in day.split(".")[::-1]])


def test_filter(opened: Page, tmp_path: Path) -> None:
    opened.goto(write(tmp_path, table("fi", times=2)))
    opened.get_by_label("Suodata").fill("ÄÄNE")
    assert opened.locator("tbody tr:visible").count() == 2
    assert opened.get_by_role("status").inner_text() == "2 riviä"
    opened.get_by_label("Suodata").fill("")
    assert opened.locator("tbody tr:visible").count() == 20
    opened.goto(write(tmp_path, table("fi")))
    assert opened.get_by_label("Suodata").count() == 0


def test_the_value_under_the_pointer(opened: Page, tmp_path: Path) -> None:
    opened.goto(write(tmp_path, CHART))
    box = opened.locator(".chart").bounding_box()
    assert box is not None
    opened.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + 10)
    assert opened.locator(".tip").inner_text() == "2020: Jaksoja 6 000"
    opened.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 10)
    assert opened.locator(".tip").inner_text() == "2021: Jaksoja –"
    opened.mouse.move(box["x"], box["y"] + box["height"] + 50)
    assert opened.locator(".tip").is_hidden()


def test_without_javascript_everything_is_there_and_no_button(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(write(tmp_path, f"<p data-copy>{QUOTE}</p>{table('fi', 2)}{CHART}"))
    assert page.locator("button, input").count() == 0
    assert page.locator("[data-copy]").filter(has_text="Yhdistyksiä").inner_text() == QUOTE
    assert page.locator("main > .scroll tbody tr:visible").count() == 20
    context.close()


class _Strict(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", "default-src 'self'")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


def test_the_strictest_policy_is_met(opened: Page, tmp_path: Path) -> None:
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    write(tmp_path, f"<p data-copy>{QUOTE}</p>{table('fi', 2)}{CHART}")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Strict, directory=str(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        opened.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        opened.get_by_role("button", name="Nimi").click()
        opened.get_by_role("button", name="Kopioi").click()
        opened.get_by_text("Kopioitu.").wait_for()
        server.shutdown()
    assert [line for line in told if "Content Security Policy" in line] == []


def test_the_script_is_small() -> None:
    assert SCRIPT.stat().st_size <= 8000

"""*Tila* when publications wait for a reader: what a person on duty sees in the morning, on a phone, too.

What belongs here: the open to-dos on the page. What does not: how a page is found to have changed (test_watchers.py),
*Tila* without any (the other browser tests).
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from pipelines import run, settings, watchers
from pipelines.raw import Answer, RawStore
from tests.browser.conftest import served_folder
from tests.browser.test_axe import violations

pytestmark = pytest.mark.browser

WAITING = ("soste-jarjestojen-maara", "tyopajakysely")
NOTHING = {"fi": "Uutta luettavaa ei ole.", "sv": "Inget nytt att läsa.", "en": "Nothing new to read."}
COMMAND = "lukuina record sote-jarjestot --value VALUE "


@pytest.fixture(scope="module")
def waiting(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site of the next build, which found two pages changed: only what shows that is made anew."""
    if os.environ.get("BROWSER_SITE"):
        pytest.skip("BROWSER_SITE has no data folder to build on")
    folder = tmp_path_factory.mktemp("to-read")
    chosen = settings.Settings(data=folder / "data", site=folder / "site")
    shutil.copytree(site.parent / "data", chosen.data)
    shutil.copytree(site, chosen.site)
    store = RawStore(chosen.raw)
    for name in WAITING:
        for day, text in ((23, "vanha"), (24, "uusi")):
            answer = Answer(text.encode(), "https://a.test/", "https://a.test/", content_type="text/html")
            store.record(watchers.SOURCE, name, [answer], text, datetime(2026, 11, day, 1, tzinfo=UTC), "none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUKUINA_NOW", "2026-11-24T06:00:00+02:00")
        run.render(chosen, lambda _: None)
    with served_folder(chosen.site) as address:
        yield address


def test_what_is_to_be_read_stands_on_tila_with_its_command(page: Page, waiting: str) -> None:
    for language, nothing in NOTHING.items():
        page.goto(f"{waiting}/{language}/tila/")
        assert nothing not in page.locator("main").inner_text(), language
        links = page.locator("h3 a[href*='soste.fi/sosiaali'], h3 a[href*='nuorisotilastot.fi']")
        assert links.count() == len(WAITING)
        commands = [text for text in page.locator("li code").all_inner_texts() if text.startswith("lukuina record")]
        assert len(commands) == len(WAITING)
        assert commands[0].startswith(COMMAND), language
        assert page.locator("a[href*='/luku/sote-jarjestot/']").count() >= 1


def test_a_long_command_fits_a_phone(page: Page, waiting: str) -> None:
    page.goto(f"{waiting}/fi/tila/")
    assert violations(page) == []
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator("li code", has_text="lukuina record").first.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width, "nothing of it is cut off"

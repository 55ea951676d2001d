"""The real site, built once and served on this machine, and a Chromium to look at it.

What belongs here: fixtures of the browser tests. What does not: what they look at.

Without Chromium, Chrome or Edge the tests are skipped and say so; with CI set that is a failure, so that a CI that
lost its browser can't be green.
"""

import functools
import os
import re
import shutil
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines import run, settings
from pipelines.languages import LANGUAGES
from pipelines.settings import PROJECT
from tests.conftest import made_once

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
NAMES = (
    "chromium-headless-shell",  # the same engine without the browser around it: a third of its time a page
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)


def missing(what: str) -> None:
    """Skip with a reason that is seen; fail in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: CI must have it (.ci/run)")
    pytest.skip(what)


def page_kinds() -> list[str]:
    """Return a pattern of the address of every page file, ``maakunta/[^/]+``, organisations apart."""
    folder = PROJECT / "dashboards" / "pages"
    kinds: list[str] = []
    for path in sorted(folder.rglob("*.md")):
        address = path.relative_to(folder).with_suffix("").as_posix()
        address = "" if address == "index" else address.removesuffix("/index")
        if address.startswith("jarjesto/"):  # these need a workbook: test_organisations.py
            continue
        kinds.append(re.sub(r"\\\[[^\]]*\\?\]", "[^/]+", re.escape(address)))
    return kinds


KINDS = [(kind, language) for kind in page_kinds() for language in LANGUAGES]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The whole site on the bundled figures, read only; with BROWSER_SITE a site that is already built."""
    if os.environ.get("BROWSER_SITE"):
        yield Path(os.environ["BROWSER_SITE"])
        return
    built: Path = request.getfixturevalue("built_once")

    def make(folder: Path) -> None:
        shutil.copytree(built, folder / "data")
        run.render(settings.Settings(data=folder / "data", site=folder / "site"), lambda _: None)

    with made_once(tmp_path_factory, "browser", make) as folder:
        yield folder / "site"


def first_of(site: Path, kind: str, language: str) -> str:
    """Return the address of the first page of a kind in a language, to stand after the host."""
    pattern = re.compile(f"{language}/{kind}/index\\.html" if kind else f"{language}/index\\.html")
    paths = sorted(path.relative_to(site).as_posix() for path in (site / language).rglob("index.html"))
    found = next((path for path in paths if pattern.fullmatch(path)), None)
    if found is None and os.environ.get("BROWSER_SITE"):
        pytest.skip(f"no page {kind!r} in BROWSER_SITE")
    assert found is not None, f"no page {kind!r} in {language!r}"
    return found.removesuffix("index.html")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served_folder(folder: Path) -> Generator[str]:
    """Serve a folder on this machine; gives its address."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[str]:
    """The site's address on this machine."""
    with served_folder(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, Chrome or Edge."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    found = found or next((place for place in PLACES if Path(place).is_file()), None)
    if found is None:
        missing("no Chromium, Chrome or Edge on PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own context, 1280 × 900."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()

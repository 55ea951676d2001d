"""What the grants explorer costs a reader, with the whole workbook: called by `make bench`.

    python bench/explorer.py STEA_2026.xlsx

What belongs here: bytes of the first view and of a search, raw and as gzip, and the time until one can search in
headless Chromium with the processor slowed down four times. What does not: tests (a timing is no test: exit code 0).

Raw bytes are what a server without compression sends (`lukuina serve` does not compress), gzip what most hosts send.
The page itself notes when its filters and its list are there: Playwright's own waiting would run in the slowed thread.
In brackets are seconds of the page's own thread, which other work on the machine disturbs less; printed are the median
and the best of the rounds.
"""

import functools
import gzip
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))  # the checkout, whether installed or not

from pipelines import refresh, registry, run, settings  # noqa: E402
from pipelines.site.build import build  # noqa: E402
from pipelines.sources import stea  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

ROUNDS, SLOWDOWN = 7, 4
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SEARCH = "#haku=kuntoutuksen"
NOTE = """
const frame = () => requestAnimationFrame(() => {
  const form = document.getElementById("explorer");
  const now = performance.now() / 1000;
  if (form && !form.hidden) window.formAt ??= now;
  if (form && form.dataset.state === "ready") console.debug(`noted ${window.formAt} ${now}`);
  else frame();
});
frame();
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Serve a folder on loopback; gives its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def site(workbook: Path, folder: Path) -> Path:
    """Build the marts of the workbook and the explorer's page in three languages."""
    chosen = settings.Settings(data=folder / "data", site=folder / "whole")
    store = run.prepare(chosen, lambda _: None)
    refresh.bring_in(store, stea.SOURCE, "workbook", workbook, workbook.read_bytes(), date(2025, 12, 19))
    run.run(chosen, lambda _: None)
    dashboards = folder / "dashboards"
    (dashboards / "pages").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (dashboards / name).symlink_to(PROJECT / "dashboards" / name)
    for name in ("index", "avustukset", "aineistot"):
        (dashboards / "pages" / f"{name}.md").write_text("---\ntitle: {fi: a, sv: b, en: c}\n---\nx\n", "utf-8")
    text = (PROJECT / "dashboards" / "pages" / "avustushaku.md").read_text(encoding="utf-8")
    text = text.replace(', link="/jarjesto/[organisation_id]"', "")  # the pages of organisations are not measured
    (dashboards / "pages" / "avustushaku.md").write_text(text, encoding="utf-8")
    start = time.perf_counter()
    build(
        chosen.marts / "lukuina.duckdb", folder / "site", registry.load(PROJECT / "dashboards" / "figures"),
        reference=chosen.raw / "reference", build_date=date(2026, 11, 24), dashboards=dashboards, extras=(),
        downloads={f"data/{name}": chosen.marts / name for name in ("grants.csv", "grants.parquet")},
    )  # fmt: skip
    written = list((folder / "site" / "fi" / "avustushaku").glob("data-*.js"))
    print(
        f"explorer: page and {len(written)} data files ({sum(path.stat().st_size for path in written) / 1e6:.1f} MB) "
        f"in {time.perf_counter() - start:.1f} s"
    )
    return folder / "site"


def weigh(root: Path, addresses: list[str]) -> str:
    """Return how much the files of these addresses weigh, raw and as gzip."""
    paths = [root / unquote(urlsplit(address).path).lstrip("/") for address in addresses]
    bodies = [(path / "index.html" if path.is_dir() else path).read_bytes() for path in paths]
    raw, zipped = sum(map(len, bodies)), sum(len(gzip.compress(body, 6, mtime=0)) for body in bodies)
    return f"raw {raw / 1e6:.2f} MB, gzip {zipped / 1e6:.2f} MB, {len(bodies)} requests"


def measure(root: Path) -> None:
    """Print bytes and times of the first view and of a search that a link opens."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        print("explorer: not measured, no Chromium")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, play.chromium.launch(executable_path=found, args=FLAGS) as browser:
        for name, search in (("first view", ""), ("a search by link", SEARCH)):
            rounds = [_round(root, browser, search) for _ in range(ROUNDS)]
            print(f"explorer: {name}: {weigh(root, rounds[0].asked)} (limit 1.5 MB raw)")
            form, listed, busy = (
                f"{statistics.median(measured):.2f} s, best {min(measured):.2f}"
                for measured in zip(*((one.form, one.listed, one.busy) for one in rounds), strict=True)
            )
            print(
                f"  processor slowed {SLOWDOWN}×: filters after {form} (limit 1 s), list after {listed} (thread {busy})"
            )


@dataclass(frozen=True)
class Round:
    """When filters and list were there, seconds of the page's own thread until then, and what was asked for."""

    form: float
    listed: float
    busy: float
    asked: list[str]


def _round(root: Path, browser: "Browser", search: str) -> Round:
    with served(root) as host, browser.new_context(viewport={"width": 412, "height": 915}) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("response", lambda response: asked.append(response.url))
        page.add_init_script(NOTE)
        devtools = context.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        before = _busy(devtools)
        with page.expect_console_message(lambda message: message.text.startswith("noted "), timeout=45_000) as noted:
            page.goto(f"{host}/fi/avustushaku/{search}", wait_until="commit")
        _, form, listed = noted.value.text.split()
        busy = _busy(devtools) - before
    return Round(float(form), float(listed), busy, [one for one in asked if not one.endswith("/favicon.ico")])


def _busy(devtools: "CDPSession") -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


def main() -> None:
    """Print the measures."""
    if len(sys.argv) != 2:
        sys.exit("usage: python bench/explorer.py WORKBOOK.xlsx")
    with tempfile.TemporaryDirectory() as name:
        measure(site(Path(sys.argv[1]), Path(name)))


if __name__ == "__main__":
    main()

"""What the site costs beside its peers, in one run on one machine: called by `make bench`, or `python bench/site.py`.

What belongs here: the same thirty pages in our dialect, in the reference script and in Observable Framework; the real
site whole and after one changed figure; weights of pages; time to the first chart in a browser. What does not: tests
(a timing is no test), the peers themselves (they lie in ../shared/bench, outside the project).

A side that isn't at hand (no ../shared, no npm registry, no Chromium) is left out with a line that says so.
"""

import csv
import functools
import gzip
import http.server
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from child import environment

PROJECT = Path(__file__).resolve().parent.parent
PEERS = PROJECT.parent / "shared" / "bench" / "peers"
PAGES, ROUNDS = 30, 3
MINISTRIES = ("OKM", "STM", "TEM", "UM", "YM")
REGIONS = ("Uusimaa", "Pirkanmaa", "Varsinais-Suomi", "Pohjois-Pohjanmaa", "Lappi", "Kainuu")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

MARTS = """
from pathlib import Path
from pipelines import run, settings
run.run(settings.Settings(data=Path({data!r}), site=Path({site!r})), lambda _: None)
"""
OURS = """
from pipelines.garbage import seldom
with seldom():  # as the command does (cli/app.py)
    from datetime import date
    from pathlib import Path
    import duckdb
    from pipelines.registry import Registry
    from pipelines.site import build, frame, presses
    presses.LANGUAGES = frame.LANGUAGES = ("fi",)  # the peers have one language, too
    with duckdb.connect("made.duckdb") as con:
        con.execute("create or replace table grants as select * from read_csv('grants.csv')")
    build.build(
        Path("made.duckdb"), Path("ours"), Registry(()), reference=Path({reference!r}),
        build_date=date(2026, 11, 24), dashboards=Path("dashboards"), extras=(), compiled=Path("templates.bin"),
    )
"""
SITE = """
import sys
from pathlib import Path
sys.modules["pandas"] = None  # as installed: DuckDB loads it, where it finds it, for the first parameter of a query
from pipelines import run, settings
from pipelines.site import pdf
pdf.unavailable = lambda: "left out of the measurement"
run.render(settings.Settings(data=Path({data!r}), site=Path({site!r})), lambda _: None)
"""
CHANGE = "update marts.figures set value = value + 1 where id = 'yhdistykset'"


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of the processors, and the most memory that one of the processes held, in MB."""

    seconds: float
    cpu: float
    peak: float


def cost(command: list[str], folder: Path, pycache: Path | None = None) -> Cost:
    """Run a command to its end. Raises RuntimeError with its last words when it fails."""
    env = environment()
    if pycache is not None:
        env["PYTHONPYCACHEPREFIX"] = str(pycache)
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)[:200]}: {said.read()[-800:]}")
    return Cost(
        seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    )


def python(code: str, folder: Path, pycache: Path, **values: Path) -> Cost:
    """Run code in a fresh interpreter."""
    return cost([sys.executable, "-c", code.format(**{k: str(v) for k, v in values.items()})], folder, pycache)


def write_grants(path: Path) -> None:
    """Write the 10 000 rows that all sides read (the peers' own generator where it is at hand)."""
    if (PEERS / "gen_csv.py").is_file():
        subprocess.run([sys.executable, str(PEERS / "gen_csv.py")], cwd=path.parent, check=True)
        return
    chance = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "year", "ministry", "region", "recipient", "amount"))
        for n in range(10_000):
            amount = round(chance.lognormvariate(9, 1.2), 2)
            place = (2015 + n % 11, MINISTRIES[n % 5], REGIONS[n // 5 % 6], f"Yhdistys {n % 1500} ry")
            writer.writerow((n, *place, amount))


def our_pages(folder: Path, database: Path) -> None:
    """Lay out our thirty pages: the project's templates, assets and words, bench/pages/grants.md thirty times.

    The database has the tables that a site asks for, empty: these pages have no figures, and no side has other tables.
    Compiled templates are kept from run to run, as in an installation, and as Framework keeps its own cache.
    """
    import duckdb

    pages = folder / "dashboards" / "pages"
    pages.mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (folder / "dashboards" / name).symlink_to(PROJECT / "dashboards" / name)
    text = (PROJECT / "bench" / "pages" / "grants.md").read_text(encoding="utf-8")
    for n in range(PAGES):
        (pages / ("index.md" if n == 0 else f"p{n}.md")).write_text(text.replace("{n}", str(n)), encoding="utf-8")
    with duckdb.connect(str(folder / "made.duckdb")) as con:
        con.execute(f"attach '{database}' as published (read_only); create schema marts")
        for table in ("marts.figures", "marts.figure_vintages"):
            con.execute(f"create table {table} as from published.{table} limit 0")


def reference_pages(folder: Path) -> bool:
    """Lay out the reference script's thirty pages; False where it isn't at hand."""
    if not (PEERS / "reference" / "build.py").is_file():
        print("reference script: not measured, ../shared/bench isn't here")
        return False
    (folder / "reference" / "pages").mkdir(parents=True)
    for n in range(PAGES):
        shutil.copyfile(PEERS / "reference" / "pages" / "a.md", folder / "reference" / "pages" / f"p{n}.md")
    return True


def framework_pages(folder: Path) -> bool:
    """Install Observable Framework and lay out its thirty pages; False where that can't be done."""
    if shutil.which("npm") is None or not (PEERS / "framework" / "package.json").is_file():
        print("Observable Framework: not measured, no npm or no ../shared/bench")
        return False
    home = folder / "framework"
    shutil.copytree(PEERS / "framework", home, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    quiet = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(quiet, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"Observable Framework: not measured, npm install failed ({done.stderr.strip()[-200:]})")
        return False
    text = (home / "src" / "b.md").read_text(encoding="utf-8")
    for n in range(PAGES - len(list((home / "src").glob("*.md")))):
        (home / "src" / f"p{n}.md").write_text(text, encoding="utf-8")
    return True


def compare_pages(folder: Path, pycache: Path) -> None:
    """Print what thirty pages cost each side."""
    sides: dict[str, Callable[[], Cost]] = {
        "lukuina": lambda: python(OURS, folder, pycache, reference=PROJECT / "data" / "raw" / "reference"),
    }
    if reference_pages(folder):
        script = [sys.executable, str(PEERS / "reference" / "build.py"), "pages"]
        sides["reference"] = lambda: cost(script, folder / "reference", pycache)
    if framework_pages(folder):
        build = [str(folder / "framework" / "node_modules" / ".bin" / "observable"), "build"]
        sides["framework"] = lambda: cost(build, folder / "framework")
    for measure in sides.values():
        measure()  # once unmeasured: byte code, Framework's own cache
    found: dict[str, list[Cost]] = {name: [] for name in sides}
    names = list(sides)
    for n in range(2 * ROUNDS):  # each side comes first, second and last as often: who follows Framework starts cold
        for name in names[n % len(names) :] + names[: n % len(names)]:
            found[name].append(sides[name]())
    medians = {name: statistics.median(one.seconds for one in costs) for name, costs in found.items()}
    peak = max(one.peak for one in found["lukuina"])
    busy = {name: statistics.median(one.cpu for one in costs) for name, costs in found.items()}
    listed = ", ".join(
        f"{name} {seconds:.2f} s (of the processors {busy[name]:.2f})" for name, seconds in medians.items()
    )
    print(f"{PAGES} pages (one language, charts as svg, results of the same SQL are shared): {listed}")
    if "reference" in medians:
        print(f"  lukuina / reference {medians['lukuina'] / medians['reference']:.2f} (limit 1.5)")
    if "framework" in medians:
        print(f"  framework / lukuina {medians['framework'] / medians['lukuina']:.1f} (at least 10)")
    print(f"  peak memory {peak:.0f} MB (limit 150)")


def real_site(data: Path, site: Path, pycache: Path) -> None:
    """Print what the whole real site costs from nothing, unchanged, and after one changed figure (PDF apart)."""
    import duckdb

    shutil.rmtree(data / "work" / "png", ignore_errors=True)
    whole = python(SITE, data.parent, pycache, data=data, site=site)
    again = python(SITE, data.parent, pycache, data=data, site=site)
    with duckdb.connect(str(data / "marts" / "lukuina.duckdb")) as con:
        con.execute(CHANGE)
    changed = python(SITE, data.parent, pycache, data=data, site=site)
    pages, pictures = (sum(1 for _ in site.rglob(pattern)) for pattern in ("*.html", "*.png"))
    print(f"real site, {pages} pages and {pictures} png, PDF apart:")
    print(f"  from nothing {whole.seconds:.1f} s (limit 20), peak {whole.peak:.0f} MB")
    print(f"  nothing changed {again.seconds:.1f} s, one figure changed {changed.seconds:.1f} s (limit 3)")
    print(f"  of the processors {whole.cpu:.1f} s, {again.cpu:.1f} s and {changed.cpu:.1f} s")


def weights(site: Path) -> None:
    """Print the heaviest first view (gzip of HTML and both style sheets, pictures are in the HTML) and JavaScript."""
    sheets = sum(zipped(site / "assets" / name) for name in ("site.css", "print.css"))
    views = sorted((zipped(path) + sheets, path.relative_to(site).as_posix()) for path in site.rglob("*.html"))
    scripts = (site / "assets" / "site.js").stat().st_size  # the explorer's own is loaded on its page only
    heaviest, middle = views[-1], views[len(views) // 2]
    print(f"first view, gzip: heaviest {heaviest[0] / 1000:.1f} kB ({heaviest[1]}), median {middle[0] / 1000:.1f} kB,")
    print(f"  style sheets {sheets / 1000:.1f} kB of it (limit 60); JavaScript {scripts / 1000:.1f} kB (limit 8)")


def zipped(path: Path) -> int:
    """Return how many bytes a file has in gzip."""
    return len(gzip.compress(path.read_bytes(), 6, mtime=0))


class _Quiet(http.server.SimpleHTTPRequestHandler):
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


def first_chart(folder: Path) -> None:
    """Print how soon the first chart shows in headless Chromium: ours, and Framework's page of the same content."""
    names = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        print("first chart: not measured, no Chromium")
        return
    from playwright.sync_api import sync_playwright

    pages = [("lukuina", folder / "ours", "/fi/p1/index.html", "svg.chart")]
    if (folder / "framework" / "dist").is_dir():
        pages.append(("framework", folder / "framework" / "dist", "/b.html", "main svg[class^=plot], main figure svg"))
    times: dict[str, list[float]] = {name: [] for name, *_ in pages}
    with sync_playwright() as play, play.chromium.launch(executable_path=found, args=FLAGS) as browser:
        for _ in range(ROUNDS + 1):
            for name, root, address, selector in pages:
                with served(root) as host, browser.new_context() as context:
                    page = context.new_page()
                    start = time.perf_counter()
                    page.goto(host + address, wait_until="commit")
                    page.wait_for_selector(selector, timeout=45_000)
                    times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(measured[1:]) for name, measured in times.items()}
    print("first chart: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in medians.items()))
    if "framework" in medians:
        print(f"  framework / lukuina {medians['framework'] / medians['lukuina']:.1f} (at least 2)")


def main() -> None:
    """Print the comparison."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, site, pycache = folder / "data", folder / "site", folder / "pycache"
        python(MARTS, folder, pycache, data=data, site=site)
        write_grants(folder / "grants.csv")
        our_pages(folder, data / "marts" / "lukuina.duckdb")
        compare_pages(folder, pycache)
        first_chart(folder)
        real_site(data, site, pycache)
        weights(site)


if __name__ == "__main__":
    main()

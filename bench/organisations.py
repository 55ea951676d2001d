"""What the pages of organisations cost with the whole workbook: called by `make bench`.

    python bench/organisations.py STEA_2026.xlsx

What belongs here: all their pages in three languages from nothing, and after a change of one organisation, alone and
in the whole site (PDF apart). What does not: tests (a timing is no test), the other pages (bench/site.py).

Each build is in a process of its own, which starts its second one itself. Seconds are those of the clock, with imports;
in brackets those of the processors, which a busy machine disturbs less.
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from child import environment

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))  # the checkout, whether installed or not

WHOLE_S, CHANGED_S, ROUNDS = 20, 2, 3
PAGE = "[organisation_id].md"
CHANGE = """
update marts.grants set granted_eur = granted_eur + 1 where year = 2024 and organisation_id = 'loma-ja-terveys-ry'
"""
STUB = "---\ntitle: {fi: a, sv: b, en: c}\n---\nx\n"


def marts(folder: Path) -> None:
    """Build the tables of the workbook that lies in the folder."""
    from pipelines import refresh, run, settings
    from pipelines.sources import stea

    chosen = settings.Settings(data=folder / "data", site=folder / "whole")
    store = run.prepare(chosen, lambda _: None)
    workbook = folder / "STEA.xlsx"
    refresh.bring_in(store, stea.SOURCE, "workbook", workbook, workbook.read_bytes(), date(2025, 12, 19))
    run.run(chosen, lambda _: None)


def alone(folder: Path) -> None:
    """Build a site of the organisations' pages, with stubs where they lead to."""
    from pipelines import registry
    from pipelines.site.build import build

    database = folder / "data" / "marts" / "lukuina.duckdb"
    build(
        database, folder / "alone", registry.load(PROJECT / "dashboards" / "figures"),
        reference=folder / "data" / "raw" / "reference", build_date=date(2026, 11, 24),
        dashboards=folder / "dashboards", extras=(), kept=folder / "kept.json",
        version=hashlib.sha256(str(database.stat()).encode()).hexdigest(),
    )  # fmt: skip


def whole(folder: Path) -> None:
    """Build the whole site, PDF apart."""
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as installed: DuckDB loads it where it finds it
    from pipelines import run, settings
    from pipelines.site import pdf

    pdf.unavailable = lambda: "left out of the measurement"
    run.render(settings.Settings(data=folder / "data", site=folder / "whole"), lambda _: None)


STEPS: Mapping[str, Callable[[Path], None]] = {"marts": marts, "alone": alone, "whole": whole}


def _cost(step: str, folder: Path) -> tuple[float, float]:
    """Run a step in a fresh interpreter; return its seconds on the clock and of the processors."""
    done = subprocess.run(
        [sys.executable, __file__, step, str(folder)], env=environment(), capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{step}: {done.stderr}")
    seconds, cpu = done.stdout.split()[-2:]
    return float(seconds), float(cpu)


def _files(site: Path) -> dict[str, bytes]:
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).digest()
        for path in site.rglob("*")
        if path.is_file()
    }


def _kinds(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Return how many files of which kind came, changed or went."""
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    kinds = Counter(
        "pages of organisations" if "/jarjesto/" in n else "explorer" if "/data-" in n else n for n in names
    )
    return ", ".join(f"{kind} {count}" if count > 1 else kind for kind, count in kinds.most_common(8))


def measure(workbook: Path, folder: Path) -> None:
    """Print what all pages cost and what one changed organisation costs."""
    import duckdb

    pages = folder / "dashboards" / "pages"
    (pages / "jarjesto").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (folder / "dashboards" / name).symlink_to(PROJECT / "dashboards" / name)
    for name in ("index", "avustukset", "avustushaku"):
        (pages / f"{name}.md").write_text(STUB, encoding="utf-8")
    (pages / "jarjesto" / PAGE).symlink_to(PROJECT / "dashboards" / "pages" / "jarjesto" / PAGE)
    (folder / "STEA.xlsx").symlink_to(workbook.resolve())
    _cost("marts", folder)
    for step, limit in (("alone", f"limit {WHOLE_S}"), ("whole", "the whole site")):
        seconds, cpu = _cost(step, folder)
        count = sum(1 for _ in (folder / step).glob("*/jarjesto/*/index.html"))
        print(f"organisations, {step}: {count} pages from nothing {seconds:.1f} s ({cpu:.1f}), {limit}", flush=True)
        rounds: list[tuple[float, float]] = []
        changed = ""
        for _ in range(ROUNDS):
            before = _files(folder / step)
            with duckdb.connect(str(folder / "data" / "marts" / "lukuina.duckdb")) as con:
                con.execute(CHANGE)
            rounds.append(_cost(step, folder))
            changed = _kinds(before, _files(folder / step))
        best = min(rounds)
        told = f"(limit {CHANGED_S})" if step == "alone" else "(tables, explorer and API are made anew, too)"
        print(f"  one organisation changed: best of {ROUNDS} {best[0]:.1f} s ({best[1]:.1f}) {told}")
        print(f"  of the site changed: {changed}", flush=True)


def main() -> None:
    """Print the measures, or run one step in this process."""
    if len(sys.argv) == 3 and sys.argv[1] in STEPS:
        start = time.perf_counter()
        STEPS[sys.argv[1]](Path(sys.argv[2]))
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(time.perf_counter() - start, sum(one.ru_utime + one.ru_stime for one in used))
        return
    if len(sys.argv) != 2:
        sys.exit("usage: python bench/organisations.py WORKBOOK.xlsx")
    with tempfile.TemporaryDirectory() as name:
        measure(Path(sys.argv[1]), Path(name))


if __name__ == "__main__":
    main()

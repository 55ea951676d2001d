"""What the pipeline costs beside the bare work, in one run on one machine: `make bench`.

What belongs here: starting each side in a process of its own, the median of three, the ratio, peak memory.
What does not: tests (a timing is no test), absolute promises (only the ratio travels between machines).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from child import environment

PROJECT = Path(__file__).resolve().parent.parent
ROUNDS = 3
INSTALLED = """
import sys
sys.modules["pandas"] = None  # as installed: pyarrow loads it where it finds it, and only the tests need it
"""

OURS = """
from pipelines import run, settings
from pathlib import Path
run.run(settings.Settings(data=Path({data!r}), site=Path({site!r})), lambda _: None)
"""
SITE = """
from pipelines import run, settings
from pathlib import Path
run.render(settings.Settings(data=Path({data!r}), site=Path({site!r})), lambda _: None)
"""
REPORT = """
import resource
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
import sys
print("dagster", "dagster" in sys.modules)
"""


def timed(code: str, folder: Path, *arguments: Path) -> tuple[float, int, bool]:
    """Run code in a fresh interpreter; return seconds, peak MiB and whether Dagster was imported."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", INSTALLED + code + REPORT, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"a step of the bench failed: {done.stderr}")
    seconds = time.perf_counter() - start
    words = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("peak", "dagster")))
    return seconds, int(words["peak"]), words["dagster"] == "True"


def save_inputs(data: Path, folder: Path) -> None:
    """Keep the input tables of one run as Parquet, so that the bare script can run the same SQL on them."""
    code = f"""
from pipelines import run, settings
from pathlib import Path
s = settings.Settings(data=Path({str(data)!r}))
store = run.prepare(s, lambda _: None)
for name, frame in run.frames(run.collect(s, store), s, store, run.clock.today()).items():
    frame.write_parquet(Path({str(folder)!r}) / f"{{name}}.parquet")
"""
    timed(code, folder)


def main() -> None:
    """Print the comparison."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, site, inputs = folder / "data", folder / "site", folder / "inputs"
        inputs.mkdir()
        save_inputs(data, inputs)
        bare = (PROJECT / "bench" / "bare.py").read_text(encoding="utf-8")
        given = (data / "raw", inputs, PROJECT / "sql", folder)
        ours = OURS.format(data=str(data), site=str(site))
        pairs = [(timed(bare, folder, *given), timed(ours, folder)) for _ in range(ROUNDS)]
        base, own = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
        peak = max(pair[1][1] for pair in pairs)
        print(f"data stage: bare {base:.2f} s, lukuina {own:.2f} s, ratio {own / base:.2f} (limit 3)")
        print(f"data stage: peak memory {peak} MiB (limit 400), Dagster imported: {any(p[1][2] for p in pairs)}")
        site_runs = [timed(SITE.format(data=str(data), site=str(site)), folder) for _ in range(ROUNDS)]
        print(f"site stage: {statistics.median(run[0] for run in site_runs):.2f} s, peak {site_runs[0][1]} MiB")
    subprocess.run([sys.executable, str(PROJECT / "bench" / "site.py")], check=True)
    subprocess.run([sys.executable, str(PROJECT / "bench" / "growth.py")], check=True)
    workbook = PROJECT.parent / "shared" / "data" / "samples" / "stea" / "STEA_2026.xlsx"
    known = [str(workbook)] if workbook.is_file() else []
    subprocess.run([sys.executable, str(PROJECT / "bench" / "night.py"), *known], check=True)
    if not known:
        print("workbook, grants, organisations, explorer: not measured, no STEA workbook at hand (each takes its FILE)")
        return
    for script in ("workbook.py", "grants.py", "organisations.py", "explorer.py"):
        subprocess.run([sys.executable, str(PROJECT / "bench" / script), str(workbook)], check=True)


if __name__ == "__main__":
    main()

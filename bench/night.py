"""What a night costs in which nothing changed, step by step in CPU seconds: `make bench`.

    python bench/night.py [WORKBOOK.xlsx]

What belongs here: local servers that answer as the publishers do, a first night, then the same night again in a process
of its own, the site included. What does not: tests (a timing is no test), waiting for servers (CPU seconds of our
process only).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from child import environment

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
LIMIT_S = 2.0
ROUNDS = 3


def night(folder: Path, server: str) -> None:
    """Run one whole night in this process as the command does; print each step with its CPU seconds."""
    clock = time.process_time
    sys.modules["pandas"] = None  # pyright: ignore[reportArgumentType] as installed: DuckDB loads it where it finds it
    start = clock()
    from pipelines.garbage import seldom

    with seldom():
        _night(folder, server, start)


def _night(folder: Path, server: str, start: float) -> None:
    clock = time.process_time
    from pipelines import night as nights
    from pipelines import settings, steps
    from pipelines.cli import changing, main

    assert main, changing  # as the command does, which imports them first
    steps.time = SimpleNamespace(perf_counter=clock)  # pyright: ignore[reportAttributeAccessIssue] CPU, not waiting
    own = {s: settings.SourceSettings(url=server, min_interval_s=0.0) for s in ("prh", "statfin")}
    own["stea"] = settings.SourceSettings(server, server + "/tyokirja.xlsx", max_id=8, min_interval_s=0.0)
    chosen = settings.Settings(data=folder / "data", site=folder / "site", sources=own, watched_url=server)
    imported = clock()
    with steps.recording() as recorder:
        report, _ = nights.run.refresh(chosen, [], _quiet)
    ended = clock()
    nights.after(chosen, nights.Ended(nights.clock.now(), 0.0, steps=tuple(recorder), sources=report.sources), _quiet)
    done = {"import": imported - start}
    for one in recorder:
        done[one.name] = done.get(one.name, 0.0) + one.seconds
    done["other"] = done.pop("night") - sum(seconds for name, seconds in done.items() if name not in {"import"})
    for step, seconds in {**done, "after": clock() - ended}.items():
        print(step, seconds)


def _quiet(_: str) -> None:
    pass


def measure(workbook: Path | None) -> None:
    """Print a first night and the median of nights in which nothing changed."""
    from tests.servers import publisher
    from tests.sources import prh_pages, statfin_server, stea_files

    name = workbook.name if workbook else "bundled figures"
    with publisher() as server, tempfile.TemporaryDirectory() as folder:
        rows = prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
        server.page(prh_pages.PATHS["regions-fi"], prh_pages.render("2026-01-02", rows), etag='"1"')
        statfin_server.install(server, updated="2026-10-01")
        stea_files.install(server, {2: stea_files.org_json(2, "A ry")})
        body = workbook.read_bytes() if workbook else stea_files.workbook(stea_files.years(2026, 2027))
        server.page("/tyokirja.xlsx", body, etag='"1"')
        rounds = [_steps(Path(folder), server.url)]
        before = _files(Path(folder))
        rounds += [_steps(Path(folder), server.url) for _ in range(ROUNDS)]
        after = _files(Path(folder))
    first, same = rounds[0], {s: statistics.median(r.get(s, 0.0) for r in rounds[1:]) for s in rounds[0]}
    print(f"night ({name}): first {sum(first.values()):.2f} s CPU; " + _line(first))
    total = sum(same.values())
    print(f"night ({name}): nothing changed {total:.2f} s CPU (limit {LIMIT_S:.0f}); " + _line(same))
    anew = sorted(path for path, stat in after.items() if before.get(path) != stat)
    print(f"  of {len(after)} files of marts and site written again: {len(anew)} ({', '.join(anew[:8])})", flush=True)


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of every published file."""
    found: dict[str, tuple[int, int]] = {}
    for root in (folder / "data" / "marts", folder / "site"):
        for path in root.rglob("*"):
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


def _line(steps: dict[str, float]) -> str:
    return ", ".join(f"{step} {seconds:.2f}" for step, seconds in steps.items())


def _steps(folder: Path, server: str) -> dict[str, float]:
    command = [sys.executable, __file__, "night", str(folder), server]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"a night failed: {done.stderr}")
    return {step: float(seconds) for step, seconds in (line.split() for line in done.stdout.splitlines())}


if __name__ == "__main__":
    if sys.argv[1:2] == ["night"]:
        night(Path(sys.argv[2]), sys.argv[3])
    else:
        measure(None)
        for argument in sys.argv[1:]:
            measure(Path(argument))

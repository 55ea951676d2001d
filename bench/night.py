"""What a night costs in which nothing changed, step by step in CPU seconds: `make bench`.

    python bench/night.py [WORKBOOK.xlsx]

What belongs here: local servers that answer as the publishers do, a first night, then the same night again in a process
of its own, all but the site. What does not: tests (a timing is no test), the site (bench/site.py), waiting for servers
(CPU seconds of our process only).
"""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
LIMIT_S = 2.0
ROUNDS = 3


def night(folder: Path, server: str) -> None:
    """Run one night but the site, in this process; print each step with its CPU seconds."""
    clock = time.process_time
    marks = [("", clock())]
    from pipelines import checks, refresh, reuse, run, settings, warehouse
    from pipelines.catalogue import build
    from pipelines.cli import main

    assert main  # as the command does, which imports it first

    marks.append(("import", clock()))
    own = {s: settings.SourceSettings(url=server, min_interval_s=0.0) for s in ("prh", "statfin")}
    own["stea"] = settings.SourceSettings(
        url=server, workbook_url=server + "/tyokirja.xlsx", max_id=8, min_interval_s=0.0
    )
    chosen = settings.Settings(data=folder / "data", site=folder / "site", sources=own)
    sources, day, say = build(chosen), run.clock.today(), _quiet
    store = run.prepare(chosen, say)
    run.published_quarantine(chosen.marts)
    run.published_stale(chosen.marts)
    marks.append(("prepare", clock()))
    refresh.refresh(chosen, store, sources, [], say)
    marks.append(("ask", clock()))
    collected = run.collect(chosen, store, sources)
    marks.append(("collect", clock()))
    frames = run.frames(collected, chosen, store, day)
    before = checks.source_checks(collected, sources, day)
    marks.append(("stage", clock()))
    sql, record = PROJECT / "sql", chosen.work / reuse.NAME
    inputs = reuse.digest(frames, before, sql)
    if reuse.published(record, chosen.marts, inputs) is None:
        with warehouse.build(frames, sql, chosen.marts, before) as built:
            warehouse.publish(built, chosen.marts)
        reuse.remember(record, chosen.marts, inputs, built)
    marks.append(("build", clock()))
    run.statuses(chosen, collected)
    marks.append(("status", clock()))
    for (_, start), (step, end) in itertools.pairwise(marks):
        print(step, end - start)


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
        rounds = [_steps(Path(folder), server.url) for _ in range(ROUNDS + 1)]
    first, same = rounds[0], {s: statistics.median(r[s] for r in rounds[1:]) for s in rounds[0]}
    print(f"night ({name}): first {sum(first.values()):.2f} s CPU; " + _line(first))
    total = sum(same.values())
    print(f"night ({name}): nothing changed {total:.2f} s CPU (limit {LIMIT_S:.0f}); " + _line(same), flush=True)


def _line(steps: dict[str, float]) -> str:
    return ", ".join(f"{step} {seconds:.2f}" for step, seconds in steps.items())


def _steps(folder: Path, server: str) -> dict[str, float]:
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "LUKUINA_NOW": "2026-11-24T06:00:00+02:00"}
    command = [sys.executable, __file__, "night", str(folder), server]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
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

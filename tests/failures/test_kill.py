"""The whole command ended by a signal, at moments and at writes spread over a run; readers that go on meanwhile.

What belongs here: real kills and stops of ``lukuina refresh``, a reader in another process. What does not: faults
injected in process (test_crash.py, test_publish_crash.py).
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from pipelines import folders, run
from pipelines.lock import held
from pipelines.raw import RawStore
from pipelines.settings import PROJECT, Settings
from pipelines.verify import problems
from tests.failures import measured
from tests.servers import publisher
from tests.sources import prh_pages

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.slow,
]
BY_TIME, BY_WRITE, AGAIN = 6, 15, 10
NIGHT = "2026-11-24T02:30:00+02:00"
_READER = """
import sys, json; from pathlib import Path; import duckdb, polars
data, site = Path(sys.argv[1]), Path(sys.argv[2]); reads = failed = 0; seen = set()
print("in", flush=True)
while not (data / "stop").exists():
    reads += 1
    try:
        with duckdb.connect(str(data / "marts" / "lukuina.duckdb"), read_only=True) as con:
            seen.add(con.execute("select count(*) from marts.observations").fetchone()[0])
        with (data / "marts" / "figures.parquet").open("rb") as file:  # by its path Polars opens a file several times
            assert polars.read_parquet(file).height > 5
        assert (site / "fi" / "index.html").read_text(encoding="utf-8").endswith("</html>\\n")
    except Exception as error:
        failed += 1; print(repr(error), file=sys.stderr)
print(json.dumps([reads, failed, sorted(seen)]))
"""


@dataclass
class Small:
    """A small installation: ``before`` one night and ``after`` another, and how long and how many writes it takes."""

    root: Path
    url: str
    commands: "subprocess.Popen[str]"
    writes: int = 0
    seconds: float = 0.0

    def settings(self, name: str) -> Settings:
        return Settings(data=self.root / name / "data", site=self.root / name / "public")

    def start(self, name: str, *arguments: str, at: int = 0, number: int = signal.SIGKILL) -> int:
        """Start a command on the installation ``name``; return its process."""
        folder = self.root / name
        environment = {
            "LUKUINA_DATA": str(folder / "data"), "LUKUINA_SITE": str(folder / "public"), "LUKUINA_NOW": NIGHT,
            "LUKUINA_PRH_URL": self.url, "LUKUINA_CONTACT": "yllapito@example.org",
        }  # fmt: skip
        asked = {"arguments": arguments, "environment": environment, "root": str(folder), "at": at}
        self._tell({**asked, "signal": number, "pages": str(self.root / "dashboards")})
        return int(self._hear())

    def end(self) -> tuple[int, int]:
        """Wait for the command; return its exit code (-9: killed) and how much it wrote."""
        code, writes = json.loads(self._hear())
        return code, writes

    def do(self, name: str, *arguments: str) -> int:
        self.start(name, *arguments)
        return self.end()[0]

    def _tell(self, asked: dict[str, Any]) -> None:
        assert self.commands.stdin
        self.commands.stdin.write(json.dumps(asked) + "\n")
        self.commands.stdin.flush()

    def _hear(self) -> str:
        assert self.commands.stdout
        return self.commands.stdout.readline()

    def state(self, name: str) -> tuple[str, str]:
        chosen = self.settings(name)
        return digest(chosen.marts), digest(chosen.site)


def digest(folder: Path) -> str:
    """Return one digest of every file but the DuckDB file, whose bytes differ from build to build."""
    found = [
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".duckdb"
    ]  # fmt: skip
    return hashlib.sha256(repr(found).encode()).hexdigest() if found else ""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    root = tmp_path_factory.mktemp("kills")
    (root / "dashboards" / "pages").mkdir(parents=True)
    for name in ("templates", "assets", "locales"):
        (root / "dashboards" / name).symlink_to(PROJECT / "dashboards" / name)
    page = "---\ntitle: {fi: Sivu, sv: Sida, en: Page}\n---\n{{ big_value(figure('yhdistykset'), level=2) }}\n"
    (root / "dashboards" / "pages" / "index.md").write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "tests.failures.small_command"]
    with (
        publisher() as server,
        (root / "told").open("ab") as told,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True, cwd=PROJECT
        ) as commands,
    ):
        made = Small(root, server.url, commands)
        assert made.do("before", "run") == 0
        rows = prh_pages.scaled(prh_pages.edition("2025-01-02"), 1.01)
        server.page(prh_pages.PATHS["regions-fi"], prh_pages.render("2026-01-02", rows))
        shutil.copytree(root / "before", root / "after")
        started = monotonic()
        made.start("after", "refresh", "prh")
        code, made.writes = made.end()
        made.seconds = monotonic() - started
        assert code == 0
        yield made


def test_a_killed_command_loses_nothing_and_mixes_nothing(small: Small):
    before, after = small.state("before"), small.state("after")
    assert all(one != other for one, other in zip(before, after, strict=True))
    kills = named = 0
    for number in range(BY_TIME + BY_WRITE):
        shutil.copytree(small.root / "before", small.root / "now")
        chosen = small.settings("now")
        by_time = number < BY_TIME
        at = 0 if by_time else 1 + (number - BY_TIME) * (small.writes - 1) // (BY_WRITE - 1)
        process = small.start("now", "refresh", "prh", at=at)
        if by_time:
            sleep(small.seconds * (number + 1) / (BY_TIME + 2))
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        code, _ = small.end()
        if code != -signal.SIGKILL:
            assert by_time, "every write is before the end"
            shutil.rmtree(small.root / "now")
            continue
        kills += 1
        place = f"kill {number}, write {at} of {small.writes}"
        marts, site = small.state("now")
        assert marts in (before[0], after[0]), place
        assert site in (before[1], after[1]), place
        with run.warehouse.connect(chosen.marts) as con:
            assert con.execute("select count(*) > 9 from marts.figures").fetchall() == [(True,)], place
        told: list[str] = []
        with held(chosen.work, told.append):
            run.prepare(chosen, told.append)
            run.complete(chosen, told.append)
        assert small.state("now") in (before, after), place
        named += any("was killed before its end" in line for line in told)
        store = RawStore(chosen.raw)
        assert list(problems(store)) == [], place
        kept = store.snapshots("transcribed")
        assert kept.keys() == RawStore(small.settings("before").raw).snapshots("transcribed").keys(), place
        if number % AGAIN == AGAIN - 1:
            assert small.do("now", "refresh", "prh") == 0
            assert small.state("now") == after, place
            assert not [*(small.root / "now").glob("**/*-building-*")], place
        shutil.rmtree(small.root / "now")
    assert kills >= BY_WRITE + BY_TIME // 2
    assert named >= kills - 2, "a run that is killed before it holds the folder did nothing"
    print(f"{kills} real kills, {named} named by the next run, nothing lost, nothing mixed")
    measured.note("kills", "kills", kills)
    measured.note("kills", "named", named)


def test_a_stopped_command_says_so_in_one_line_and_leaves_nothing_behind(small: Small):
    before, after = small.state("before"), small.state("after")
    for number, part in ((signal.SIGINT, 0.4), (signal.SIGTERM, 0.97)):
        shutil.copytree(small.root / "before", small.root / "stopped")
        chosen = small.settings("stopped")
        os.truncate(small.root / "told", 0)
        small.start("stopped", "refresh", "prh", at=int(small.writes * part), number=number)
        code, _ = small.end()
        told = (small.root / "told").read_text(encoding="utf-8").splitlines()
        assert code == 128 + number, told
        assert told[-1] == f"lukuina: stopped by {number.name}. Nothing is half written; give the command again"
        assert not [line for line in told if "Traceback" in line or "Error" in line]
        marts, site = small.state("stopped")
        assert marts in (before[0], after[0])
        assert site in (before[1], after[1])
        assert (chosen.work / "lock").read_text(encoding="utf-8") == "", "the lock was given back in peace"
        assert not [*(small.root / "stopped").glob("**/*-building-*")]
        assert not [problem for problem in problems(RawStore(chosen.raw)) if problem.kind != "orphaned"]
        shutil.rmtree(small.root / "stopped")


def test_readers_in_another_process_go_on_while_tables_and_site_are_replaced(small: Small):
    shutil.copytree(small.root / "before", small.root / "read")
    shutil.copytree(small.root / "after", small.root / "other")
    chosen, other = small.settings("read"), small.settings("other")
    command = [sys.executable, "-c", _READER, str(chosen.data), str(chosen.site)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert reader.stdout
    assert reader.stdout.readline() == "in\n"
    assert small.do("read", "refresh", "prh") == 0
    assert small.state("read") == small.state("after")
    for _ in range(200):
        folders.exchange(other.marts, chosen.marts)
        folders.exchange(other.site, chosen.site)
    (chosen.data / "stop").touch()
    out, errors = reader.communicate()
    reads, failed, seen = json.loads(out)
    assert failed == 0, errors
    assert reads > 5
    assert len(seen) == 2, "the reader saw the old tables and the new ones"
    measured.note("kills", "reads", reads)
    measured.note("kills", "failed", failed)
    print(f"{reads} reads in another process during 401 exchanges, {failed} failed")

"""The files of deploy/hosted-ci and deploy/container: well formed, safe by default, and each command tried.

What belongs here: the steps of the hosted night, run one by one against a copy of an installation and a local
repository; the image's instructions and the services against the project. What does not: an image build or a hosted
runner (none is at hand; docs/operate.md says what was tried by hand).
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import settings
from pipelines.cli import main
from pipelines.raw import Answer, RawStore

PROJECT = Path(__file__).resolve().parent.parent
CONTAINER = PROJECT / "deploy" / "container"
HOSTED = PROJECT / "deploy" / "hosted-ci"
WORKFLOW: dict[Any, Any] = yaml.safe_load((HOSTED / "nightly.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["refresh"]["steps"]
COMPOSE: dict[str, Any] = yaml.safe_load((CONTAINER / "compose.yaml").read_text(encoding="utf-8"))


# -- hosted CI --------------------------------------------------------------------------------------------------------


class Runner:
    """What a hosted runner gives a step: a checkout, its environment, a file for outputs; ``lukuina refresh`` ends
    with a code of the test, all other commands are real."""

    def __init__(self, folder: Path, origin: Path) -> None:
        self.folder, self.output, self.origin = folder, folder.parent / f"{folder.name}.out", origin
        folder.mkdir()
        for name in ("deploy", "data"):
            (folder / name).symlink_to(PROJECT / name)
        (folder / "Makefile").write_text("setup:\n\t@true\n")
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text("<!doctype html>")
        binaries = folder / ".venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "python").symlink_to(sys.executable)
        real = f'exec "{sys.executable}" -c "from pipelines.cli import main; main()"'
        (binaries / "lukuina").write_text(f'#!/bin/sh\nif [ "$1" = refresh ]; then exit "$CODE"; fi\n{real} "$@"\n')
        (binaries / "lukuina").chmod(0o755)
        subprocess.run(["git", "clone", "--quiet", str(origin), str(folder / "kept")], check=True, capture_output=True)

    def run(self, name: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run one step as the runner does: bash, stopping at the first command that fails."""
        step = next(step for step in STEPS if step.get("name") == name)
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder.parent), "PYTHONPATH": str(PROJECT),
            "LUKUINA_DATA": WORKFLOW["jobs"]["refresh"]["env"]["LUKUINA_DATA"], "GITHUB_OUTPUT": str(self.output),
            "GITHUB_SERVER_URL": f"file://{self.origin.parent}", "RAW_REPOSITORY": self.origin.name, "CODE": str(code),
        }  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository for the raw store, with a first commit."""
    bare, work = tmp_path / "raw.git", tmp_path / "first"
    git = ["git", "-c", "init.defaultBranch=main", "-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run([*git, "init", "--quiet", "--bare", str(bare)], check=True)
    subprocess.run([*git, "clone", "--quiet", str(bare), str(work)], check=True, capture_output=True)
    subprocess.run([*git, "-C", str(work), "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    subprocess.run([*git, "-C", str(work), "push", "--quiet", "origin", "HEAD"], check=True, capture_output=True)
    return bare


KEEP = "Keep what was fetched, also when the rest could not be done"


def test_every_step_of_the_hosted_night_runs(origin: Path, tmp_path: Path):
    first = Runner(tmp_path / "first-night", origin)
    for name in ("Set up", "Restore", "Refresh"):
        told = first.run(name)
        assert told.returncode == 0, told.stderr
    assert first.output.read_text() == "code=0\n"
    raw = first.folder / "state" / "raw"
    assert (raw / "transcribed" / "prh.csv").is_file()
    kept = raw / "prh" / "page"
    kept.mkdir(parents=True)
    (raw / "prh" / "rejected").mkdir()
    (raw / "prh" / "rejected" / "page.bin").write_bytes(b"what a publisher sent")
    kept.rmdir()
    told = first.run(KEEP)
    assert told.returncode == 0, told.stderr
    second = Runner(tmp_path / "second-night", origin)
    told = second.run("Restore")
    assert told.returncode == 0, told.stderr
    assert (second.folder / "state" / "raw" / "prh" / "rejected" / "page.bin").read_bytes() == b"what a publisher sent"
    assert second.run("Refresh", code=1).returncode == 0  # newly wrong: published, kept, and told at the end
    assert second.output.read_text() == "code=1\n"
    assert second.run("Refresh", code=2).returncode != 0
    told = second.run(KEEP)  # nothing new: no commit, no failure
    assert told.returncode == 0, told.stderr


def test_a_raw_store_that_anybody_may_read_is_refused(origin: Path, tmp_path: Path):
    night = Runner(tmp_path / "night", origin)
    told = night.run("Refuse a raw store that anybody may read")
    assert told.returncode == 2
    assert "make it private" in told.stderr
    shutil.rmtree(origin)
    assert night.run("Refuse a raw store that anybody may read").returncode == 0
    for named in ("", "file:///x/", "file:///x y"):
        told = subprocess.run(["bash", str(HOSTED / "refuse-public.sh"), named], capture_output=True, check=False)
        assert told.returncode != 0, named


def test_a_stored_answer_among_the_pages_stops_the_night(world: settings.Settings, tmp_path: Path):
    site, script = tmp_path / "pages", HOSTED / "no_raw.py"
    site.mkdir()

    def look() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(script), str(site), str(world.raw)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert look().returncode == 2  # an empty site is no site
    (site / "index.html").write_text("<!doctype html>")
    (site / "own.csv").write_bytes((world.raw / "transcribed" / "prh.csv").read_bytes())
    assert look().returncode == 0
    answer = Answer(b"<html>PRH</html>", "https://www.prh.fi/x", "https://www.prh.fi/x")
    RawStore(world.raw).record("prh", "x", [answer], "c", datetime(2026, 11, 24, tzinfo=UTC), "not stated")
    (site / "copy.html").write_bytes(answer.body)
    told = look()
    assert told.returncode == 2
    assert "copy.html: the bytes that https://www.prh.fi/x sent" in told.stderr


def test_the_workflow_gives_away_nothing():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    assert STEPS[0]["with"]["persist-credentials"] is False
    text = (HOSTED / "nightly.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"LUKUINA_RAW_TOKEN"}
    uploaded = [step["with"]["path"] for step in STEPS if "upload" in step.get("uses", "")]
    assert uploaded == ["site"]
    assert not [step for step in STEPS if "actions/cache" in step.get("uses", "")]
    for job in WORKFLOW["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), "a value of the forge pasted into a shell line"
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
    commands = {name for step in STEPS for name in re.findall(r"bin/lukuina ([a-z]+)", step.get("run", ""))}
    assert commands == {"refresh", "backup", "restore"}
    assert commands <= set(main.commands)
    names = [step.get("name") for step in STEPS]
    assert names.index("Refuse a raw store that anybody may read") < names.index("Get the raw store")
    for script in HOSTED.glob("*.sh"):
        assert not script.stat().st_mode & stat.S_IWOTH


# -- container --------------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (CONTAINER / "Containerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_what_the_image_copies_is_there_and_is_let_in():
    let_in = [
        line[1:]
        for line in (CONTAINER / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    for pattern in let_in:
        assert list(PROJECT.glob(pattern)) or "corrections" in pattern, pattern
    copied = [name for kind, rest in instructions() if kind == "COPY" for name in rest.split()[:-1]]
    assert {"pipelines", "sql", "dashboards", "data/raw"} <= set(copied)
    for name in copied:
        assert (PROJECT / name).exists(), name
        assert any(pattern == name or pattern.startswith(f"{name}/") for pattern in let_in), name
    assert not any(pattern.rstrip("/") in {"data/raw", "*", "."} for pattern in let_in)


def test_the_image_is_locked_and_not_root():
    found = instructions()
    (user,) = [rest for kind, rest in found if kind == "USER"]
    assert int(user) > 0
    assert [kind for kind, _ in found][-1] == "CMD"
    installs = [rest for kind, rest in found if kind == "RUN" and "pip install" in rest]
    assert all("--no-deps" in rest for rest in installs)
    assert "--require-hashes" in installs[0]
    locked = (PROJECT / "constraints-container.txt").read_text(encoding="utf-8")
    for name in ("dagster-postgres==", "dagster-webserver==", "setuptools=="):
        assert name in locked
    own = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", locked, re.MULTILINE))
    main_lock = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (PROJECT / "constraints.txt").read_text(), re.MULTILINE))
    assert {name for name, version in own.items() if main_lock.get(name, version) != version} == set()
    assert set(own) - set(main_lock) == {"dagster-postgres", "psycopg2-binary"}


def test_the_services_bind_loopback_hold_no_secret_and_their_commands_exist():
    services = COMPOSE["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:3000:3000"]
    text = (CONTAINER / "compose.yaml").read_text(encoding="utf-8")
    given = re.findall(r"PASSWORD: \"(.*)\"", text)
    assert len(given) == 2
    assert all(value.startswith("${DAGSTER_PG_PASSWORD:?") for value in given)
    for name in ("daemon", "webserver"):
        service = services[name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert (Path(sys.executable).parent / service["command"][0]).exists()
        assert service["command"][-2:] == ["-m", "pipelines.definitions"]
    (night,) = [rest for kind, rest in instructions() if kind == "CMD"]
    assert yaml.safe_load(night)[1] in main.commands
    assert set(COMPOSE["volumes"]) == {
        volume.split(":")[0] for service in services.values() for volume in service["volumes"]
    }


def test_the_two_files_of_dagster_differ_in_storage_alone():
    one = yaml.safe_load((PROJECT / "deploy" / "dagster.yaml").read_text(encoding="utf-8"))
    other = yaml.safe_load((CONTAINER / "dagster.yaml").read_text(encoding="utf-8"))
    storage = other.pop("storage")["postgres"]["postgres_db"]
    assert one == other
    given = COMPOSE["services"]["daemon"]["environment"]
    assert {value["env"] for value in storage.values() if isinstance(value, dict)} <= set(given)

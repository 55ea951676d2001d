"""The files of deploy/ are well formed, and every command in them exists."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.cli import main

PROJECT = Path(__file__).resolve().parent.parent
DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(DEPLOY / "systemd" / name, encoding="utf-8")
    return parser


def commands(text: str) -> list[str]:
    return re.findall(r"\.venv/bin/lukuina ([a-z]+)", text)


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "crontab"], ids=lambda path: path.name)
def test_every_command_exists(path: Path):
    found = commands(path.read_text(encoding="utf-8"))
    assert found or path.suffix == ".timer"
    assert set(found) <= set(main.commands)


@pytest.mark.parametrize(("code", "mailed"), [(0, ""), (1, "newly failed: prh\n"), (2, "newly failed: prh\n")])
def test_the_line_of_cron_mails_only_trouble_and_needs_no_folder_that_may_be_deleted(
    tmp_path: Path, code: int, mailed: str
):
    line = (DEPLOY / "crontab").read_text(encoding="utf-8").splitlines()[-1].split(maxsplit=5)[5]
    assert line in (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    own = tmp_path / ".venv" / "bin" / "lukuina"
    own.parent.mkdir(parents=True)
    own.write_text(f"#!/bin/sh\necho 'newly failed: prh' >&2\nexit {code}\n")
    own.chmod(0o755)
    (tmp_path / "data").mkdir()
    told = subprocess.run(
        ["sh", "-c", line.replace("/srv/toiminta-lukuina", str(tmp_path))], capture_output=True, text=True, check=False
    )
    assert (told.stdout, told.stderr) == (mailed, "")


def test_the_service_runs_once_unprivileged_and_may_write_only_its_own_folder():
    service = unit("lukuina.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["User"] != "root"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == service["WorkingDirectory"]
    assert service["ExecStart"].startswith(service["WorkingDirectory"])


def test_the_timer_keeps_helsinki_time_and_makes_up_for_a_missed_night():
    timer = unit("lukuina.timer")["Timer"]
    assert timer["OnCalendar"] == "*-*-* 02:30:00 Europe/Helsinki"
    assert timer["Persistent"] == "true"


def test_systemd_accepts_the_units():
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    told = subprocess.run([analyze, "verify", *map(str, UNITS)], capture_output=True, text=True, check=False)
    lines = [line for line in told.stderr.splitlines() if "is not executable" not in line]
    assert not [line for line in lines if "lukuina" in line], told.stderr

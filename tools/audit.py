"""Is any locked dependency known to be unsafe: ``python -m tools.audit``, or ``make audit``.

What belongs here: asking pip-audit about every lock file, and saying plainly how much it could answer. What does not:
mending (raise the version in pyproject.toml, then ``make lock``).

Ends with 1 when something is known, 2 with ``--strict`` when a package could not be looked up, else 0: a machine that
does not reach the database says NOT AUDITED and holds nobody up. What a person has looked at and found harmless here
stands in advisories.toml, with the reason and the day.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.licences import LOCKS, PROJECT

ADVISORIES = Path(__file__).with_name("advisories.toml")


def ask(lock: str) -> Mapping[str, Any] | str:
    """Return pip-audit's answer about a lock file, or why there is none."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    command += ["--format", "json", "--requirement", str(PROJECT / lock)]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        return json.loads(told.stdout)
    except subprocess.TimeoutExpired:
        return "no answer in 300 s"
    except ValueError:
        return (told.stderr.strip().splitlines() or ["no answer"])[-1]


def summary(answers: Mapping[str, Mapping[str, Any] | str], known: Mapping[str, Any]) -> tuple[list[str], int, int]:
    """Return what to print, how many packages have an advisory that nobody looked at, and how many were not audited."""
    lines: list[str] = []
    unsafe, missed, audited = 0, 0, 0
    for lock, answer in answers.items():
        if isinstance(answer, str):
            lines.append(f"{lock}: NOT AUDITED: {answer}")
            missed += 1
            continue
        for one in answer["dependencies"]:
            if "skip_reason" in one:
                missed += 1
                continue
            audited += 1
            for found in one["vulns"]:
                if {found["id"], *found.get("aliases", ())} & set(known):
                    continue
                fix = ", ".join(found.get("fix_versions", ())) or "none yet"
                lines.append(f"{lock}: {one['name']} {one['version']}: {found['id']}, mended in {fix}")
                unsafe += 1
    state = "NOT AUDITED" if missed and not audited else "audited"
    lines.append(
        f"{state}: {audited} looked up, {missed} could not be, {unsafe} advisories, {len(known)} known harmless"
    )
    return lines, unsafe, missed


def main(strict: bool) -> int:
    """Ask about every lock file, print, and return the exit code."""
    known = tomllib.loads(ADVISORIES.read_text(encoding="utf-8"))["harmless"]
    lines, unsafe, missed = summary({lock: ask(lock) for lock in LOCKS}, known)
    print("\n".join(lines))
    return 1 if unsafe else 2 if missed and strict else 0


if __name__ == "__main__":
    sys.exit(main("--strict" in sys.argv[1:]))

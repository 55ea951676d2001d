"""Other versions of DuckDB beside the pinned one, each in a folder of its own, for test_duckdb_versions.py.

    python tests/other_duckdb.py        called by `make test` before the tests, which themselves ask nobody

What belongs here: which versions, and installing them once. What does not: the test. Without a package registry it says
so and ends well; the test is then skipped with the same words.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".duckdb"
WANTED = {"1.1": "duckdb==1.1.3", "2": "duckdb>=2,<3"}
"""The oldest and the newest line that the published file is promised to open in."""


def installer() -> list[str]:
    """uv where it is there, as in the Makefile, else pip."""
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]


def install(name: str) -> bool:
    """Install one version; a folder that is there is whole, because it gets its name last."""
    if (FOLDER / name).is_dir():
        return True
    FOLDER.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".installing-", dir=FOLDER))
    command = [*installer(), "--no-deps", "--target", str(made), WANTED[name]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        shutil.rmtree(made)
        print(f"{WANTED[name]} could not be installed, its test is skipped: {done.stderr.strip()[-200:]}")
        return False
    made.rename(FOLDER / name)
    return True


if __name__ == "__main__":
    for wanted in WANTED:
        install(wanted)

"""The Nu Html Checker (npm package vnu-jar, needs Java) on every page of the site.

Where it is looked for: VNU_JAR, ``vnu`` on PATH, ``node_modules`` of the project, npm's global folder.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pipelines.settings import PROJECT
from tests.browser.conftest import missing

pytestmark = pytest.mark.browser

_JAR = Path("vnu-jar/build/dist/vnu.jar")


def checker() -> list[str]:
    """Return the command of the checker."""
    if os.environ.get("VNU_JAR"):
        return ["java", "-jar", os.environ["VNU_JAR"]]
    if shutil.which("vnu"):
        return ["vnu"]
    folders = [PROJECT / "node_modules"]
    if shutil.which("npm"):
        told = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=False)
        folders.append(Path(told.stdout.strip() or "/nowhere"))
    jar = next((folder / _JAR for folder in folders if (folder / _JAR).is_file()), None)
    if jar is None or shutil.which("java") is None:
        missing("no Nu Html Checker (npm install -g vnu-jar, and Java)")
    return ["java", "-Xss4m", "-jar", str(jar)]


def test_every_page_is_valid_html(site: Path) -> None:
    command = [*checker(), "--errors-only", "--exit-zero-always", "--format", "json", "--skip-non-html", str(site)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    messages = json.loads(told.stderr or told.stdout)["messages"]
    found = {f"{Path(m['url']).name}: {m['message']}: {m.get('extract', '')[:120]}" for m in messages}
    assert sorted(found)[:20] == []

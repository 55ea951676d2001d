"""What the tests of failures measured when it was last recorded: the numbers of docs/failures.md.

What belongs here: keeping and reading them. What does not: what is measured.

``UPDATE_FAILURES=1 pytest tests/failures`` records anew, one JSON file a test module, for ``python -m
tests.failures.table``. Without that variable nothing is written.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "measured"


def note(module: str, name: str, result: Any) -> None:
    """Record one result of a test module, when asked to."""
    if os.environ.get("UPDATE_FAILURES"):
        FOLDER.mkdir(exist_ok=True)
        found = {**known(module), name: result}
        text = json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True)
        (FOLDER / f"{module}.json").write_text(text + "\n", encoding="utf-8")


def known(module: str) -> Mapping[str, Any]:
    """Return what was recorded of a module; nothing when it never was."""
    path = FOLDER / f"{module}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

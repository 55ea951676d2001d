"""The environment of the processes that a bench starts: as an installation would have it.

What belongs here: what must be the same for every side that is measured. What does not: starting them, the clock.
"""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NOW = "2026-11-24T06:00:00+02:00"


def environment() -> dict[str, str]:
    """Return the variables for a child: this project on its path, a fixed day, and compiled code kept.

    A shell that tells Python to write no bytecode would let each child compile all changed modules once more.
    """
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**env, "PYTHONPATH": str(PROJECT), "LUKUINA_NOW": NOW}

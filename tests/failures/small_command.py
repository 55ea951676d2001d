"""``lukuina`` with a site of one page, that can send itself a signal at a write; a process for each command.

What belongs here: commands for test_kill.py that take seconds. What does not: anything else; the steps of a run and
their order are those of the command.

Reads a line of JSON a command: ``arguments``, ``environment``, ``pages`` (the folder of dashboards), ``root`` (what
lies below is written by the run), ``at`` (at which write it gets the ``signal``, 0 for never). Forks, so that Python
and the libraries are loaded once, and answers with the child's id, then with its exit code (negative: the signal) and
number of writes.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from pipelines import refresh, run
from pipelines.cli import main
from pipelines.site import build
from tests.failures.writes import is_write

LOADED = (refresh, run)


def _watch(root: str, at: int, number: int) -> list[int]:
    count = [0]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if is_write(event, arguments, root):
            count[0] += 1
            if count[0] == at:
                os.kill(os.getpid(), number)

    sys.addaudithook(hook)
    return count


def _child(asked: dict[str, Any], answer: int) -> None:
    os.environ.update(asked["environment"])
    build.build = partial(build.build, dashboards=Path(asked["pages"]), extras=())
    counted = _watch(asked["root"], asked["at"], asked["signal"])
    code = 2
    try:
        code = main(asked["arguments"], standalone_mode=False) or 0
    except SystemExit as done:
        code = int(done.code or 0)
    finally:
        os.write(answer, str(counted[0]).encode())
        os._exit(code)


if __name__ == "__main__":
    for line in sys.stdin:
        came, answer = os.pipe()
        child = os.fork()
        if child == 0:
            _child(json.loads(line), answer)
        os.close(answer)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        with os.fdopen(came) as written:
            print(json.dumps([os.waitstatus_to_exitcode(status), int(written.read() or "0")]), flush=True)

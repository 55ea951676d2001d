"""A second process that prints a share of the pages, when there are very many of them.

What belongs here: when one is started, what it is given and what comes back. What does not: printing (presses.py).

The other process opens the house itself, from the same options, so that nothing but the options and the paths is handed
over; what it prints is what this process would have printed, and nothing is written by either of them. An error of a
page comes back as it is.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pipelines.errors import LukuinaError
from pipelines.settings import PROJECT
from pipelines.site import presses
from pipelines.site.house import Options, open_house
from pipelines.site.presses import Printed

MANY = 600
"""Pages from which on a second process is worth its start, two to three seconds of a processor."""

COMMAND = (sys.executable, "-m", "pipelines.site.second")


@dataclass(frozen=True)
class Elsewhere:
    """The pages that the other process prints, by their paths."""

    paths: Collection[str] = frozenset()
    process: "subprocess.Popen[bytes] | None" = None

    def printed(self) -> Sequence[Printed]:
        """Wait for them. Raises what printing raised, and LukuinaError when the process was killed."""
        if self.process is None:
            return ()
        assert self.process.stdout is not None
        try:
            found: Sequence[Printed] | Exception = pickle.load(self.process.stdout)
        except (EOFError, pickle.UnpicklingError):
            problem = "the second process that prints pages was killed, perhaps for want of memory"
            raise LukuinaError(f"{problem}; nothing was changed. Run again") from None
        if isinstance(found, Exception):
            raise found
        return found


@contextmanager
def help_with(options: Options, paths: Sequence[str]) -> Generator[Elsewhere]:
    """Let a second process print half of these pages, when they are many and there are two processors.

    Languages share what is made of one address, so an address stays in one process.
    """
    if len(paths) < MANY or (os.cpu_count() or 1) < 2:
        yield Elsewhere()
        return
    addresses = list(dict.fromkeys(path.partition("/")[2] for path in paths))
    share = set(addresses[len(addresses) // 2 :])
    theirs = frozenset(path for path in paths if path.partition("/")[2] in share)
    found = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": found}
    from tempfile import TemporaryFile  # here: a build of few pages does without

    with TemporaryFile() as told:
        pickle.dump((options, theirs), told)
        told.seek(0)
        process = subprocess.Popen(COMMAND, stdin=told, stdout=subprocess.PIPE, env=environment)
    with process:
        try:
            yield Elsewhere(theirs, process)
        finally:
            process.kill()  # it is done, or nobody wants the rest


def print_share(options: Options, paths: Collection[str]) -> list[Printed]:
    """Print these pages."""
    return [job.run() for job in presses.jobs(open_house(options)) if job.path in paths]


def main() -> None:
    """Be the other process: read what to print, print it, hand it over; what is printed on the way is no page."""
    gc.disable()  # as build.py
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes: the first one ends this one
    options, paths = pickle.load(sys.stdin.buffer)
    try:
        made: Sequence[Printed] | Exception = print_share(options, paths)
    except LukuinaError as error:
        made = error
    pickle.dump(made, sys.stdout.buffer, protocol=5)


if __name__ == "__main__":
    main()

"""Stopping a command from outside: Ctrl-C, SIGTERM, a terminal that closes.

What belongs here: turning those signals into an error that unwinds the command, noticing when a library swallowed it.
What does not: what a command leaves tidy on its way out (its own with blocks), a kill that nothing can hear (lock.py,
verify.py), the message and the exit code (cli/app.py).
"""

import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)
_asked: list[tuple[int, float]] = []

PATIENCE_S = 5.0
"""For so long a second signal leaves an unwinding command alone: pressed twice, or sent to a group and to a process."""


class Stopped(KeyboardInterrupt):
    """A signal asks the command to end. ``then``: what the operator does next."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number
        self.then = "give the command again"

    @property
    def code(self) -> int:
        """The exit code that shells give to what a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + self.number


@contextmanager
def heard() -> Generator[None]:
    """Let the signals unwind the with block. Those that the caller ignores (nohup) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: handler for number in _SIGNALS if (handler := signal.getsignal(number)) in _DEFAULT}
    _asked.clear()
    for number in before:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check() -> None:
    """Raise Stopped when the command was asked to stop and goes on: a library may swallow what a handler raises."""
    if _asked:
        raise Stopped(_asked[0][0])


def cause(error: BaseException | None) -> Stopped | None:
    """Return the stop that an error came from; None for other errors.

    DuckDB wraps one that comes during a query: its RuntimeError "Query interrupted" has it as the cause.
    """
    while error is not None and not isinstance(error, Stopped):
        error = error.__cause__
    return error


def _stop(number: int, _: FrameType | None) -> None:
    now = time.monotonic()
    again = bool(_asked) and now - _asked[-1][1] < PATIENCE_S
    if not again:
        _asked.append((number, now))
        raise Stopped(number)

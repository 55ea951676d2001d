"""Showing how long work goes on: a bar on a terminal, plain or JSON lines in a log, and a log file of its own.

What belongs here: that, and nothing else. What is said holds no secret: who says it sees to that.
"""

import json
import logging
import os
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from pipelines import clock
from pipelines.settings import Settings
from pipelines.stopping import check

FILE = "lukuina.jsonl"
_SIZE, _KEPT = 2_000_000, 5
"""The log file is turned at 2 MB and five older ones are kept: some years of nights."""


class Progress:
    """A callable that takes one line a step; use as a context manager.

    With ``settings`` every line is also kept in ``data/logs/lukuina.jsonl``, and standard error gets JSON lines when
    ``log_format`` says so: ``at`` (UTC), ``level``, ``process``, ``message``.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._json = settings is not None and settings.log_format == "json"
        self._file = _opened(settings.data / "logs") if settings else None
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        bar = sys.stderr.isatty() and not self._json
        self._bar = tqdm(bar_format="{elapsed} {desc}", file=sys.stderr) if bar else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, SystemExit):
            self._keep("error", " ".join(str(error).split()) or type(error).__name__)
        if self._bar is not None:
            self._bar.close()
        self._bar = None
        if self._file is not None:
            with suppress(OSError):  # a full disk: what it did not take is tried once more here
                self._file.close()
        self._file = None

    def __call__(self, text: str) -> None:
        """Show a step; here a run ends that was asked to stop and has not noticed."""
        check()
        line = self._keep("info", text)
        if self._bar is None:
            tell(line if self._json else text)
            return
        self._bar.set_description_str(text[:100])
        self._bar.update()

    def warn(self, text: str) -> None:
        """Say what is newly wrong, also over a bar."""
        line = self._keep("warning", text)
        if self._bar is not None:
            self._bar.clear()
        tell(line if self._json else text)

    def _keep(self, level: str, text: str) -> str:
        at = clock.now().isoformat(timespec="seconds")
        record = {"at": at, "level": level, "process": os.getpid(), "message": text}
        line = json.dumps(record, ensure_ascii=False)
        if self._file is not None:
            self._file.emit(logging.LogRecord("lukuina", logging.INFO, "", 0, line, (), None))
        return line


def tell(line: str) -> None:
    """Print a line on standard error; where nothing takes it (the log of cron on a full disk), all goes on without it.

    What Python still holds of the line then goes nowhere: at the end it would be tried again, and end the process
    with a code of its own, 120.
    """
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class _Quiet(RotatingFileHandler):
    """A log file whose trouble (a full disk) is nobody's: the night goes on without it."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


def _opened(folder: Path) -> RotatingFileHandler | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _Quiet(folder / FILE, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8")
    except OSError:
        return None

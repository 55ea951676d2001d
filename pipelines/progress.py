"""Showing how long work goes on: a bar on a terminal, plain lines in a log.

What belongs here: that, and nothing else.
"""

import sys
from types import TracebackType

from tqdm import tqdm


class Progress:
    """A callable that takes one line a step; use as a context manager."""

    def __enter__(self) -> "Progress":
        self._bar = tqdm(bar_format="{elapsed} {desc}", file=sys.stderr) if sys.stderr.isatty() else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, text: str) -> None:
        """Show a step."""
        if self._bar is None:
            print(text, file=sys.stderr, flush=True)
            return
        self._bar.set_description_str(text[:100])
        self._bar.update()

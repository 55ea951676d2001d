"""Python's collector of circles of garbage, which a command that ends soon hardly needs.

What belongs here: when it looks. What does not: anything else about memory.

A look goes through everything that is kept: the more a build has made, the longer each takes, and what it made is kept
to its end anyway. Processes that stay (Dagster's daemon, a worker of the tests) have it as Python has it.
"""

import atexit
import gc
from collections.abc import Generator
from contextlib import contextmanager

_OFTEN = 100_000
"""New objects between two looks while a command starts and reads; Python's own is 700."""


@contextmanager
def seldom() -> Generator[None]:
    """Let it look seldom, and not once more at the end of the process."""
    before = gc.get_threshold()
    gc.set_threshold(_OFTEN, *before[1:])
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def never() -> Generator[None]:
    """Let it not look: what is made inside is kept to the end."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if before:
            gc.enable()


@contextmanager
def only_new() -> Generator[None]:
    """Let it look, inside ``never``, at what is made from here on: makers of files leave much behind."""
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.disable()

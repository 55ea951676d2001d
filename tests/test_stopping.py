"""Signals from outside: one unwinds a command, others that come close behind it leave the unwinding alone."""

import os
import signal

import pytest

from pipelines import stopping
from pipelines.stopping import Stopped, check, heard

pytestmark = pytest.mark.unit


def signalled(tidied: list[str]) -> None:
    with heard():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            tidied.append("begun")
            os.kill(os.getpid(), signal.SIGHUP)  # a terminal that closes, or Ctrl-C pressed twice
            os.kill(os.getpid(), signal.SIGINT)
            tidied.append("done")


def test_signals_close_behind_the_first_let_it_unwind():
    tidied: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped, match="stopped by SIGTERM"):
        signalled(tidied)
    assert tidied == ["begun", "done"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_one_that_comes_later_is_heard_since_the_first_may_have_been_swallowed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stopping, "PATIENCE_S", 0.0)
    tidied: list[str] = []
    with pytest.raises(Stopped, match="stopped by SIGHUP"):
        signalled(tidied)
    assert tidied == ["begun"]


def test_a_signal_that_was_swallowed_ends_the_command_at_its_next_step():
    with heard():
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped, match="stopped by SIGTERM"):
            check()
    with heard():
        check()

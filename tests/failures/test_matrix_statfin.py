"""The failure matrix of statfin: every failure of the connection, and content that looks like data."""

from pathlib import Path

import pytest

from tests.failures import matrix
from tests.failures.cases import Failure
from tests.failures.content import Content
from tests.failures.matrix import World, world

__all__ = ["world"]
pytestmark = pytest.mark.pipeline


@matrix.cases("statfin")
def test_failure(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Failure, target: str):
    matrix.transport(world, tmp_path, monkeypatch, failure, target)


@matrix.contents("statfin")
def test_content(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Content):
    matrix.content_case(world, tmp_path, monkeypatch, case)

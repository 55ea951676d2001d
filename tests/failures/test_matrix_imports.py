"""The failure matrix of what comes by ``lukuina import`` only, of the closed register, and the table in docs/."""

from pathlib import Path

import pytest

from tests.failures import matrix, table
from tests.failures.content import Content
from tests.failures.matrix import World, world

__all__ = ["world"]
pytestmark = pytest.mark.pipeline


@matrix.contents("ray", "tutkiavustuksia", "budjetti", "tem")
def test_content(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Content):
    matrix.content_case(world, tmp_path, monkeypatch, case)


def test_table_in_docs_is_that_of_the_measured_cases():
    assert table.text() == table.PATH.read_text(encoding="utf-8"), "python -m tests.failures.table"

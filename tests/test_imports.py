"""Importing what only a person brings: it accumulates, and what is refused changes nothing that is published."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main
from pipelines.status import SourceStatus
from tests.sources.test_imported import VA, book, state_grant

pytestmark = pytest.mark.pipeline


def lukuina(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_exports_accumulate_and_the_newer_wins_a_case(built: settings.Settings, tmp_path: Path):
    for name, rows in {"a": [("A ry (1234567-1)", 1), ("B ry", 2)], "b": [("B ry", 3), ("C ry", 4)]}.items():
        grants = [state_grant(recipient, granted=granted) for recipient, granted in rows]
        (tmp_path / f"{name}.xlsx").write_bytes(book({"Export": [VA, *grants]}))
        assert lukuina("import", "tutkiavustuksia", str(tmp_path / f"{name}.xlsx")).exit_code == 0
    found = lukuina("sql", "select recipient, granted_eur from marts.state_grants order by all", "--json")
    assert [tuple(row.values()) for row in json.loads(found.stdout)] == [("A ry", 1), ("B ry", 3), ("C ry", 4)]


def test_a_file_that_is_refused_leaves_the_published_alone(built: settings.Settings, tmp_path: Path):
    before = (built.marts / "SHA256SUMS").read_bytes()
    (tmp_path / "x.xlsx").write_bytes(b"<html></html>")
    for source in ("ray", "tutkiavustuksia", "budjetti", "stea"):
        result = lukuina("import", source, str(tmp_path / "x.xlsx"))
        assert (result.exit_code, result.stdout) == (2, ""), source
        assert "x.xlsx" in result.stderr
    assert (built.marts / "SHA256SUMS").read_bytes() == before


def test_what_stands_in_a_refused_file_is_told_to_the_operator_and_not_on_the_site():
    message = "ray: import of /home/maija/a.xlsx: a.xlsx: row 7: 'Maija Meikäläinen' is no number; expected euros"
    told = SourceStatus("ray", "failed", None, None, None, message)
    assert told.as_dict()["message"] == message
    assert told.public() == {**told.as_dict(), "message": "ray: a file was refused"}
    fetched = SourceStatus("prh", "failed", None, None, None, "regions-fi: https://www.prh.fi/x: answered 503")
    assert fetched.public() == fetched.as_dict()

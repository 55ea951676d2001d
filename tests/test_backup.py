"""Backup and restore: incremental, verified, never deleting; a restored store publishes the same bytes."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines import settings
from pipelines.cli import main

pytestmark = pytest.mark.pipeline


def lukuina(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_restoring_into_an_empty_folder_publishes_the_same_hashes(built: settings.Settings, tmp_path: Path):
    kept, empty = tmp_path / "kept", tmp_path / "empty"
    assert lukuina("backup", kept).exit_code == 0
    result = lukuina("--data", empty, "--site", tmp_path / "site2", "restore", kept)
    assert result.exit_code == 0, result.stderr
    result = lukuina("--data", empty, "--site", tmp_path / "site2", "run")
    assert result.exit_code == 0, result.stderr
    sums = (empty / "marts" / "SHA256SUMS").read_bytes()
    assert sums == (built.marts / "SHA256SUMS").read_bytes()
    print(f"restored: {len(sums.splitlines())} Parquet files with identical hashes")


def test_the_second_backup_copies_only_what_is_new_and_deletes_nothing(built: settings.Settings, tmp_path: Path):
    kept = tmp_path / "kept"
    lukuina("backup", kept)
    assert "0 files copied (0 bytes)" in lukuina("backup", kept).stderr
    (kept / "raw" / "old.txt").write_text("kept", encoding="utf-8")
    log = built.raw / "decisions" / "decisions.jsonl"
    log.parent.mkdir()
    log.write_text("", encoding="utf-8")
    assert "1 files copied" in lukuina("backup", kept).stderr
    assert (kept / "raw" / "old.txt").is_file()


def test_a_damaged_store_or_backup_is_refused(built: settings.Settings, tmp_path: Path):
    kept = tmp_path / "kept"
    lukuina("backup", kept)
    snapshot = next((kept / "raw" / "transcribed" / "prh").glob("*.csv"))
    good = snapshot.read_bytes()
    snapshot.write_bytes(good + b"x")
    result = lukuina("--data", tmp_path / "empty", "restore", kept)
    assert result.exit_code == 2
    assert "altered" in result.stderr
    assert not (tmp_path / "empty" / "raw").exists()
    assert "a snapshot never changes" in lukuina("backup", kept).stderr
    assert snapshot.read_bytes() == good + b"x"
    own = built.raw / snapshot.relative_to(kept / "raw")
    own.write_bytes(good + b"y")
    assert "altered" in lukuina("backup", tmp_path / "other").stderr
    assert not (tmp_path / "other").exists()


def test_a_log_that_does_not_go_on_from_its_copy_replaces_nothing(built: settings.Settings, tmp_path: Path):
    kept, log = tmp_path / "kept", built.raw / "alerts" / "alerts.jsonl"
    log.parent.mkdir()
    log.write_bytes(b"1\n2\n3")  # the last line is torn: it was never said
    assert lukuina("backup", kept).exit_code == 0
    log.write_bytes(b"1\n2\n4\n")
    assert lukuina("backup", kept).exit_code == 0
    copy = kept / "raw" / "alerts" / "alerts.jsonl"
    assert copy.read_bytes() == b"1\n2\n4\n"
    for other in (b"", b"1\n2\n", b"1\n2\n5\n6\n"):  # emptied, cut, of another installation
        log.write_bytes(other)
        result = lukuina("backup", kept)
        assert result.exit_code == 2
        assert "does not go on from it; expected a log that only grew" in result.stderr
        assert copy.read_bytes() == b"1\n2\n4\n"


def test_where_a_backup_may_not_go_or_come_from(built: settings.Settings, tmp_path: Path):
    assert "lies in the data folder" in lukuina("backup", built.data / "raw" / "copy").stderr
    assert not (built.data / "raw" / "copy").exists()
    assert "no backup" in lukuina("restore", tmp_path / "nowhere").stderr
    lukuina("backup", tmp_path / "kept")
    assert lukuina("restore", tmp_path / "kept").exit_code == 0  # identical
    note = built.raw / "transcribed" / "prh.csv"
    note.write_bytes(note.read_bytes() + b"\n")
    result = lukuina("restore", tmp_path / "kept")
    assert result.exit_code == 2
    assert "is not as in the backup" in result.stderr


def test_an_interrupted_restore_can_be_finished(built: settings.Settings, tmp_path: Path):
    lukuina("backup", tmp_path / "kept")
    shutil.copytree(tmp_path / "kept" / "raw" / "reference", tmp_path / "half" / "raw" / "reference")
    assert lukuina("--data", tmp_path / "half", "restore", tmp_path / "kept").exit_code == 0
    assert lukuina("--data", tmp_path / "half", "verify").exit_code == 0

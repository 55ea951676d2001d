"""What lies in the work folder is never needed and never believed unseen: damaged, it is as good as none."""

from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner

from pipelines import doctor, remembered
from pipelines.cli.app import Lukuina
from pipelines.files import write_atomic
from pipelines.lock import held
from pipelines.settings import Settings

GARBAGE = (b"", b"\xb2\x00\xff", b"null", b'{"a": [1, {"b": null}]}', None)
"""None: the first half of what was there."""


@pytest.mark.parametrize("garbage", GARBAGE)
def test_damaged_frames_are_made_again(tmp_path: Path, garbage: bytes | None) -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    for which in ("*.names", "*.frame"):
        remembered.frames(tmp_path, "x", [frame], lambda: {"rows": frame})
        for path in (tmp_path / "frames" / "x").glob(which):
            path.write_bytes(path.read_bytes()[:2] if garbage is None else garbage)
        found = remembered.frames(tmp_path, "x", [frame], lambda: {"rows": frame})
        assert found["rows"].equals(frame)


def test_a_single_bit_that_is_another_is_never_taken_for_a_value(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": range(64), "b": [f"kunta {n}" for n in range(64)]})
    remembered.frames(tmp_path, "x", [], lambda: {"rows": frame})
    [kept] = (tmp_path / "frames" / "x").glob("*.frame")
    whole = kept.read_bytes()
    for at in range(0, len(whole), 37):
        kept.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert remembered.frames(tmp_path, "x", [], lambda: {"rows": frame})["rows"].equals(frame)
        assert kept.read_bytes() == whole, "made anew"


def test_what_cannot_be_kept_is_made_each_time(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    (tmp_path / "frames").write_bytes(b"in the way, as a folder of somebody else")
    for _ in range(2):
        assert remembered.frames(tmp_path, "x", [], lambda: {"rows": frame})["rows"].equals(frame)


def test_garbage_in_the_lock_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "lock").write_bytes(b"\xb2\xff")
    assert "was killed" in next(iter(doctor.lock(Settings(data=tmp_path)))).detail
    said: list[str] = []
    with held(tmp_path / "work", said.append):
        assert len(said) == 1
    with held(tmp_path / "work", said.append):
        assert len(said) == 1


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    """Not the temporary file that should have taken its place."""

    @click.group(cls=Lukuina)
    def group() -> None: ...

    @group.command()
    def save() -> None:
        write_atomic(tmp_path / "site.json", b"{}")

    (tmp_path / "site.json" / "x").mkdir(parents=True)
    result = CliRunner().invoke(group, ["save"])
    assert result.exit_code == 2
    assert result.stderr == f"lukuina: {tmp_path / 'site.json'}: Is a directory. What was published is as it was\n"

"""Compiled templates are kept for the next build, and a file that is not ours is no file."""

from pathlib import Path

import pytest

from pipelines.site import codes

TEXT = "{{ 1 }} a text of this test"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a build that compiled TEXT, in a process that knows nothing yet."""
    monkeypatch.setattr(codes, "_KNOWN", {})
    monkeypatch.setattr(codes, "_FILED", set[str]())
    codes.keep(TEXT, (compile("made = 6 * 7", "page", "exec"), ("own", "status")))
    codes.save(tmp_path / "templates.bin")
    monkeypatch.setattr(codes, "_KNOWN", {})
    return tmp_path / "templates.bin"


def test_the_next_build_finds_code_and_names(file: Path):
    codes.load(file)
    found = codes.find(TEXT)
    assert found is not None
    names: dict[str, int] = {}
    exec(found[0], names)
    assert (names["made"], found[1]) == (42, ("own", "status"))


@pytest.mark.parametrize("harm", ["gone", "cut", "a byte", "text", "empty"])
def test_a_damaged_file_is_no_file(file: Path, harm: str):
    body = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        bodies = {"cut": body[:-3], "a byte": body[:-1] + bytes([body[-1] ^ 1]), "text": b"x" * 99}
        file.write_bytes(bodies.get(harm, b""))
    codes.load(file)
    assert codes.find(TEXT) is None


def test_code_of_other_versions_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(codes, "_mark", lambda: b"0" * 32)
    codes.load(file)
    assert codes.find(TEXT) is None


def test_the_texts_asked_for_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(codes, "_KNOWN", {})
    monkeypatch.setattr(codes, "_FILED", set[str]())
    monkeypatch.setattr(codes, "MANY", 2)
    for name in "abc":
        codes.keep(name, compile("", "page", "exec"))
    codes.find("a")
    codes.save(tmp_path / "templates.bin")
    assert [name for name in "abc" if codes.find(name)] == ["a", "c"], "b was asked for longest ago"

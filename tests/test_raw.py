"""The raw store: nothing is lost, nothing is written twice, and what went wrong is named."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.raw import Answer, RawStore, Visit, write_atomic
from pipelines.verify import problems

pytestmark = pytest.mark.unit

DAY = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def answer(text: str = "<p>A</p>", **fields: object) -> Answer:
    fixed: dict[str, object] = {"url": "https://a.test/p", "final_url": "https://a.test/q", "content_type": "text/html"}
    return Answer(text.encode(), **(fixed | fields))  # type: ignore[arg-type]


def look(store: RawStore, text: str, days: int = 0, content: str = "") -> Visit:
    return store.record("prh", "main", [answer(text)], content or text, DAY + timedelta(days=days), "not stated")


def files(store: RawStore) -> list[str]:
    return sorted(p.name for p in (store.root / "prh" / "main").iterdir())


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    return RawStore(tmp_path / "raw")


def test_new_content_is_kept_with_its_sidecar(store: RawStore) -> None:
    given = answer(etag='"1"', last_modified="Tue", published_on=date(2025, 1, 2), imported_from="a.html")
    visit = store.record("prh", "main", [given], "c1", DAY, "CC BY 4.0")
    snapshot = store.snapshots("prh")[given.sha256]
    assert visit.outcome == "new"
    assert visit.snapshots == (given.sha256,)
    assert store.body(snapshot) == given.body
    assert snapshot.path == f"prh/main/2026-11-24-{given.sha256[:12]}.html"
    assert (snapshot.url, snapshot.final_url, snapshot.status) == ("https://a.test/p", "https://a.test/q", 200)
    assert (snapshot.etag, snapshot.last_modified, snapshot.size) == ('"1"', "Tue", 8)
    assert (snapshot.fetched_at, snapshot.licence) == (DAY, "CC BY 4.0")
    assert (snapshot.published_on, snapshot.imported_from) == (date(2025, 1, 2), "a.html")
    assert RawStore(store.root).visits("prh") == [visit], "another process reads the same"


def test_the_same_content_adds_no_file_even_when_bytes_differ(store: RawStore) -> None:
    look(store, "<p>A</p><!-- 1 -->", content="A")
    before = files(store)
    visit = look(store, "<p>A</p><!-- 2 -->", 1, content="A")
    assert visit.outcome == "unchanged"
    assert files(store) == before
    assert [v.outcome for v in store.visits("prh")] == ["new", "unchanged"]


def test_a_then_b_then_a_is_three_changes_and_two_files(store: RawStore) -> None:
    visits = [look(store, text, day) for day, text in enumerate("ABA")]
    assert [v.outcome for v in visits] == ["new", "new", "new"]
    assert visits[0].snapshots == visits[2].snapshots != visits[1].snapshots
    assert len([name for name in files(store) if name.endswith(".html")]) == 2
    assert len(store.snapshots("prh")) == 2


def test_parts_of_a_page_keep_their_order(store: RawStore) -> None:
    visit = store.record("prh", "main", [answer("meta"), answer("data")], "c", DAY, "x")
    kept = store.snapshots("prh")
    assert [store.body(kept[sha]) for sha in visit.snapshots] == [b"meta", b"data"]


def test_not_modified_repeats_the_last_good_visit(store: RawStore) -> None:
    first = look(store, "A")
    store.record_failure("prh", "main", "down", DAY)
    visit = store.record_unchanged("prh", "main", DAY + timedelta(days=1))
    assert (visit.outcome, visit.snapshots, visit.content) == ("unchanged", first.snapshots, first.content)
    with pytest.raises(InputError, match="prh/other: 304 for a page that was never stored"):
        store.record_unchanged("prh", "other", DAY)


def test_a_failure_is_logged_and_leaves_the_last_good_visit(store: RawStore) -> None:
    good = look(store, "A")
    failed = store.record_failure("prh", "main", "https://a.test/p: answered 503", DAY, rejected=b"<h1>no</h1>")
    assert (failed.outcome, failed.message) == ("failed", "https://a.test/p: answered 503")
    assert store.last_good("prh", "main") == good
    assert store.last_good("prh", "never") is None
    assert (store.root / "prh" / "rejected" / "main.bin").read_bytes() == b"<h1>no</h1>"
    assert list(problems(store)) == []


@pytest.mark.parametrize("message", ["ä \u2028 \x85 \u2029", "a\nb", '"\\'])
def test_a_message_stays_one_visit(store: RawStore, message: str) -> None:
    store.record_failure("prh", "main", message, DAY)
    look(store, "A")
    assert [v.message for v in store.visits("prh")] == [message, ""]


def test_a_torn_last_line_is_no_visit_and_is_replaced(store: RawStore) -> None:
    first = look(store, "A")
    log = store.root / "prh" / "seen.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole + whole[: len(whole) // 2])
    assert store.visits("prh") == [first]
    assert list(problems(store)) == []
    second = look(store, "B", 1)
    assert store.visits("prh") == [first, second]
    assert log.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())


def test_names_that_would_leave_the_folder_are_refused(store: RawStore) -> None:
    with pytest.raises(InputError, match="not a name for a file"):
        store.record("prh", "../main", [answer()], "c", DAY, "x")


# -- verify --------------------------------------------------------------------------------------------------


def found(store: RawStore) -> list[tuple[str, str]]:
    return sorted((problem.kind, problem.path) for problem in problems(store))


def body_path(store: RawStore, visit: Visit) -> Path:
    return store.root / store.snapshots("prh")[visit.snapshots[0]].path


def test_verify_of_a_clean_store_or_none_is_silent(store: RawStore) -> None:
    assert found(store) == []
    for day, text in enumerate("ABA"):
        look(store, text, day)
    (store.root / "reference").mkdir()
    (store.root / "reference" / "regions.csv").write_text("x")
    assert found(store) == []


def test_verify_finds_altered_bytes(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    path.write_bytes(b"tampered")
    assert found(store) == [("altered", path.relative_to(store.root).as_posix())]
    with pytest.raises(InputError, match="bytes differ"):
        store.body(next(iter(store.snapshots("prh").values())))


def test_verify_finds_missing_bytes(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    path.unlink()
    assert found(store) == [("missing", path.relative_to(store.root).as_posix())]
    with pytest.raises(InputError, match="cannot be read"):
        store.body(next(iter(store.snapshots("prh").values())))


def test_verify_finds_a_snapshot_that_vanished_whole(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    path.unlink()
    path.with_name(path.stem + ".meta.json").unlink()
    assert found(store) == [("missing", "prh/seen.jsonl:1")]


def test_a_snapshot_without_its_sidecar_is_told_where_it_is_asked_for(store: RawStore) -> None:
    sha = look(store, "A").snapshots[0]
    next(store.root.rglob("*.meta.json")).unlink()
    with pytest.raises(InputError, match=f"no sidecar tells of snapshot {sha[:12]}.*Restore it from a backup"):
        store.snapshots("prh")[sha]
    assert store.snapshots("prh").get(sha) is None


def test_verify_finds_an_unreadable_sidecar(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    sidecar = path.with_name(path.stem + ".meta.json")
    sidecar.write_text("{", encoding="utf-8")
    assert ("unreadable", sidecar.relative_to(store.root).as_posix()) in found(store)


def test_verify_finds_orphans(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    (path.parent / "2026-11-25-000000000000.html").write_bytes(b"no sidecar")
    (path.parent / ".writing-abc").write_bytes(b"interrupted")
    assert found(store) == [
        ("orphaned", "prh/main/.writing-abc"),
        ("orphaned", "prh/main/2026-11-25-000000000000.html"),
    ]


def test_verify_finds_what_no_visit_names_and_the_next_run_takes_it_up(store: RawStore) -> None:
    path = body_path(store, look(store, "A"))
    (store.root / "prh" / "seen.jsonl").unlink()  # as if the crash came between the file and the line
    assert found(store) == [("orphaned", path.relative_to(store.root).as_posix())]
    look(store, "A", 3)
    assert found(store) == []
    assert len(files(store)) == 2


def test_verify_finds_a_broken_line_in_the_middle(store: RawStore) -> None:
    look(store, "A")
    log = store.root / "prh" / "seen.jsonl"
    log.write_bytes(b"{broken\n" + log.read_bytes())
    assert found(store) == [("unreadable", "prh/seen.jsonl:1")]
    assert len(store.visits("prh")) == 1


# -- atomic writes -------------------------------------------------------------------------------------------


def test_a_failing_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_full_disk_while_keeping_logs_no_visit(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(store, "A")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.raw.write_atomic", full)
    with pytest.raises(OSError, match="No space"):
        look(store, "B", 1)
    assert store.visits("prh") == [first]
    assert list(problems(store)) == []

"""Pages printed by two processes: the same bytes, the same errors, nothing written when one is killed."""

import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import FetchError, InputError, LukuinaError
from pipelines.registry import Registry
from pipelines.site import second
from pipelines.site.build import build
from tests.site.conftest import FRONT, REFERENCE

TOWN = (
    '---\ntitle: {fi: "{{ params.name }}", sv: "{{ params.name }}", en: "{{ params.name }}"}\nparams: towns\n---\n'
    "```sql towns\nselect region as name, region, people from marts.towns order by n\n```\n"
    '{{ data_table(towns, columns=["region", "people"], labels={"people": "n"}, download=true) }}\n'
)


def files(root: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path: Path, dashboards: Path, database: Path, figures: Registry) -> Callable[..., dict[str, bytes]]:
    """Build a small site into a folder and return its files."""
    (dashboards / "pages" / "index.md").write_text(FRONT + "Alku.\n", encoding="utf-8")
    (dashboards / "pages" / "kunta").mkdir()

    def run(out: str, text: str = TOWN) -> dict[str, bytes]:
        (dashboards / "pages" / "kunta" / "[region].md").write_text(text, encoding="utf-8")
        root = tmp_path / out
        build(
            database, root, figures, reference=REFERENCE, build_date=date(2026, 11, 24), dashboards=dashboards,
            extras=(), kept=tmp_path / f"{out}.json",
        )  # fmt: skip
        return files(root)

    return run


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_two_processes_give_the_bytes_of_one_and_the_same_memory(
    made: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = made("one")
    monkeypatch.setattr(second, "MANY", 2)
    assert made("two") == alone
    monkeypatch.setattr(second, "COMMAND", ("no-such-command",))
    assert made("two") == alone, "all of it is taken over, also what the other process had printed"


def test_an_error_in_the_share_of_the_other_process_names_the_page_and_the_line(
    made: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made("site")
    text = TOWN + "{% if params.region == last %}{{ params.nothing }}{% endif %}\n"
    text = text.replace("{% if", '{% set last = "Lappi" %}{% if')
    with pytest.raises(InputError) as alone:
        made("other", text)
    monkeypatch.setattr(second, "MANY", 2)
    with pytest.raises(InputError) as both:
        made("site", text)
    assert str(both.value) == str(alone.value)
    assert both.value.place == "dashboards/pages/kunta/[region].md:9"
    monkeypatch.setattr(second, "MANY", 10_000)
    assert made("site") == before


def test_a_killed_process_is_one_message_and_leaves_the_site(
    made: Callable[..., dict[str, bytes]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = made("site")
    monkeypatch.setattr(second, "MANY", 2)
    killed = (
        sys.executable,
        "-c",
        "import os, signal, sys; sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGKILL)",
    )
    monkeypatch.setattr(second, "COMMAND", killed)
    with pytest.raises(LukuinaError, match="was killed"):
        made("site", TOWN + "\nuutta\n")
    assert files(tmp_path / "site") == before


def test_an_error_crosses_to_another_process_whole() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(FetchError("url", "gone", "a page", "Look", host_down=True)))
    assert (str(error), error.place, error.fix, error.host_down) == (
        "url: gone; expected a page. Look",
        "url",
        "Look",
        True,
    )

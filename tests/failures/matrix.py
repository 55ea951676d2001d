"""Running one case of the matrix, transport or content, and holding it against what is declared and recorded.

What belongs here: that. What does not: cases (cases.py, content.py); test_matrix_*.py only name what they run, a file a
source, so that they share the work among processes.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.failures import content, measured
from tests.failures.cases import FAILURES, Failure
from tests.failures.worlds import NIGHT, WORKBOOK, Night, World, bad_night, good_night, import_night, names_resolve_not
from tests.servers import Reply
from tests.sources import prh_pages, statfin_server, stea_files


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The good night, one for all cases of a module."""
    with good_night(tmp_path_factory.mktemp("matrix")) as made:
        yield made


def cases(*targets: str) -> Any:
    """Return the mark that gives a test its transport cases."""
    found = [(f, t) for t in targets for f in FAILURES if not (f.base and t in ("stea workbook", "stea organisations"))]
    return pytest.mark.parametrize(("failure", "target"), found, ids=[f"{t}: {f.title}" for f, t in found])


def contents(*sources: str) -> Any:
    """Return the mark that gives a test its content cases."""
    found = [case for case in content.CASES if case.source in sources]
    return pytest.mark.parametrize("case", found, ids=[f"{case.target}: {case.title}" for case in found])


def _patience(failure: Failure) -> float:
    """Return the time limit of a request: short where the failure waits for it, else one that a busy machine keeps."""
    return 0.4 if failure.reply is not None and failure.reply.fault in ("hang", "stall", "drip") else 20


def transport(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, failure: Failure, target: str) -> None:
    """Serve a failure of the connection and see that what is published stays."""
    monkeypatch.setenv("LUKUINA_NOW", NIGHT)
    with world.kept(), names_resolve_not("ei-ole.localhost"):
        if failure.reply:
            routes, keys = _route(target, world)
            routes.update(dict.fromkeys(keys, failure.reply))
        night = bad_night(world, folder, target.split()[0], _address(failure, world), _patience(failure))
    gone = failure.gone and target == "stea organisations"
    assert (night.changed > 0) == gone, "what is published changed"
    assert not night.quarantined
    assert not night.problems
    assert not night.again, "known trouble is not newly wrong (R12)"
    if failure.gone and target in ("stea probes", "stea organisations"):
        assert night.code == 0
    else:
        assert (night.state, night.code) == ("failed", 1), night.message
        assert re.search(failure.said, night.message, re.IGNORECASE), night.message
        assert "\n" not in night.message
    _note(target, failure.title, night)


def content_case(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, case: content.Content) -> None:
    """Serve or import what looks like data, and see that nothing wrong is published."""
    monkeypatch.setenv("LUKUINA_NOW", NIGHT)
    with world.kept():
        if case.file:
            night = import_night(
                world, folder, case.source, case.file(), case.name, case.earlier() if case.earlier else None
            )
        else:
            case.serve(world)
            night = bad_night(world, folder, case.source, world.server.url)
    assert (night.state, night.code) == (case.state, case.code), night.message
    assert re.search(case.said, night.message, re.IGNORECASE), night.message
    assert not night.problems
    if case.news:
        assert night.changed, "the news is not there"
    else:
        assert night.changed == 0, "what is published changed"
    _note(case.target, case.title, night)


def _note(target: str, title: str, night: Night) -> None:
    result = [night.state, night.code, night.changed]
    module = f"matrix {target.split()[0]}"
    measured.note(module, f"{target}: {title}", result)
    assert measured.known(module).get(f"{target}: {title}") == result, "UPDATE_FAILURES=1, then the table anew"


def _route(target: str, world: World) -> tuple[dict[Any, Any], Any]:
    """Where a failure is served: the routes, and the keys in them."""
    if target == "stea probes":
        return world.orgs, stea_files.PROBES
    if target == "stea organisations":
        return world.orgs, (2,)
    path = {
        "prh": prh_pages.PATHS["regions-fi"], "statfin": statfin_server.FOLDER + "12va.px", "stea workbook": WORKBOOK,
    }[target]  # fmt: skip
    return world.server.routes, (path,)


def _address(failure: Failure, world: World) -> str:
    if failure.base == "https":
        return world.server.url.replace("http:", "https:")
    if failure.base != "refused":
        return failure.base or world.server.url
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


__all__ = ["Reply", "cases", "content_case", "contents", "transport", "world"]

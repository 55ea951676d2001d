"""Many nights on end, with the clock moved: `make soak` runs ten years, `make test` four hundred nights.

    python -m tests.soak.nights [NIGHTS]        # writes docs/soak.md, too

What belongs here: a night (asking, keeping, reading, judging, answering), what is compared with the model after each,
and at the end what every past night said. What does not: the publishers and the model (world.py).

Every night the real refresh runs; only the network is replaced. What was recorded is collected on each night on which
something new came, else what was collected before stands, since it is made of the store alone; every 100th night starts
without anything in memory, as a new process does. The whole of `lukuina run` is run at the start, sometimes and last.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import collect, editions, figures, files, raw, refresh, run, visits, warehouse
from pipelines.catalogue import build
from pipelines.settings import Settings, SourceSettings
from pipelines.verify import problems
from tests.soak.world import BASE, FIRST, WORKBOOK, World, connected

_PAGE = """# Many nights on end

`make soak` lives through ten years of nights in one process, with the clock moved and publishers without a network
that change, fail (the failures of [failures.md](failures.md)) and now and then serve a list with names and numbers
mispaired. A small model that knows nothing of our code says after each night what the figures must be; at the end every
past night is asked again for what it said, and the published file is compared with it. `make test` does 400 nights of
the same. Seed, publishers and model: `tests/soak/`. Not in it: the site, kills of the process (see failures.md).

No stored bytes are read or parsed again, and of the log of visits only the gist and what came after it. What grows is
shown: more editions to judge and to choose figures from. It grows with what the publishers said anew, not with nights.

The last result, written by the command itself:

"""
Answers = dict[str, tuple[Any, ...]]
_AFRESH = 100


@dataclass
class Result:
    """What the nights did. ``wrong``: what differs from the model or from what a past night said."""

    nights: int = 0
    failures: int = 0
    mispaired: int = 0
    visits: int = 0
    snapshots: int = 0
    read: int = 0
    editions: int = 0
    builds: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    asking: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])

    def lines(self) -> list[str]:
        """Return the report, one line a fact."""
        some = min(100, len(self.seconds))
        first, last, asked_first, asked_last = (
            1000 * sum(part) / some for spent in (self.seconds, self.asking) for part in (spent[:some], spent[-some:])
        )
        return [
            f"nights {self.nights}, failures injected {self.failures}, mispaired editions served {self.mispaired}",
            f"visits logged {self.visits}, snapshots kept {self.snapshots}, "
            f"editions {self.editions}, parsed when collecting {self.read}",
            f"CPU a night without the build: first {some} {first:.0f} ms, last {some} {last:.0f} ms; "
            f"of it asking and logging: {asked_first:.0f} ms, {asked_last:.0f} ms",
            f"CPU of the whole of lukuina run, nothing in memory: first {self.builds[0]:.1f} s, last "
            f"{self.builds[-1]:.1f} s",
            f"wrong or lost figures {len(self.wrong)}",
            *self.wrong[:10],
        ]


def soak(folder: Path, nights: int, seed: int = 2019, *, build_every: int = 365) -> Result:
    """Live through the nights in ``folder``; returns what came of it, faults in ``wrong``."""
    world, result = World(seed), Result(nights)
    own = {s: SourceSettings(url=BASE, min_interval_s=0.0) for s in ("prh", "statfin")}
    own["stea"] = SourceSettings(BASE, BASE + WORKBOOK, max_id=8, min_interval_s=0.0)
    chosen = Settings(data=folder / "data", site=folder / "site", attempts=1, max_bytes=2_000_000, sources=own)
    with pytest.MonkeyPatch.context() as patch, connected(world):
        for name in [n for n in os.environ if n.startswith("LUKUINA_") or n == "SOURCE_DATE_EPOCH"]:
            patch.delenv(name)
        patch.setattr(files.os, "fsync", _no_sync)  # a disk's own time; crashes are tried elsewhere
        save = editions._save  # pyright: ignore[reportPrivateUsage]

        def counted(place: Path, reading: Any) -> None:
            result.read += 1
            save(place, reading)

        patch.setattr(editions, "_save", counted)
        _live(world, chosen, result, patch, build_every)
    return result


def _live(world: World, chosen: Settings, result: Result, patch: pytest.MonkeyPatch, build_every: int) -> None:
    said: dict[date, Answers] = {}
    collected: collect.Collected | None = None
    observed: figures.Observed | None = None
    sources, files = build(chosen), 0
    for number in range(result.nights):
        day = FIRST + timedelta(days=number)
        patch.setenv("LUKUINA_NOW", f"{day}T02:30:00+02:00")
        start = time.process_time()
        world.night(day)
        served = time.process_time()
        afresh = number % _AFRESH == 0
        if afresh:
            _forget()
        store = raw.RawStore(chosen.raw) if collected else run.prepare(chosen, _quiet)
        ready = time.process_time()
        done = refresh.refresh(chosen, store, sources, [], _quiet)
        result.asking.append(time.process_time() - ready)
        came = any(visit.outcome == "new" for visit in done.visits)
        if came or afresh or collected is None or observed is None:
            collected = run.collect(chosen, store, sources)
            observed = collect.observed(collected)
        said[day] = answers(collected, observed, day)
        result.seconds.append(time.process_time() - served)
        result.visits += len(done.visits)
        result.failures = world.injected
        world.tell(day)
        assert start <= served
        now = len(list(chosen.raw.glob("*/*/*.meta.json")))
        if now != files and not came:
            result.wrong.append(f"{day}: {now - files} snapshots more, though nothing new came")
        files = now
        result.wrong += [f"{day}: {text}" for text in compared(world, said[day])]
        if number % build_every == 0 or number == result.nights - 1:
            result.builds.append(_build(chosen))
    assert collected
    result.mispaired, result.snapshots, result.editions = world.quarantined, files, len(collected.editions)
    result.wrong += at_the_end(world, chosen, said, sources)


def answers(collected: collect.Collected, observed: figures.Observed, day: date) -> Answers:
    """What every figure says on a day, by what was recorded by then."""
    found: Answers = {}
    for spec in collected.registry.figures:
        value = figures.choose(spec, observed, day, "said")
        found[spec.id] = (
            value.value, value.bound, value.reference, value.published_on, value.edition, value.items, value.state,
        )  # fmt: skip
    return found


def compared(world: World, said: Answers) -> list[str]:
    """Compare the figures that the publishers move with the model."""
    expected = {"yhdistykset": world.model.associations, "stea-avustukset": world.model.granted}
    return [
        f"{figure} says {said[figure][0]}, the model {value}"
        for figure, value in expected.items()
        if value is not None and said[figure][0] != value
    ]


def at_the_end(world: World, chosen: Settings, said: dict[date, Answers], sources: Any) -> list[str]:
    """Ask every past night again, from the store alone and from the published file; verify the store."""
    _forget()
    store = raw.RawStore(chosen.raw)
    wrong = [f"verify: {problem}" for problem in problems(store)]
    collected = run.collect(chosen, store, sources)
    observed = collect.observed(collected)
    for day, then in said.items():
        now = answers(collected, observed, day)
        wrong += [f"{day}: {f} said {then[f]}, now it is said that it said {now[f]}" for f in then if then[f] != now[f]]
    for page, count in world.model.changes.items():
        source, _, name = page.partition("/")
        new = sum(v.outcome == "new" for v in store.visits(source) if v.page == name)
        if new != count:
            wrong.append(f"{page}: {new} changes recorded, {count} delivered")
    with warehouse.connect(chosen.marts) as con:
        steps = con.execute(
            "select id, valid_from, valid_to, value from marts.figure_vintages where clock = 'said' and kind = 'number'"
        ).fetchall()
        starts = con.execute(
            "select value from marts.observations where series = 'alkaneet_kk_koodi' and reference = '2022-02' "
            "and category = '6T' and is_current"
        ).fetchall()
    for figure, since, until, value in steps:
        days = [day for day in said if since <= day and (until is None or day < until)]
        wrong += [f"{day}: {figure} published as {value}" for day in days if said[day][figure][0] != value]
    if [row[0] for row in starts] != [world.model.starts]:
        wrong.append(f"starts of 2022-02: {starts}, the model {world.model.starts}")
    return wrong


def _build(chosen: Settings) -> float:
    _forget()
    start = time.process_time()
    run.run(chosen, _quiet)
    return time.process_time() - start


def _forget() -> None:
    """Drop what this process has in memory of the store, as the next night's process starts."""
    visits.forget()
    raw._sidecar.cache_clear()  # pyright: ignore[reportPrivateUsage]


def _no_sync(_: int) -> None:
    pass


def _quiet(_: str) -> None:
    pass


def page(result: Result) -> str:
    """Return docs/soak.md for a result."""
    return _PAGE + "".join(f"- {line}\n" for line in result.lines())


def main(arguments: Sequence[str]) -> int:
    """Live through the nights and print the result; 1 when a figure was wrong or lost."""
    with tempfile.TemporaryDirectory() as folder:
        result = soak(Path(folder), int(arguments[0]) if arguments else 3650)
    print("\n".join(result.lines()))
    (Path(__file__).resolve().parents[2] / "docs" / "soak.md").write_text(page(result), encoding="utf-8")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

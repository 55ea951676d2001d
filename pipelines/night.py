"""What follows a night, however it ended: its report, the alerts, the heartbeat.

What belongs here: that, for the command line and for Dagster alike. What does not: the work of the night (run.py),
which problems are told (alerts.py), sending (notify.py).

Nothing in here can fail a night: what cannot be written or sent is said, and tried again after the next one. Reports
are ``data/reports/<start>.json`` and ``.html``, for the operator only and outside the site, whose bytes do not
change on a night without changes (R13). The last 400 are kept.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import jinja2

from pipelines import alerts, clock, integrity, notify, run, steps, watchers
from pipelines.errors import LukuinaError
from pipelines.files import write_atomic
from pipelines.lock import BusyError
from pipelines.raw import RawStore
from pipelines.settings import PROJECT, Settings
from pipelines.status import SourceStatus
from pipelines.steps import Step
from pipelines.stopping import cause

KEPT = 400

Say = Callable[[str], None]


@dataclass(frozen=True)
class Ended:
    """How a night ended. ``failure`` is "" when it came to its end; ``dagster_run`` is "" outside Dagster.

    ``sources``: how each source is doing, ``store``: whether the stored bytes held, when that is known already.
    """

    started: datetime
    seconds: float
    failure: str = ""
    newly_failed: Sequence[str] = ()
    newly_quarantined: Sequence[str] = ()
    newly_stale: Sequence[str] = ()
    changed: bool | None = None
    steps: Sequence[Step] = ()
    dagster_run: str = ""
    sources: Sequence[SourceStatus] | None = None
    store: integrity.Look | None = None

    @property
    def outcome(self) -> str:
        """One word or two for the report."""
        if self.failure:
            return "not done"
        return "newly wrong" if self.newly_failed or self.newly_quarantined or self.newly_stale else "done"


def refresh(settings: Settings, names: Sequence[str], say: Say) -> tuple[run.Report, tuple[str, ...]]:
    """Do a night's work and what follows it; return and raise what ``run.refresh`` does."""
    started = clock.now()
    with steps.recording() as recorder:
        try:
            report, failed = run.refresh(settings, names, say)
        except Exception as error:
            failure = str(error) if isinstance(error, LukuinaError) else f"{type(error).__name__}: {error}"
            if not names and not isinstance(error, BusyError) and not cause(error):
                after(settings, Ended(started, _since(started), failure, steps=tuple(recorder)), say)
            raise
    look = look_at_store(settings, say)
    failed = (*failed, *(f"raw store: {path}: {look.damaged[path]}" for path in look.newly))
    quarantined = [f"{edition}: {report.reasons.get(edition, '')}" for edition in report.newly_quarantined]
    news = (failed, quarantined, report.newly_stale)
    after(
        settings,
        Ended(started, _since(started), "", *news, report.changed, tuple(recorder), sources=report.sources, store=look),
        say,
    )
    return report, failed


def look_at_store(settings: Settings, say: Say) -> integrity.Look:
    """Look whether the stored bytes are as they were kept; each that is not is said."""
    look = integrity.look(RawStore(settings.raw), settings.work, clock.today())
    for path, problem in look.damaged.items():
        say(f"raw store: {path}: {problem}. Restore it from a backup")
    return look


def after(settings: Settings, ended: Ended, say: Say) -> None:
    """Tell, report and beat. Never raises. A night whose alerts could not be told has not ended well for the heartbeat.

    Else nothing would tell that the alerts have fallen silent.
    """
    for what, act in (("alerts", _tell), ("report of the night", _report), ("heartbeat", _beat)):
        try:
            act(settings, ended, say)
        except Exception as error:
            text = str(error) if isinstance(error, LukuinaError) else f"{type(error).__name__}: {error}"
            say(f"{what}: not done. {text}")
            if act is _tell and not ended.failure:
                ended = replace(ended, failure=f"alerts: not done. {text}")


def problems(
    settings: Settings, sources: Sequence[SourceStatus] | None = None, store: integrity.Look | None = None
) -> list[alerts.Problem]:
    """Return what is wrong now, apart from a night that broke off; ``sources`` and ``store`` as in Ended."""
    found = alerts.of_sources(run.statuses(settings) if sources is None else sources)
    if store is not None and store.damaged:
        found.append(alerts.of_store(store.damaged))
    for one in watchers.to_dos(settings.raw):
        detail = " | ".join([one.url, *one.commands, f"changed {one.changed_on}"])
        found.append(alerts.Problem(one.id, "to_read", detail))
    now = RawStore(settings.raw).not_before(clock.now())
    found += [
        alerts.Problem(one.id, "unwatched", f"{one.url}: no good look for {watchers.PATIENCE.days} days")
        for one in watchers.lost(settings.raw, now)
    ]
    return found


def _tell(settings: Settings, ended: Ended, say: Say) -> None:
    if not ended.failure:
        store = look_at_store(settings, say) if ended.store is None else ended.store
        now = problems(settings, ended.sources, store)
        alerts.tell(settings, now, say, only=alerts.may_be_over(now))
        return
    # a night that broke off tells so, and closes nothing of which it may know only half
    own = alerts.of_night(ended.failure)
    alerts.tell(settings, [own], say, only=lambda key: key == own.key)


def _report(settings: Settings, ended: Ended, say: Say) -> None:
    known = alerts.load(alerts.path_of(settings.raw))
    content = {
        "started": ended.started.isoformat(timespec="seconds"),
        "seconds": ended.seconds,
        "outcome": ended.outcome,
        "failure": ended.failure,
        "dagster_run": ended.dagster_run,
        "changed": ended.changed,
        "newly_failed": list(ended.newly_failed),
        "newly_quarantined": list(ended.newly_quarantined),
        "newly_stale": list(ended.newly_stale),
        "sources": [one.as_dict() for one in (run.statuses(settings) if ended.sources is None else ended.sources)],
        "to_read": run.to_read(settings),
        "problems": sorted(key for key, told in known.items() if told.open),
        "steps": [asdict(one) for one in ended.steps],
    }
    folder = settings.data / "reports"
    stem = ended.started.strftime("%Y-%m-%dT%H%M%SZ")
    page = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(PROJECT / "dashboards" / "reports"))
    body = json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"
    write_atomic(folder / f"{stem}.json", body.encode())
    write_atomic(folder / f"{stem}.html", page.get_template("night.html").render(content).encode())
    for kind in ("json", "html"):
        for old in sorted(folder.glob(f"*.{kind}"))[:-KEPT]:
            old.unlink()


def _beat(settings: Settings, ended: Ended, say: Say) -> None:
    notify.beat(settings.alerts, well=not ended.failure)


def _since(started: datetime) -> float:
    return round((clock.now() - started).total_seconds(), 1)

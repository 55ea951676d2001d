"""One open message a problem: which problems there are, what was told of them, what is to be told now.

What belongs here: problems from the state of the night, the append-only log ``data/raw/alerts/alerts.jsonl``, the
wording of a message, ``data/alerts.txt`` and ``data/alerts.json``. What does not: sending (notify.py), finding out how
a source is doing (status.py), what a watched page says (watchers.py).

The log is in the raw store because it must survive: without it every open problem would be told again. A line is an
event of a problem (``opened``, ``changed``, ``closed``) or says that a channel was told up to an event (``told``); no
line is ever changed. An event is written before it is sent and ``told`` after it, so a crash between the two sends the
message once more (at least once, never lost). Its id is then the same, in Message-ID and Idempotency-Key, so that a
receiver that looks at ids shows it once. Lines are dated by the guarded clock: never before the last visit of the
store, nor before the line above, also when somebody has set the clock back.
"""

import fcntl
import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipelines import clock, formats, notify
from pipelines.errors import InputError
from pipelines.files import append_line, drop_torn_line, write_atomic
from pipelines.raw import RawStore
from pipelines.settings import PROJECT, Settings
from pipelines.site import locales
from pipelines.site.locales import Locale
from pipelines.status import SourceStatus

FOLDER, FILE = "alerts", "alerts.jsonl"
KINDS = ("failed", "never", "stale", "quarantined", "night", "damaged", "to_read", "unwatched")
EVENTS = ("opened", "changed", "closed")

_LONGEST = 1000
_5XX = re.compile(r"\b5\d\d\b")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Problem:
    """What is wrong now. ``key`` is source and kind; ``detail`` one technical line; ``good`` the last good day."""

    subject: str
    kind: str
    detail: str
    good: str = ""

    @property
    def key(self) -> str:
        """What makes two problems the same."""
        return f"{self.subject}:{self.kind}"


@dataclass
class Told:
    """What the log says of one problem: number and name of its last event, and how far each channel was told."""

    number: int = 0
    event: str = "closed"
    detail: str = ""
    opened_at: str = ""
    good: str = ""
    first: int = 0
    channels: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def open(self) -> bool:
        """Whether the problem is not over."""
        return self.event != "closed"


def of_sources(statuses: Iterable[SourceStatus]) -> list[Problem]:
    """Return the problems that the state of the sources shows."""
    found: list[Problem] = []
    for one in statuses:
        kind = "never" if one.state == "stale" and not one.last_fetch else one.state
        if kind in KINDS:
            found.append(Problem(one.source, kind, _line(one.message), one.last_good or ""))
    return found


def of_night(failure: str) -> Problem:
    """Return the problem that a whole night could not be done."""
    return Problem("night", "night", _line(failure))


def of_store(damaged: Mapping[str, str]) -> Problem:
    """Return the one problem that stored bytes are not as they were kept: path → what is wrong."""
    return Problem("store", "damaged", _line("; ".join(f"{path}: {problem}" for path, problem in damaged.items())))


def may_be_over(problems: Sequence[Problem]) -> Callable[[str], bool]:
    """Return what tells, by key, whether an open problem that is not among these is over.

    Of a source that could not be had nobody knows whether its newest edition is right now, or newer: those stay open.
    """
    failing = {problem.subject for problem in problems if problem.kind == "failed"}
    unknown = {f"{subject}:{kind}" for subject in failing for kind in ("stale", "quarantined")}
    return lambda key: key not in unknown


def tell(settings: Settings, problems: Sequence[Problem], say: Say, only: Callable[[str], bool] | None = None) -> int:
    """Write down what opened, changed or closed, and tell it on every channel; return how many messages went out.

    ``only`` limits, by key, which open problems may be closed: a night that broke off knows nothing of the others.
    A channel that fails is named by ``say`` and tried again at the next call; it never raises.
    """
    with _log(settings.raw) as path:
        known = load(path)
        at = _moment(settings.raw, path)
        _note(path, known, problems, only or (lambda _: True), at)
        words = locales.load(PROJECT / "dashboards" / "locales")[settings.alerts.language]
        _write_files(settings, known, words)
        return sum(
            _send(path, known, name, channel, settings, words, say, at)
            for name, channel in notify.channels(settings.alerts).items()
        )


def load(path: Path) -> dict[str, Told]:
    """Return what the log says of each problem, by key. Raises InputError naming file and line."""
    known: dict[str, Told] = {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            row = json.loads(line)
            if datetime.fromisoformat(row["at"]).tzinfo is None or not isinstance(row["number"], int):
                raise ValueError
            told = known.setdefault(row["problem"], Told())
            if row["event"] == "told":
                told.channels[row["channel"]] = row["number"]
                continue
            subject, _, kind = row["problem"].rpartition(":")
            if row["event"] not in EVENTS or not subject or kind not in KINDS:
                raise ValueError
            told.number, told.event, told.detail, told.good = row["number"], row["event"], row["detail"], row["good"]
            if row["event"] == "opened":
                told.opened_at, told.first = row["at"], row["number"]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError(
                f"{path}:{number}", f"not an event: {line[:60]!r}", fix="Restore it from a backup"
            ) from None
    return known


def path_of(raw: Path) -> Path:
    """Return the log of an installation's raw store."""
    return raw / FOLDER / FILE


def message(key: str, told: Told, words: Locale, base_url: str | None) -> notify.Message:
    """Word the last event of a problem: what, since when, what stays published, what to do."""
    subject, kind = key.rsplit(":", 1)
    name = words.word("source", subject) or subject
    kind_text = words.text(f"alert_{kind}", name=name)
    lines = [words.text(f"alert_{told.event}_lead", what=kind_text), ""]
    if told.open:
        good = words.text("alert_good", day=_day(told.good, words)) if told.good else words.text("alert_bundled")
        lines += [
            words.text("alert_since", day=_day(told.opened_at, words)),
            words.text(f"alert_{kind}_stays", good=good),
            words.text(f"alert_{kind}_do", name=subject),
            "",
            words.text("alert_detail", detail=told.detail),
        ]
    else:
        lines.append(words.text("alert_was", day=_day(told.opened_at, words)))
    if base_url:
        lines += ["", words.text("alert_page", address=f"{base_url}/{words.language}/tila/")]
    title = words.text(f"alert_{told.event}", what=kind_text)
    return notify.Message(_id(key, told.number), _id(key, told.first), title, "\n".join(lines) + "\n")


def _moment(raw: Path, path: Path) -> str:
    """Return what time it is for the next line of the log."""
    now = RawStore(raw).not_before(clock.now()).isoformat(timespec="seconds")
    lines = path.read_bytes().splitlines()
    last = str(json.loads(lines[-1]).get("at", now)) if lines else now
    return max(now, last, key=datetime.fromisoformat)


def _note(
    path: Path, known: dict[str, Told], problems: Sequence[Problem], may_close: Callable[[str], bool], at: str
) -> None:
    """Append what opened, changed or closed since the last call."""
    now = {problem.key: problem for problem in problems}
    for key, problem in now.items():
        told = known.get(key)
        if told is None or not told.open:
            _append(path, known, key, "opened", problem.detail, problem.good, at)
        elif _fingerprint(told.detail) != _fingerprint(problem.detail):
            _append(path, known, key, "changed", problem.detail, problem.good, at)
    for key in [key for key, told in known.items() if told.open and key not in now and may_close(key)]:
        _append(path, known, key, "closed", known[key].detail, known[key].good, at)


def _append(path: Path, known: dict[str, Told], key: str, event: str, detail: str, good: str, at: str) -> None:
    told = known.setdefault(key, Told())
    told.number, told.event, told.detail, told.good = told.number + 1, event, detail, good
    if event == "opened":
        told.opened_at, told.first = at, told.number
    _line_to(path, {"at": at, "problem": key, "event": event, "number": told.number, "detail": detail, "good": good})


def _send(
    path: Path,
    known: Mapping[str, Told],
    name: str,
    channel: notify.Channel,
    settings: Settings,
    words: Locale,
    say: Say,
    at: str,
) -> int:
    sent = 0
    for key, told in known.items():
        if told.channels.get(name, 0) >= told.number:
            continue
        heard = told.channels.get(name, 0) >= told.first
        if told.open or heard:  # what came and went unheard is not told
            try:
                channel(message(key, told, words, settings.base_url))
            except notify.ChannelError as error:
                say(f"alert not sent, tried again next night: {error}")
                return sent
            sent += 1
        told.channels[name] = told.number
        _line_to(path, {"at": at, "problem": key, "event": "told", "channel": name, "number": told.number})
    return sent


def _write_files(settings: Settings, known: Mapping[str, Told], words: Locale) -> None:
    """Write the open problems whole, as text and as JSON: for people and for monitors that read a file."""
    still = {key: told for key, told in sorted(known.items()) if told.open}
    letters = [message(key, told, words, settings.base_url) for key, told in still.items()]
    text = "\n\n".join(f"{one.subject}\n{'-' * len(one.subject)}\n{one.body}" for one in letters)
    rows = [
        {"problem": key, "since": told.opened_at, "detail": told.detail, "last_good": told.good or None}
        for key, told in still.items()
    ]
    write_atomic(settings.data / "alerts.txt", (text or words.text("alert_none") + "\n").encode())
    write_atomic(settings.data / "alerts.json", (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())


@contextmanager
def _log(raw: Path) -> Generator[Path]:
    """Hold the log: a night by Dagster and a command may tell at the same time."""
    path = path_of(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        drop_torn_line(path)
        yield path


def _line_to(path: Path, row: Mapping[str, object]) -> None:
    append_line(path, json.dumps(row, ensure_ascii=False))


def _fingerprint(detail: str) -> str:
    """Return what of a detail makes it another trouble: 502 after 503 is the same one."""
    return _5XX.sub("5xx", detail)


def _id(key: str, number: int) -> str:
    return f"lukuina.{hashlib.sha256(key.encode()).hexdigest()[:16]}.{number}"


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _day(moment: str, words: Locale) -> str:
    return formats.long_date(clock.local_date(datetime.fromisoformat(moment)), words.language) if moment else "-"

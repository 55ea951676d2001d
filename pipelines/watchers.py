"""Pages that people must read: noticing at night that one changed, and what is still to be read.

What belongs here: the list ``data/raw/reference/watched.yaml``, the nightly look, the open to-dos with the command that
records a value, and marking one as read. What does not: reading a value out of a page (a person does), alerts.

A page's text without navigation and scripts is what counts, so that a new menu or token is no news. Looks are kept as
those of a source are, in ``data/raw/watched``: a line a look, and the bytes when the text changed, so that a person can
see what is new. Like all raw bytes without a licence they are for us only (R15): the site names title, address and day.
What was read is a line in ``data/raw/watched/read.jsonl``, never changed. A to-do is open while the page's text is not
the one that was read last (at first: the first one seen); so a page that changes back closes it.
"""

import difflib
import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from lxml import html
from lxml.etree import LxmlError  # pyright: ignore[reportAttributeAccessIssue]

from pipelines import clock, reference
from pipelines.decisions import check_text
from pipelines.errors import FetchError, InputError, LukuinaError, NoContactError, nearest
from pipelines.figure_spec import FigureSpec
from pipelines.files import append_line
from pipelines.http import Http, Limits, Validators, is_loopback
from pipelines.raw import Answer, RawStore
from pipelines.registry import Registry, load
from pipelines.settings import PROJECT, Settings
from pipelines.sources import transcribed
from pipelines.visits import Visit

SOURCE = "watched"
LICENCE = "not stated: kept to see what changed, never republished"
PATIENCE = timedelta(days=14)
"""After how long without a good look an address counts as lost: a site that is down for a night is no news."""

_KEYS = {"id", "title", "url", "publisher", "figures"}
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)", re.IGNORECASE)
_NOISE = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_FEWEST_WORDS = 20
_INTERVAL_S = 2.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Watched:
    """One page: the figures that it may update, and its row of publishers.csv."""

    id: str
    title: str
    url: str
    publisher: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class ToDo:
    """Something new to read. ``commands``: how a value is recorded, one a figure; ``new``: lines that came."""

    id: str
    title: str
    url: str
    changed_on: date
    figures: tuple[str, ...]
    commands: tuple[str, ...]
    new: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lost:
    """A watched page that could not be had for long."""

    id: str
    url: str
    message: str


def pages(raw: Path, figures: Registry | None = None) -> tuple[Watched, ...]:
    """Return the watched pages. Raises InputError naming file and page for one that is not right."""
    path = raw / "reference" / "watched.yaml"
    if not path.is_file():
        return ()
    try:
        rows = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"not YAML: {error}", fix="Restore it from the project") from None
    if not isinstance(rows, list):
        raise InputError(str(path), "not a list", "a list of pages")
    known = figures or load(PROJECT / "dashboards" / "figures")
    found = tuple(_page(str(path), row, known) for row in rows)
    twice = [page.id for page in found if sum(other.id == page.id for other in found) > 1]
    if twice:
        raise InputError(f"{path}: {twice[0]}", "there twice", "an id of its own")
    return found


def look(settings: Settings, store: RawStore, say: Say) -> list[Visit]:
    """Look at every watched page and log what was found; trouble is in the log and never raises."""
    try:
        chosen = pages(store.root)
    except LukuinaError as error:
        say(f"{SOURCE}: not looked at. {error}")
        return []
    limits = Limits(settings.timeout_s, 3 * settings.timeout_s, settings.max_bytes, settings.attempts, _INTERVAL_S)
    http = Http(settings.watched_url, settings.contact, limits)  # one client: 2 s between any two pages
    visits: list[Visit] = []
    for page in chosen:
        if not settings.contact and not is_loopback(http.resolve(page.url)):
            say(f"{SOURCE}: not looked at, because no contact address is configured (LUKUINA_CONTACT)")
            break
        try:
            visits.append(_look(store, http, page))
        except Exception as error:  # a watched page must not cost a figure its night
            say(f"{SOURCE}/{page.id}: {type(error).__name__}: {error}")
            continue
        say(f"{SOURCE}/{page.id}: {visits[-1].outcome} {visits[-1].message}".rstrip())
    return visits


def to_dos(raw: Path) -> list[ToDo]:
    """Return what is to be read, in the order of the list. Raises InputError when a file of ours is damaged."""
    store = RawStore(raw)
    spells = [spell.began.visit for spell in store.spells(SOURCE)]
    if not spells:
        return []
    figures = load(PROJECT / "dashboards" / "figures")
    read = _read_contents(raw)
    found: list[ToDo] = []
    for page in pages(raw, figures):
        own = [visit for visit in spells if visit.page == page.id]
        if not own or own[-1].content == read.get(page.id, own[0].content):
            continue
        before = next(v for v in own if v.content == read.get(page.id, own[0].content))
        day = clock.local_date(next(v.at for v in reversed(own) if v.outcome == "new"))
        commands = tuple(command(raw, figures[name], page) for name in page.figures)
        found.append(
            ToDo(page.id, page.title, page.url, day, page.figures, commands, _new_lines(store, before, own[-1]))
        )
    return found


def lost(raw: Path, now: datetime) -> list[Lost]:
    """Return the pages that have not been had for PATIENCE, or never although they were asked for as long."""
    store = RawStore(raw)
    firsts, lasts, good = store.firsts(SOURCE), store.lasts(SOURCE), store.lasts_good(SOURCE)
    return [
        Lost(page.id, page.url, lasts[page.id].message)
        for page in pages(raw)
        if page.id in lasts and lasts[page.id].outcome == "failed"
        and now - (good.get(page.id) or firsts[page.id]).at >= PATIENCE
    ]  # fmt: skip


def seen(raw: Path, page_id: str, note: str, by: str) -> None:
    """Mark a page as read as it stands. Raises InputError when there is nothing to read on it."""
    known = [page.id for page in pages(raw)]
    if page_id not in known:
        raise InputError(f"page {page_id!r}", "not watched", nearest(page_id, known) if known else "")
    if page_id not in [one.id for one in to_dos(raw)]:
        raise InputError(f"page {page_id!r}", "nothing new on it", fix="See: lukuina status")
    check_text("--note", note)
    check_text("--by", by)
    _mark(raw, page_id, note, by)


def recorded(raw: Path, figure_id: str) -> list[str]:
    """Mark as read the pages that were to be read for a figure, because its value was recorded; return their ids."""
    done = [one.id for one in to_dos(raw) if figure_id in one.figures]
    for page_id in done:
        _mark(raw, page_id, f"recorded {figure_id}", "")
    return done


def command(raw: Path, spec: FigureSpec, page: Watched) -> str:
    """Return the command that records a value of a figure from a page; what stands in capitals is to be replaced."""
    rule = spec.select[-1]  # the newest population, where there are several
    path = raw / "transcribed" / "series.csv"
    series = transcribed.read_series(path.read_bytes(), str(path)) if path.is_file() else {}
    info = series.get(rule.series)
    when = ["--period", "YYYY"] if info and info.kind == "flow" else ["--as-of", "YYYY-MM-DD"]
    names = reference.load(raw / "reference").publishers
    short = names.filter(names["id"] == page.publisher)["short_fi"].to_list()
    parts = ["lukuina", "record", spec.id, "--value", "VALUE", *when, "--published", "YYYY-MM-DD"]
    parts += ["--publisher", str(short[0]) if short else page.publisher, "--citation", "CITATION"]
    parts += ["--source-url", page.url]
    if rule.coverage:
        parts += ["--coverage", rule.coverage]
    return shlex.join(parts)


def text_of(body: bytes, content_type: str | None) -> str:
    """Return the text of a page that a person would read, a line a block; "" for what is not HTML."""
    if "html" not in (content_type or "html"):
        return ""
    try:
        tree = html.document_fromstring(body, parser=html.HTMLParser(encoding=_encoding(body, content_type)))
    except (LxmlError, ValueError, LookupError):
        return ""
    for element in tree.xpath("|".join(f"//{name}" for name in _NOISE) + "|//comment()"):
        if element.getparent() is not None:
            element.drop_tree()
    chosen = tree.xpath("//main|//*[@role='main']") or tree.xpath("//article") or [tree]
    lines = (" ".join(line.split()) for part in chosen for line in part.itertext())
    return "\n".join(line for line in lines if line)


def _encoding(body: bytes, content_type: str | None) -> str | None:
    """Return the encoding that the server names; None lets the page itself say, UTF-8 where neither does."""
    if named := _CHARSET.search(content_type or ""):
        return named[1]
    return None if b"charset" in body[:4096].lower() else "utf-8"


def _look(store: RawStore, http: Http, page: Watched) -> Visit:
    at = store.not_before(clock.now())
    last = store.last_good(SOURCE, page.id)
    newest = store.snapshots(SOURCE).get(last.snapshots[-1]) if last and last.snapshots else None
    validators = Validators(newest.etag, newest.last_modified) if newest else Validators()
    try:
        answer = http.get(page.url, validators, "text/html,*/*")
    except NoContactError:
        raise
    except FetchError as error:
        return store.record_failure(SOURCE, page.id, str(error), at)
    if answer.not_modified:
        return store.record_unchanged(SOURCE, page.id, at)
    return _keep(store, page, answer, at)


def _keep(store: RawStore, page: Watched, answer: Answer, at: datetime) -> Visit:
    content = answer.sha256
    if "html" in (answer.content_type or "html"):
        text = text_of(answer.body, answer.content_type)
        if len(text.split()) < _FEWEST_WORDS:
            message = f"{page.url}: {len(text.split())} words of text; expected a page to read"
            return store.record_failure(SOURCE, page.id, message, at)
        content = hashlib.sha256(text.encode()).hexdigest()
    return store.record(SOURCE, page.id, [answer], content, at, LICENCE)


def _new_lines(store: RawStore, before: Visit, now: Visit) -> tuple[str, ...]:
    """Return the first lines that are in the page now and were not in it before."""
    snapshots = store.snapshots(SOURCE)
    old, new = (snapshots[visit.snapshots[-1]] for visit in (before, now))
    texts = [text_of(store.body(one), one.content_type).splitlines() for one in (old, new)]
    changes = difflib.unified_diff(texts[0], texts[1], lineterm="", n=0)
    return tuple(line[1:201] for line in changes if line.startswith("+") and not line.startswith("+++"))[:5]


def _read_contents(raw: Path) -> Mapping[str, str]:
    """Return page → the content that was read last."""
    path = raw / SOURCE / "read.jsonl"
    found: dict[str, str] = {}
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            row = json.loads(line)
            found[row["page"]] = row["content"]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path}:{number}", f"not a mark: {line[:60]!r}", fix="Restore it from a backup") from None
    return found


def _mark(raw: Path, page_id: str, note: str, by: str) -> None:
    store = RawStore(raw)
    last = store.last_good(SOURCE, page_id)
    assert last is not None
    path = raw / SOURCE / "read.jsonl"
    at = store.not_before(clock.now()).isoformat(timespec="seconds")
    row = {"at": at, "page": page_id, "content": last.content, "note": note, "by": by}
    append_line(path, json.dumps(row, ensure_ascii=False))


def _page(place: str, row: Any, figures: Registry) -> Watched:
    where = f"{place}: {row.get('id', '?') if isinstance(row, dict) else row}"
    if not isinstance(row, dict) or set(row) != _KEYS:  # pyright: ignore[reportUnknownArgumentType]
        raise InputError(where, "not a page", "the keys " + ", ".join(sorted(_KEYS)))
    if not _ID.fullmatch(str(row["id"])):
        raise InputError(where, "not an id", "a-z, 0-9 and dashes")
    if not str(row["url"]).startswith(("https://", "http://")):
        raise InputError(where, f"{row['url']!r} is not an address", "https://…")
    names = tuple(str(name) for name in row["figures"] or ())
    for name in names:
        if name not in figures.ids or figures[name].kind != "number":
            raise InputError(where, f"figure {name!r} is unknown or not a number", nearest(name, list(figures.ids)))
    return Watched(str(row["id"]), str(row["title"]), str(row["url"]), str(row["publisher"]), names)


def as_dicts(found: Iterable[ToDo]) -> Sequence[dict[str, object]]:
    """Return to-dos for pages and JSON, without the lines of the page (R15)."""
    return [{key: value for key, value in asdict(one).items() if key != "new"} for one in found]

"""Recording a figure that a person got from its producer: ``lukuina record``.

What belongs here: turning what was typed into rows of ``data/raw/transcribed/recorded.csv`` and adding them, all or
none. What does not: what makes a row right (pipelines/sources/transcribed.py says that for every hand-kept file),
versions of the file (pipelines/take_in.py), the run afterwards.

Rows are only ever added. A figure's series, place, category, coverage and unit come from its record in the registry,
so that an answer to an information request lands where the figure looks for it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unicodedata import category

from pipelines import answers, clock, run, take_in, watchers
from pipelines.errors import InputError
from pipelines.figure_spec import FigureSpec, Select
from pipelines.files import write_atomic
from pipelines.raw import RawStore
from pipelines.registry import load
from pipelines.settings import PROJECT, Settings
from pipelines.sources import transcribed

FILE = "recorded.csv"

_OPTIONS = {"published_on": "published", "as_of": "as-of", "source_url": "source-url", "category": "item"}
"""Column → option, where the names differ."""
_R2 = ("series", "geo", "dimension", "category", "coverage", "period", "as_of", "publisher", "published_on")
_RESERVED = "handbook 2019"
"""How the notes of the handbook's own rows begin; they are printed as the handbook printed them."""


@dataclass(frozen=True)
class Given:
    """What a person typed, as text: ``value`` or ``items``, ``period`` or ``as_of``, and where it is from."""

    published: date
    publisher: str
    citation: str = ""
    source_url: str = ""
    value: str = ""
    items: tuple[str, ...] = ()
    bound: str = "exact"
    period: str = ""
    as_of: str = ""
    coverage: str = ""
    note: str = ""


def record(settings: Settings, figure_id: str, given: Given, say: run.Say) -> tuple[run.Report, str]:
    """Record an answer, then run and render; return the report and the figure's quote as it now stands.

    Raises InputError, with nothing written, when the figure or anything that was given is wrong.
    """
    spec = load(PROJECT / "dashboards" / "figures")[figure_id]
    if take_in.seed(settings.raw):
        say(f"{settings.raw}: seeded with the bundled figures")
    count = add(settings.raw, spec, given, clock.today())
    say(f"{take_in.SOURCE}/{FILE}: {count} {'row' if count == 1 else 'rows'} added")
    with run.kept(f"{figure_id}: recorded"):
        for page in watchers.recorded(settings.raw, figure_id):
            say(f"{watchers.SOURCE}/{page}: read, because {figure_id} was recorded")
        report = run.run(settings, say, with_site=True)
    now = next(figure for figure in answers.figures(settings.marts) if figure["id"] == figure_id)
    if (now["period"] or now["as_of"], now["published_on"]) != (given.period or given.as_of, given.published):
        say(f"{figure_id}: recorded, and something else still stands for it: newer, or better founded")
    return report, answers.quote(settings, figure_id, None, "fi")


def add(raw: Path, spec: FigureSpec, given: Given, today: date) -> int:
    """Append the rows of one answer to ``recorded.csv`` and return how many they are.

    Raises InputError naming the option that is wrong, or the file and line of a hand-kept row that is; nothing is
    written then.
    """
    folder = raw / take_in.SOURCE
    series_path = folder / "series.csv"
    if not series_path.is_file():
        raise InputError(str(series_path), "missing", "the list of series", "Run: lukuina run")
    _check_given(spec, given, today)
    body = series_path.read_bytes()
    series = transcribed.read_series(body, str(series_path))
    rule = _rule(spec, given.coverage)
    info = series.get(rule.series)
    if info is None:
        raise InputError(f"figure {spec.id!r}", f"its series {rule.series!r} is not in {series_path.name}")
    _check_reference(info.kind, given)
    _check_open(spec, given)
    rows = _rows(spec, rule, info.unit, _dimension(body, rule), given)
    _check_rows(rows, series)
    path = folder / FILE
    before = path.read_bytes() if path.is_file() else _text([transcribed.COLUMNS])
    after = before + (b"" if before.endswith(b"\n") else b"\n") + _text(rows)
    take_in.check(RawStore(raw))
    _check_new(folder, spec, rule, rows)
    transcribed.read(after, str(path), series)
    write_atomic(path, after)
    return len(rows)


def _check_given(spec: FigureSpec, given: Given, today: date) -> None:
    """Check what only a recording asks for: that it fits the kind of the figure, and plain one-line texts."""
    if spec.kind == "sentence":
        raise InputError(f"figure {spec.id!r}", "is a sentence", fix="Its text is changed in its YAML file")
    wanted, other = ("item", "value") if spec.kind == "list" else ("value", "item")
    has = {"item": bool(given.items), "value": bool(given.value)}
    if has[other]:
        expected = "--item once a place, first to last" if spec.kind == "list" else "--value"
        raise InputError(f"--{other}", f"{spec.id} is a {spec.kind}", expected)
    if not has[wanted]:
        raise InputError(f"--{wanted}", "not given", "the number" if wanted == "value" else "each place of the list")
    if spec.kind == "list":
        _check_items(spec, given)
    if given.published > today:
        raise InputError("--published", f"{given.published} is in the future", "the day on which it became public")
    texts = {"publisher": given.publisher, "citation": given.citation, "source-url": given.source_url}
    for option, text in {**texts, "note": given.note, "value": given.value}.items():
        _one_line(option, text)
    if given.source_url.strip() and not given.source_url.strip().startswith(("http://", "https://")):
        raise InputError("--source-url", f"{given.source_url!r} is not an address", "http:// or https://")
    if given.note.startswith(_RESERVED):
        raise InputError("--note", f"begins with {_RESERVED!r}", "another text; those rows are the handbook's own")


def _check_items(spec: FigureSpec, given: Given) -> None:
    for item in given.items:
        _one_line("item", item)
        if not item.strip():
            raise InputError("--item", "empty", "a name")
    printed = len(spec.handbook.items) if spec.handbook else 0
    if printed and len(given.items) != printed:
        raise InputError("--item", f"{len(given.items)} given", f"the whole list, {printed}, first to last (R7)")


def _one_line(option: str, text: str) -> None:
    found = next((c for c in text if category(c) in {"Cc", "Cs", "Zl", "Zp"}), None)
    if found is not None:
        raise InputError(f"--{option}", f"holds the control character U+{ord(found):04X}", "one line of text")


def _rule(spec: FigureSpec, coverage: str) -> Select:
    """Return the rule by which the figure will look for the value: one place, and the coverage that was named."""
    rules = [rule for rule in spec.select if rule.geo != "regions"]
    if not rules:
        raise InputError(f"figure {spec.id!r}", "is a sum over the regions", fix="Record the regions in a file")
    known = list(dict.fromkeys(rule.coverage for rule in rules))
    if not coverage and len(known) > 1:
        raise InputError("--coverage", f"{spec.id} counts several populations", "one of " + ", ".join(known))
    chosen = [rule for rule in rules if coverage in ("", rule.coverage)]
    if not chosen:
        raise InputError("--coverage", f"{coverage!r} is not one of {spec.id}", "one of " + ", ".join(known))
    return chosen[0]


def _check_reference(kind: str, given: Given) -> None:
    if bool(given.period) == bool(given.as_of):
        problem = "both given" if given.period else "neither given"
        raise InputError("--period, --as-of", problem, "the period of a flow, or the day of a stock")
    if kind == "flow" and given.as_of:
        raise InputError("--as-of", "the figure is counted over a period", "--period, e.g. 2024")
    if kind == "stock" and given.period:
        raise InputError("--period", "the figure is counted on a day", "--as-of, e.g. 2024-12-31")
    name, text = ("period", given.period) if given.period else ("as-of", given.as_of)
    if text[:4].isdigit() and text[: len("YYYY-MM-DD")] > given.published.isoformat():
        raise InputError(f"--{name}", f"{text} begins after it was published", "a period that had begun by then")


def _check_open(spec: FigureSpec, given: Given) -> None:
    """Refuse a value from after the closing of a closed source (R10); older ones may still be found."""
    reference = given.period or given.as_of
    if spec.closed and reference[:10] >= spec.closed.since.isoformat():
        problem = f"{reference}, and the source of {spec.id} was closed on {spec.closed.since}"
        raise InputError("--as-of" if given.as_of else "--period", problem, "a value from before that day")


def _dimension(series: bytes, rule: Select) -> str:
    """Return the dimension that the rule's category belongs to; "" for a rule without one."""
    if not rule.category:
        return ""
    for row in csv.DictReader(io.StringIO(series.decode("utf-8-sig"), newline="")):
        if row["series"] == rule.series and row["dimensions"] and ";" not in row["dimensions"]:
            return row["dimensions"]
    raise InputError(f"series {rule.series!r}", "its dimension is not told in series.csv", "one name")


def _rows(spec: FigureSpec, rule: Select, unit: str, dimension: str, given: Given) -> list[list[str]]:
    values = [(str(rank), name.strip()) for rank, name in enumerate(given.items, 1)]
    if spec.kind == "number":
        values = [(given.value.strip(), "" if rule.category == "*" else rule.category)]
    texts = [given.publisher.strip(), given.citation.strip(), given.source_url.strip(), given.note.strip()]
    return [
        [
            *(rule.series, rule.geo, dimension, category, rule.coverage, given.period, given.as_of),
            *(given.published.isoformat(), value, unit, given.bound, "ok", *texts),
        ]
        for value, category in values
    ]


def _check_rows(rows: Sequence[Sequence[str]], series: dict[str, transcribed.SeriesInfo]) -> None:
    """Let the reader of the hand-kept files look at the new rows alone, and name the option instead of the column."""
    place = "new"
    try:
        frame = transcribed.read(_text([transcribed.COLUMNS, *rows]), place, series)
    except InputError as error:
        _, _, column = error.place.rpartition(": ")
        option = f"--{_OPTIONS.get(column, column)}" if column != error.place else "--item"
        raise InputError(option, error.problem, error.expected, error.fix) from None
    for value, unit in frame.select("value", "unit").iter_rows():
        if value < 0 or (unit == "percent" and value > 100):
            raise InputError("--value", f"{value:g}", "0–100, a share in percent" if unit == "percent" else "0 or more")


def _check_new(folder: Path, spec: FigureSpec, rule: Select, rows: Sequence[Sequence[str]]) -> None:
    """Refuse what is there already: R2's key from the same producer of the same day; a list of the same reference."""
    new = [dict(zip(transcribed.COLUMNS, row, strict=True)) for row in rows]
    keys = {tuple(row[name] for name in _R2) for row in new}
    for path in sorted(folder.glob("*.csv")):
        if path.name == "series.csv":
            continue
        for line, row in _read(path):
            if tuple(row[name] for name in _R2) in keys:
                problem = f"recorded already at {path}:{line} (R2)"
                raise InputError(f"figure {spec.id!r}", problem, "another reference, publisher or day of publication")
            same = spec.kind == "list" and row["series"] == rule.series and row["coverage"] == rule.coverage
            if same and (row["period"], row["as_of"]) == (new[0]["period"], new[0]["as_of"]):
                problem = f"the list of {row['period'] or row['as_of']} is recorded at {path}:{line}"
                raise InputError(f"figure {spec.id!r}", problem, "a list of another reference; it is one unit (R7)")


def _read(path: Path) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    for row in reader:
        yield reader.line_num, row


def _text(rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8")

"""Pages in the shape of PRH's table of regions × purpose classes, made from the transcribed numbers.

What belongs here: building pages, well or with one of the quirks that were seen or feared. What does not: tests.

The publisher's markup has not been seen; this is a plain guess at it, and ``quirks`` vary it.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.sources.prh import LABELS, PAGES

CLASSES = tuple("123456789")
COLUMNS = (*CLASSES, "unclassified", "total")
EDITIONS = ("2022-08-31", "2024-01-02", "2025-01-02")
PATHS = {page.id: urlsplit(page.url).path for page in PAGES}
"""Page id → path on the publisher's host, to serve a page at."""

Rows = dict[str, dict[str, int]]
"""Region's Finnish name → column ("1" … "9", "unclassified", "total") → count; a missing cell has no key."""

_RAW = Path(__file__).resolve().parents[2] / "data" / "raw"
_MISSPELT = {
    "Pohjois-Karjala": "Norra Kerelen", "Satakunta": "Satakunda", "Päijät-Häme": "Päijänne Tavastland",
}  # fmt: skip
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
_TITLE = {
    "fi": "Yhdistysten määrät tarkoitusluokittain (pääluokittain) eri maakunnissa",
    "sv": "Antal föreningar enligt syfteklassificering (huvudklasser) i olika landskap",
}
_HEADINGS = {
    "fi": {"region": "Maakunta", "unclassified": "Luokittelemattomat", "total": "Yhteensä"},
    "sv": {"region": "Landskap", "unclassified": "Oklassificerade", "total": "Totalt"},
}


@dataclass(frozen=True)
class Quirks:
    """What may be odd about a page; the defaults make the plainest page.

    ``thousands``: separator in numbers. ``order``: column to sort by, or "" for the given order. ``names``: region →
    printed name. ``misspelt``: the misspellings seen on the Swedish page. ``headings``: column → heading. ``cells``:
    (region, column) → cell HTML. ``half``: only every second row. ``mispaired``: values in descending order against
    names in official order (as in 2021). ``repeat``: region printed twice. ``country``: label of a whole-country row.
    ``date``: the date phrase. ``token``: something that changes at every call. ``before``/``after``: HTML around the
    table; ``rows_before``/``rows_after``: table rows in HTML.
    """

    br: bool = False
    thousands: str = ""
    order: str = "total"
    names: Mapping[str, str] = field(default_factory=dict)
    misspelt: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[tuple[str, str], str] = field(default_factory=dict)
    table: bool = True
    half: bool = False
    mispaired: bool = False
    repeat: str = ""
    country: str = ""
    date: str | None = None
    token: str = "a1"
    charset: str | None = "utf-8"
    heading_tag: str = "th"
    sections: bool = True
    legend: Sequence[str] = tuple(LABELS[c][2:] for c in CLASSES)
    before: str = ""
    after: str = ""
    rows_before: str = ""
    rows_after: str = ""


def edition(as_of: str) -> Rows:
    """Return the numbers of a transcribed edition (2022-08-31, 2024-01-02 or 2025-01-02), as far as readable."""
    columns = {label: column for column, label in LABELS.items()}
    rows: Rows = {}
    for row in _transcribed():
        if row["series"] == "associations_by_region_and_class" and row["as_of"] == as_of:
            rows.setdefault(row["geo"], {})[columns[row["category"]]] = int(row["value"])
    return rows


@cache
def _transcribed() -> list[dict[str, str]]:
    with (_RAW / "transcribed" / "prh.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scaled(rows: Rows, factor: float) -> Rows:
    """Return the numbers moved by a factor, every printed total still the sum of its row."""
    result: Rows = {}
    for region, values in rows.items():
        parts = {c: round(v * factor) for c, v in values.items() if c != "total"}
        result[region] = parts | ({"total": sum(parts.values())} if "total" in values else {})
    return result


def render(as_of: str, rows: Rows, lang: str = "fi", **quirks: object) -> str:
    """Return the page of one edition in Finnish or Swedish; ``quirks`` are the fields of ``Quirks``."""
    q = Quirks(**quirks)  # type: ignore[arg-type]
    meta = f'<meta charset="{q.charset}">' if q.charset else ""
    legend = "".join(f"<li>{escape(item)}</li>" for item in q.legend)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head>{meta}<title>{_TITLE[lang]} - PRH</title>'
        f'<script>var t = "{q.token}"; if (1 < 2) document.write("<table>");</script></head>\n<body>'
        f'<nav><ul><li><a href="/">Etusivu</a></li><li>Yhdistysrekisterin tilastoja</li></ul></nav>'
        f"<main><h1>{_TITLE[lang]}</h1>\n<p>{q.date if q.date is not None else phrase(as_of, lang)}</p>"
        f"<ol>{legend}</ol>{q.before}{_table(rows, lang, q) if q.table else ''}{q.after}</main>"
        f'<footer data-token="{q.token}"><p>Viimeksi päivitetty 14.12.2017</p></footer></body></html>\n'
    )


def phrase(as_of: str, lang: str) -> str:
    """Return the publisher's date phrase."""
    year, month, day = map(int, as_of.split("-"))
    if lang == "sv":
        return f"Statistiken avser situationen {day} {_MONTHS[month - 1]} {year}."
    return f"Taulukossa tilasto {day}.{month}.{year}"


def _table(rows: Rows, lang: str, q: Quirks) -> str:
    columns = [c for c in COLUMNS if any(c in values for values in rows.values())]
    tag = q.heading_tag
    headings = _HEADINGS[lang] | dict(q.headings)
    header = "".join(f"<{tag}>{headings.get(c, c)}</{tag}>" for c in ("region", *columns))
    body = "".join(_row(region, name, values, columns, q) for region, name, values in _lines(rows, lang, q))
    head = f"{q.rows_before}<tr>{header}</tr>"
    if q.sections:
        return f"<table>\n<thead>{head}</thead><tbody>{body}{q.rows_after}</tbody></table>"
    return f"<table>{head}{body}{q.rows_after}</table>"


def _lines(rows: Rows, lang: str, q: Quirks) -> list[tuple[str, str, dict[str, int]]]:
    """Return (region, printed name, values) in the order of the page."""
    printed = _names(lang) | (_MISSPELT if q.misspelt else {}) | dict(q.names)
    regions = list(rows)
    if q.order:
        regions.sort(key=lambda region: -rows[region].get(q.order, 0))
    if q.half:
        regions = regions[::2]
    values = [rows[region] for region in regions]
    if q.mispaired:
        regions = [region for region in _names("fi") if region in rows]
    lines = [(region, printed.get(region, region), v) for region, v in zip(regions, values, strict=True)]
    lines += [line for line in lines if line[0] == q.repeat]
    if q.country:
        sums = {c: sum(v[c] for v in values if c in v) for c in COLUMNS if any(c in v for v in values)}
        lines.append((q.country, q.country, sums))
    return lines


def _row(region: str, name: str, values: dict[str, int], columns: list[str], q: Quirks) -> str:
    cells = [f"<td>{escape(name)}</td>"]
    for column in columns:
        text = f"{values[column]:,}".replace(",", q.thousands) if column in values else ""
        if q.br:
            text = f"<p>\n {text}<br></p>"
        cells.append(f"<td>{q.cells.get((region, column), text)}</td>")
    return f"<tr>{''.join(cells)}</tr>\n"


@cache
def _names(lang: str) -> dict[str, str]:
    with (_RAW / "reference" / "regions.csv").open(encoding="utf-8", newline="") as file:
        return {row["name_fi"]: row[f"name_{lang}"] for row in csv.DictReader(file)}

"""The markup of PRH's pages: from bytes to the table region × purpose class, and to visible text.

What belongs here: decoding, real ``th``/``td`` cells, headings, numbers, the printed date, in Finnish and Swedish.
What does not: addresses, observations, whether the numbers are plausible (pipelines/sources/prh.py).

The publisher's markup has not been seen (docs/unverified.md U-PRH-MARKUP). So columns are found by heading and rows
by name, never by position, and whatever is not understood is an InputError instead of a guess.
"""

import codecs
import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import lxml.etree
import lxml.html

from pipelines.errors import InputError

CLASSES = tuple("123456789")
UNCLASSIFIED, TOTAL = "unclassified", "total"

Element = Any
"""An lxml element; lxml ships no types."""

_REGION = "region"
_EMPTY = frozenset({"", "-", "–", "—", ".", "..", "...", "…"})
_COUNTRY = frozenset(
    {"koko maa", "koko suomi", "suomi", "yhteensä", "hela landet", "hela finland", "finland", "totalt", "sammanlagt"}
)
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "dd", "div", "dl", "dt", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    }
)
_MAX_SPAN = 100  # so that colspan="999999999" costs nothing
_CHARSETS = {"utf-8": "utf-8", **dict.fromkeys(("iso8859-1", "ascii", "cp1252"), "cp1252")}  # as browsers read them
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_NUMBER = re.compile(r"[0-9]{1,9}|[0-9]{1,3}( [0-9]{3}){1,2}")
_CLASS_HEADING = re.compile(r"(?:(?:luokka|klass) )?([1-9])(?:[.:)]? .*|[.:)])?")

_MONTHS = {
    word: number
    for words in (
        "januari februari mars april maj juni juli augusti september oktober november december",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta "
        "marraskuuta joulukuuta",
    )
    for number, word in enumerate(words.split(), 1)
}
DATE = rf"(?<![0-9.])([0-9]{{1,2}})(?:\. ?([0-9]{{1,2}})\. ?|\.? ({'|'.join(_MONTHS)}) )((?:19|20)[0-9]{{2}})(?![0-9])"
"""A day in either language: 2.1.2025, 02.01.2025, 31 augusti 2022. Groups: day, month or month's name, year."""

# The word must stand directly before the date: a page also prints when it was last updated.
_PHRASE = re.compile(
    r"\b(?:tilasto(?!kesk)|tilan(?:ne|tee)|statistik(?!c)|situation|läge)\w*:?"
    rf"(?: (?:on|kuvaa|päivältä|päivämäärä|avser|är|den|per|från):?)*[ (]+{DATE}",
    re.IGNORECASE,
)
_TABLE = re.compile(r"taulukossa|tabellen|statistiken avser", re.IGNORECASE)
_TOPIC = re.compile(r"yhdisty|förening|tilasto|statistik", re.IGNORECASE)
UPDATED = re.compile(r"päivit|uppdatera|julkais|publicera|muokattu|ändra", re.IGNORECASE)
"""Words by which a date is the page's own and not that of the statistics."""


@dataclass(frozen=True)
class RegionTable:
    """One edition as printed. ``cells``: region's Finnish name → column → count, missing cells left out.

    Columns are "1" … "9", ``unclassified`` (absent in the edition of 2022) and ``total``. ``country`` is a printed
    whole-country row, or None. ``language`` is fi or sv by the headings. ``nines``: the lists of nine items on the
    page, one of which says what the nine classes mean.
    """

    as_of: date
    language: str
    columns: tuple[str, ...]
    cells: Mapping[str, Mapping[str, int]]
    country: Mapping[str, int] | None
    nines: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Cell:
    text: str
    width: int = 1
    height: int = 1


def name_key(name: str) -> str:
    """Return ``name`` as it is compared: no case, hyphen and space alike, no footnote mark at the end."""
    words = re.sub(r"[-‐‑–]", " ", re.sub(r"[\s*†:)(0-9]+$", "", clean(name)).casefold())
    return " ".join(words.split())


def clean(text: str) -> str:
    """Return ``text`` composed (NFC), without invisible characters, all white space (NBSP too) as one space."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


def decode(body: bytes, url: str, proof: Collection[str] = ()) -> str:
    """Decode a page: as UTF-8 where the bytes are UTF-8 (which is never by chance), else as its meta charset says.

    Without a declaration Windows-1252 is accepted only when one of the words ``proof`` then appears.
    Raises InputError for an empty body and for bytes that are not in the encoding.
    """
    if not body.strip():
        raise InputError(url, "the answer is empty", "an HTML page")
    declared = _charset(body)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = body.decode("cp1252", errors="replace")
        if declared == "cp1252" or (not declared and any(word in text for word in proof)):
            return text
        label = f"{declared} as the page says" if declared else "UTF-8"
        problem = f"byte {error.start + 1} is not {label}, so letters such as ä and ö are unreadable"
        raise InputError(url, problem, "UTF-8") from None


def _charset(body: bytes) -> str | None:
    found = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", body[:8192], re.IGNORECASE)
    try:
        return _CHARSETS.get(codecs.lookup(found[1].decode()).name) if found else None
    except LookupError:
        return None


def document(text: str, url: str) -> Element:
    """Parse a page without network or entities; scripts, styles and the head are dropped.

    Raises InputError when the text has no HTML element or stops before its table or page is closed.
    """
    bare = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", "", text, flags=re.DOTALL | re.IGNORECASE)
    if not re.search(r"<(?:html|body|div|p|table|h[1-6]|main|section)\b", bare, re.IGNORECASE):
        raise InputError(url, f"no HTML but {clean(bare)[:40]!r}", "an HTML page")
    for tag in ("table", "html"):
        opened, closed = (len(re.findall(rf"<{c}{tag}\b", bare, re.IGNORECASE)) for c in ("", "/"))
        if opened > closed:
            raise InputError(url, f"the page is cut: <{tag}> is never closed", f"a whole page with </{tag}>")
    # Bytes with a fixed encoding: lxml refuses text that carries an XML encoding declaration.
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.LxmlError as error:
        raise InputError(url, f"cannot be parsed: {error}", "an HTML page") from None
    for element in list(root.iter("head", "script", "style", "noscript", "template")):
        element.drop_tree()
    return root


def blocks(root: Element) -> list[tuple[str, str]]:
    """Return the visible text by block in reading order: (tag of the block, cleaned text); br is a space."""
    found: list[tuple[str, str]] = []
    buffer: list[str] = []
    open_tags = [str(root.tag)]

    def flush() -> None:
        text = clean("".join(buffer))
        if text:
            found.append((open_tags[-1], text))
        buffer.clear()

    for event, element in lxml.etree.iterwalk(root, events=("start", "end")):
        block = element.tag in _BLOCKS
        if event == "start":
            if block:
                flush()
                open_tags.append(element.tag)
            buffer.append(" " if element.tag == "br" else element.text or "")
        else:
            if block:
                flush()
                open_tags.pop()
            if element is not root:
                buffer.append(element.tail or "")
    flush()
    return found


def region_table(body: bytes, url: str, names: Mapping[str, str]) -> RegionTable:
    """Read the page with the table of regions × purpose classes; ``names``: ``name_key`` of a name → Finnish name.

    Raises InputError naming ``url``, the row (region) and column, and what was expected, when the table, its date,
    a heading, a name or a number is not understood.
    """
    proof = {name for name in (*names.values(), *(key.title() for key in names)) if not name.isascii()}
    root = document(decode(body, url, proof), url)
    rows, head, table = _find_table(root, url)
    columns = _columns(rows[head], url)
    reader = _Rows(url, rows[head], columns, names)
    for number, row in enumerate(rows[head + 1 :], head + 2):
        reader.add(number, row)
    if not reader.cells:
        raise InputError(url, "the table has no rows of regions", "19 regions under the headings")
    language = "fi" if name_key(rows[head][columns[_REGION]].text).startswith("maakun") else "sv"
    order = tuple(c for c in (*CLASSES, UNCLASSIFIED, TOTAL) if c in columns)
    as_of = _printed_date(root, table, url)
    lists = (tuple(clean(li.text_content()) for li in found.iterchildren("li")) for found in root.iter("ol", "ul"))
    nines = tuple(items for items in lists if len(items) == len(CLASSES))
    return RegionTable(as_of, language, order, reader.cells, reader.country, nines, tuple(reader.remarks))


def _find_table(root: Element, url: str) -> tuple[list[list[_Cell]], int, Element]:
    """Return the grid of the one table with the headings, the index of its heading row, and its element."""
    found: list[tuple[list[list[_Cell]], int, Element]] = []
    for table in root.iter("table"):
        rows = _grid(table)
        for index, row in enumerate(rows):
            kinds = {_column(cell.text) for cell in row}
            if _REGION in kinds and kinds & set(CLASSES):
                if all(rows != earlier for earlier, _, _ in found):  # the same table twice, for phones, is one
                    found.append((rows, index, table))
                break
    expected = "a table headed Maakunta (Landskap), 1 to 9, Luokittelemattomat (Oklassificerade), Yhteensä (Totalt)"
    if not found:
        heading = next((text for tag, text in blocks(root) if tag in {"h1", "h2"}), "")
        raise InputError(url, f"no table of the regions under the heading {heading[:60]!r}", expected)
    if len(found) > 1:
        raise InputError(url, f"{len(found)} different tables have these headings", "one table")
    return found[0]


def _grid(table: Element) -> list[list[_Cell]]:
    """Return the cells of the table's own rows, a spanning cell repeated in every place that it covers."""
    rows: list[list[_Cell]] = []
    hanging: dict[int, tuple[_Cell, int]] = {}  # column → cell from above, rows that it still covers
    for line in table.iter("tr"):
        if next(line.iterancestors("table")) is not table:
            continue
        row: list[_Cell] = []
        cells = [_cell(element) for element in line.iterchildren("td", "th")]
        while cells or len(row) in hanging:
            if len(row) in hanging:
                cell, left = hanging.pop(len(row))
                if left > 1:
                    hanging[len(row)] = (cell, left - 1)
                row.append(cell)
                continue
            cell = cells.pop(0)
            for _ in range(cell.width):
                if cell.height > 1:
                    hanging[len(row)] = (cell, cell.height - 1)
                row.append(cell)
        rows.append(row)
    return rows


def _cell(element: Element) -> _Cell:
    for mark in list(element.iter("sup")):  # 32272<sup>1</sup> is not 322721
        mark.drop_tree()
    spans = [re.fullmatch(r"[1-9][0-9]{0,8}", (element.get(name) or "1").strip()) for name in ("colspan", "rowspan")]
    width, height = (min(int(span[0]), _MAX_SPAN) if span else 1 for span in spans)
    return _Cell(" ".join(text for _, text in blocks(element)), width, height)


def _column(heading: str) -> str | None:
    """Return what a column with this heading holds, or None when the heading is unknown."""
    word = clean(heading).casefold()
    digit = _CLASS_HEADING.fullmatch(word)
    if digit:
        return digit[1]
    starts = {"maakun": _REGION, "landskap": _REGION, "luokittelemat": UNCLASSIFIED, "oklassificer": UNCLASSIFIED}
    starts |= {"yhteensä": TOTAL, "totalt": TOTAL}
    return next((kind for start, kind in starts.items() if word.startswith(start)), None)


def _columns(header: Sequence[_Cell], url: str) -> dict[str, int]:
    """Return column → position by the headings. Raises InputError for an unknown, double or missing heading."""
    known = "Maakunta/Landskap, 1 to 9, Luokittelemattomat/Oklassificerade, Yhteensä/Totalt"
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        kind = _column(cell.text)
        if kind is None and cell.text:
            problem = f"unknown heading {cell.text[:60]!r}{_garbled(cell.text)}"
            raise InputError(f"{url} column {position + 1}", problem, f"one of {known}")
        if kind in found:
            raise InputError(f"{url} column {position + 1}", f"heading {cell.text!r} is there twice", "each once")
        if kind:
            found[kind] = position
    missing = [name for name in (*CLASSES, TOTAL) if name not in found]
    if missing:
        raise InputError(url, f"the table has no column {', '.join(missing)}", f"the headings {known}")
    return found


class _Rows:
    """Reads data rows one by one into ``cells``, ``country`` and ``remarks``."""

    def __init__(self, url: str, header: list[_Cell], columns: Mapping[str, int], names: Mapping[str, str]) -> None:
        self._url, self._header, self._columns, self._names = url, header, columns, names
        self.cells: dict[str, dict[str, int]] = {}
        self.country: dict[str, int] | None = None
        self.remarks: list[str] = []

    def add(self, number: int, row: list[_Cell]) -> None:
        """Take in the row with this number; empty rows, repeated headings and footnotes are passed over."""
        at = self._columns[_REGION]
        name = row[at] if at < len(row) else _Cell("")
        texts = [cell.text for cell in row if cell.text]
        if row == self._header or not texts:
            return
        key = name_key(name.text)
        if key in self._names or key in _COUNTRY:
            label = self._names.get(key, name.text)
            self._keep(label, self._values(f"{self._url} row {number} {label!r}", row), key in _COUNTRY)
        elif any(_NUMBER.fullmatch(cell.text) for cell in row if cell is not name):
            raise self._unknown(f"{self._url} row {number} column Maakunta", name.text)
        else:
            self.remarks.append(f"row {number} left out: {max(texts, key=len)[:60]!r}")

    def _keep(self, label: str, values: dict[str, int], country: bool) -> None:
        if label in self.cells or (country and self.country is not None):
            raise InputError(f"{self._url} row {label!r}", "the region is there twice", "each region once")
        if country:
            self.country = values
            return
        self.cells[label] = values
        missing = [_label(c) for c in self._columns if c != _REGION and c not in values]
        if missing:
            self.remarks.append(f"{label}: no value in {', '.join(missing)}")

    def _values(self, place: str, row: list[_Cell]) -> dict[str, int]:
        used = set(self._columns.values())
        stray = [cell.text for position, cell in enumerate(row) if cell.text and position not in used]
        if stray or len(row) <= max(used):
            problem = f"{stray[0][:40]!r} stands under no heading" if stray else f"only {len(row)} cells"
            raise InputError(place, problem, f"a cell for each of the {len(used)} headings")
        values: dict[str, int] = {}
        for column, position in self._columns.items():
            cell = row[position]
            if cell.width > 1 or cell.height > 1:
                problem = f"a cell over {cell.width} columns and {cell.height} rows"
                raise InputError(f"{place} column {_label(column)}", problem, "one cell, one number")
            if column != _REGION and cell.text not in _EMPTY:
                if not _NUMBER.fullmatch(cell.text):
                    raise InputError(f"{place} column {_label(column)}", f"{cell.text[:40]!r} is no number", "digits")
                values[column] = int(cell.text.replace(" ", ""))
        return values

    def _unknown(self, place: str, name: str) -> InputError:
        near = difflib.get_close_matches(name_key(name), self._names, 1, 0.0)
        hint = f"The nearest known name is {self._names[near[0]]!r} ({near[0]!r}); a" if near else "A"
        fix = f"{hint} new spelling goes to the aliases in data/raw/reference/regions.csv"
        return InputError(place, f"unknown region {name[:60]!r}{_garbled(name)}", "one of the 19 regions", fix)


def _garbled(text: str) -> str:
    return " (unreadable: wrong encoding)" if re.search(r"[ÃÂ\ufffd]", text) else ""


def _label(column: str) -> str:
    return {UNCLASSIFIED: "Luokittelemattomat", TOTAL: "Yhteensä", _REGION: "Maakunta"}.get(column, column)


def dates(text: str) -> Iterator[date]:
    """Yield the days written in ``text``, in either language; a day that no calendar has raises ValueError."""
    for found in re.finditer(DATE, text, re.IGNORECASE):
        yield _day(found)


def _day(found: re.Match[str]) -> date:
    day, month, word, year = found.groups()
    return date(int(year), int(month) if month else _MONTHS[word.lower()], int(day))


def _printed_date(root: Element, table: Element, url: str) -> date:
    """Return the date of the statistics: of the phrase, else of the table's caption or a heading."""
    texts = blocks(root)
    captions = [clean(" ".join(caption.itertext())) for caption in table.iterchildren("caption")]
    captions += [text for tag, text in texts if re.fullmatch("h[1-6]", tag) and _TOPIC.search(text)]
    try:
        found = {_day(match) for _, text in texts for match in _PHRASE.finditer(text)}
        if len(found) > 1:  # "Edellinen tilasto …" beside "Taulukossa tilasto …": the table's own phrase counts
            own = {_day(match) for _, text in texts if _TABLE.search(text) for match in _PHRASE.finditer(text)}
            found = own if len(own) == 1 else found
        found = found or {day for text in captions if not UPDATED.search(text) for day in dates(text)}
    except ValueError as error:
        raise InputError(url, f"the date of the statistics is no day ({error})", "a day of the calendar") from None
    if len(found) != 1:
        days = ", ".join(day.isoformat() for day in sorted(found))
        problem = f"several dates of the statistics: {days}" if found else "no date of the statistics"
        raise InputError(url, problem, "one phrase such as 'Taulukossa tilasto 2.1.2025'")
    return found.pop()

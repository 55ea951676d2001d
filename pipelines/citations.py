"""A figure as an entry of a reference list: BibTeX, RIS, CSL-JSON and one line of text, in three languages.

What belongs here: what such an entry says (producer first, R14) and the three formats with their escaping. What does
not: the citation in brackets after a sentence (pipelines/quotes.py), files, HTML.

Every field is one line of clean text before a format is made of it: control characters become spaces, marks that turn
the writing direction are dropped. So a name of a source can't close a brace, end a line or open a field.
"""

import json
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines import formats, quotes
from pipelines.figures import Value
from pipelines.quotes import Names

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec

SITE = {"fi": "Toiminta lukuina", "sv": "Verksamheten i siffror", "en": "Activity in figures"}

_WORDS = {
    "fi": {
        "reference": "ajankohta {reference}",
        "counted": "Mukana: {text}",
        "printed": "Tuottajan viite: {text}.",
        "source": "Lähde: {text}",
        "recorded": "{site}, kirjattu {day}",
    },
    "sv": {
        "reference": "avser {reference}",
        "counted": "Ingår: {text}",
        "printed": "Producentens hänvisning: {text}.",
        "source": "Källa: {text}",
        "recorded": "{site}, antecknat {day}",
    },
    "en": {
        "reference": "reference {reference}",
        "counted": "Counted: {text}",
        "printed": "Producer's citation: {text}.",
        "source": "Source: {text}",
        "recorded": "{site}, recorded {day}",
    },
}
_LANGID = {"fi": "finnish", "sv": "swedish", "en": "british"}
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\u00a0": "~",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}
"""Braces are named, not escaped: BibTeX counts ``\\{`` too when it looks for the end of a field."""


@dataclass(frozen=True)
class Cited:
    """One entry. ``issued`` is ISO, a day or a year; ``url`` is "" without a base address; texts are one line.

    ``printed`` says which citation stands in the sentence when its author is not the one of this entry.
    """

    key: str
    language: str
    author: str
    title: str
    issued: str
    recorded: date | None
    url: str
    note: str
    printed: str = ""

    @property
    def year(self) -> str:
        """The year of ``issued``."""
        return self.issued[:4]


def cited(
    spec: "FigureSpec", value: Value, publishers: Names, regions: Names, language: str, url: str = ""
) -> Cited | None:
    """Return the entry of a figure that says ``value``; None when nothing is known and so nothing can be cited.

    ``url`` is the absolute address of the page that keeps this value. The day is that of the data for a register
    and the year of publication for a survey or report, whose own printed form stands in the note (R14).
    """
    if not quotes.known(spec, value):
        return None
    publisher = quotes.find_publisher(value.publisher or spec.publisher, publishers)
    recorded = value.recorded_at
    printed = _other_author(spec, value, publishers)
    return Cited(
        key=f"{spec.id}-{recorded.isoformat()}" if recorded else spec.id,
        language=language,
        author=line(publisher.text(language) if publisher else value.publisher),
        title=line(spec.name[language]),
        issued=_issued(spec, value),
        recorded=recorded,
        url=line(url),
        note=line(_note(spec, value, publishers, regions, language)),
        printed=line(_WORDS[language]["printed"].format(text=printed)) if printed else "",
    )


def text(entry: Cited) -> str:
    """Return the entry as one line: ``Producer (2.1.2025). Name. Toiminta lukuina, kirjattu 24.11.2026. https://…``.

    With ``printed`` it stands after the name, so that ``(Kuoppala 12.9.2019)`` of a sentence is found in the list.
    """
    day = formats.short_date(date.fromisoformat(entry.issued)) if len(entry.issued) == 10 else entry.issued
    words, site_name = _WORDS[entry.language], SITE[entry.language]
    recorded = formats.long_date(entry.recorded, entry.language) if entry.recorded else ""
    site = words["recorded"].format(site=site_name, day=recorded) if recorded else site_name
    parts = [f"{entry.author} ({day})." if day else f"{entry.author}.", f"{entry.title}."]
    parts += [entry.printed] if entry.printed else []
    parts += [f"{site}."]
    return " ".join([*parts, entry.url] if entry.url else parts)


def bibtex(entry: Cited) -> str:
    """Return the entry for BibTeX and biblatex, UTF-8."""
    fields = {
        "author": f"{{{{{_tex(entry.author)}}}}}",  # two pairs: a name of an organisation is not taken apart
        "title": f"{{{{{_tex(entry.title)}}}}}",
        "date": f"{{{entry.issued}}}" if entry.issued else "",
        "year": f"{{{entry.year}}}" if entry.issued else "",
        "howpublished": f"{{{SITE[entry.language]}}}",
        "url": f"{{{_address(entry.url)}}}" if entry.url else "",
        "urldate": f"{{{entry.recorded.isoformat()}}}" if entry.recorded else "",
        "note": f"{{{_tex(entry.note)}}}",
        "langid": f"{{{_LANGID[entry.language]}}}",
    }
    body = "".join(f"  {name} = {content},\n" for name, content in fields.items() if content)
    return f"@misc{{{entry.key},\n{body}}}\n"


def ris(entry: Cited) -> str:
    """Return the entry as RIS, UTF-8 with CRLF: one field a line, so a value needs no other escaping."""
    fields = [
        ("TY", "DATA"),
        ("ID", entry.key),
        ("AU", entry.author),
        ("TI", entry.title),
        ("PY", entry.year),
        ("DA", _ris_date(entry.issued)),
        ("DP", SITE[entry.language]),
        ("UR", entry.url),
        ("Y2", _ris_date(entry.recorded.isoformat()) if entry.recorded else ""),
        ("N1", entry.note),
        ("LA", entry.language),
    ]
    return "".join(f"{tag}  - {content}\r\n" for tag, content in fields if content) + "ER  - \r\n"


def csl(entry: Cited) -> str:
    """Return the entry as CSL-JSON (a list of one)."""
    item: dict[str, object] = {
        "id": entry.key,
        "type": "dataset",
        "author": [{"literal": entry.author}],
        "title": entry.title,
        "container-title": SITE[entry.language],
        "issued": _date_parts(entry.issued),
        "accessed": _date_parts(entry.recorded.isoformat()) if entry.recorded else None,
        "URL": entry.url,
        "note": entry.note,
        "language": entry.language,
    }
    return json.dumps([{key: content for key, content in item.items() if content}], ensure_ascii=False, indent=1) + "\n"


def line(value: str) -> str:
    """Return ``value`` as one line: control characters become spaces, direction marks are dropped, ends trimmed.

    A no-break space stays; the joiners of emoji stay (their direction is neutral).
    """
    kept = (_character(c) for c in value)
    return " ".join(part for part in "".join(kept).split(" ") if part)


def _character(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in {"Cc", "Zl", "Zp", "Cs"}:
        return " "
    turns = kind == "Cf" and (character == "\ufeff" or unicodedata.bidirectional(character) != "BN")
    return "" if turns else character


def _issued(spec: "FigureSpec", value: Value) -> str:
    published = value.published_on
    if spec.cite == "publication":
        return str(published.year) if published else ""
    if value.as_of and len(value.as_of) == 10:
        return value.as_of
    return published.isoformat() if published else ""


def _note(spec: "FigureSpec", value: Value, publishers: Names, regions: Names, language: str) -> str:
    """Say the value with its bound, its reference and what it lacks, who is counted, and where it was read."""
    words = _WORDS[language]
    said = quotes.sentence(spec, value, regions, language)
    if spec.kind == "number":
        reference = formats.reference(value.reference, language) if value.reference else ""
        parts = [quotes.value_text(spec, value, language)]
        parts += [words["reference"].format(reference=reference)] if reference else []
        said = ", ".join(parts) + quotes.missing_clause(value, regions, language) + "."
    printed = quotes.citation(spec, value, publishers, language)
    notes = [said, words["counted"].format(text=spec.counted[language])]
    notes += [words["printed"].format(text=printed.removesuffix("."))] if spec.cite == "publication" else []
    source = value.source_url.removeprefix("file:")  # an imported file has a name and no address
    notes += [words["source"].format(text=source)] if source else []
    return " ".join(notes)


def _other_author(spec: "FigureSpec", value: Value, publishers: Names) -> str:
    """Return the printed citation of a report whose author is not a publisher we know; else ""."""
    if spec.cite != "publication" or not value.printed_citation:
        return ""
    known = publishers.find(quotes.author(value.printed_citation))
    return "" if known else value.printed_citation.removesuffix(".")


def _tex(value: str) -> str:
    return "".join(_TEX.get(c, c) for c in value)


def _address(url: str) -> str:
    """Return an address that can stand bare in a BibTeX field."""
    return "".join(f"%{ord(c):02X}" if c in '{}\\" ' else c for c in url)


def _ris_date(iso: str) -> str:
    year, month, day = [*iso.split("-"), "", ""][:3]
    return f"{year}/{month}/{day}/" if year else ""


def _date_parts(iso: str) -> dict[str, object] | None:
    return {"date-parts": [[int(part) for part in iso.split("-")]]} if iso else None

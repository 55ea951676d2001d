"""Sentences, citations and quotes of figures, the same on the pages and in ``lukuina quote``.

What belongs here: text made of a figure's record (registry) and a value (pipelines/figures.py), in three languages;
the names of publishers and regions that it needs. What does not: choosing the value, HTML, number formats
(pipelines/formats.py).

The producer comes first (architecture, decision 3) and a figure without a value says so; it is never 0 (decision 8).
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import formats
from pipelines.errors import InputError, nearest
from pipelines.figures import Item, Value

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec

_AND = {"fi": "ja", "sv": "och", "en": "and"}
_MISSING = {
    "fi": (", luvusta puuttuu {names}", ", luvusta puuttuvat {names}"),
    "sv": ("; {names} saknas i talet", "; {names} saknas i talet"),
    "en": ("; {names} is not included", "; {names} are not included"),
}
_NO_VALUE = {"fi": "{name}: ei tietoa", "sv": "{name}: uppgift saknas", "en": "{name}: no data"}
_WHY_NONE = {
    "fi": "Määritelmän mukaista tietoa ei ollut silloin julkaistu, tai sitä ei ole kirjattu.",
    "sv": "Någon uppgift som motsvarar definitionen hade inte publicerats då, eller så har den inte antecknats.",
    "en": "Nothing that meets the definition had been published by then, or it has not been recorded.",
}
_ON = {"fi": "{text} {day}", "sv": "{text} {day}", "en": "{text} on {day}"}
_AGE = {
    "old": {
        "fi": "Luku vuodelta {year}, uudempaa ei ole.",
        "sv": "Talet är från {year}; något nyare finns inte.",
        "en": "The figure is from {year}; there is no newer one.",
    },
    "on_request": {
        "fi": "Luku vuodelta {year}; uudempaa ei ole julkaistu, sen saa tuottajalta pyytämällä.",
        "sv": "Talet är från {year}; något nyare har inte publicerats, det fås av producenten på begäran.",
        "en": "The figure is from {year}; a newer one has not been published and must be requested from the producer.",
    },
    "closed": {
        "fi": "Lähde lakkautettiin {since}, tämä on sen viimeinen luku.",
        "sv": "Källan lades ned {since}, detta är dess sista tal.",
        "en": "The source was closed on {since}; this is its last figure.",
    },
    "stale": {
        "fi": "Uudempaa lukua on odotettu {since} alkaen.",
        "sv": "Ett nyare tal har väntats sedan {since}.",
        "en": "A newer figure has been due since {since}.",
    },
}
_AGE_OF_WORDS = {
    "old": {
        "fi": "Tieto vuodelta {year}, uudempaa ei ole.",
        "sv": "Uppgiften är från {year}; någon nyare finns inte.",
        "en": "This is from {year}; there is nothing newer.",
    },
    "on_request": {
        "fi": "Tieto vuodelta {year}; uudempaa ei ole julkaistu, sen saa tuottajalta pyytämällä.",
        "sv": "Uppgiften är från {year}; någon nyare har inte publicerats, den fås av producenten på begäran.",
        "en": "This is from {year}; nothing newer has been published, it must be requested from the producer.",
    },
    "closed": {
        "fi": "Lähde lakkautettiin {since}, tämä on sen viimeinen tieto.",
        "sv": "Källan lades ned {since}, detta är dess sista uppgift.",
        "en": "The source was closed on {since}; this is the last that it said.",
    },
    "stale": {
        "fi": "Uudempaa tietoa on odotettu {since} alkaen.",
        "sv": "En nyare uppgift har väntats sedan {since}.",
        "en": "Something newer has been due since {since}.",
    },
}
"""The same of a list and of a sentence, which are no numbers (R7)."""
_DATED = re.compile(r"(?P<author>.*\D) (?P<date>[\d.]*\d{4})")


@dataclass(frozen=True)
class Name:
    """A name in three languages, short and long (the same where there is only one)."""

    id: str
    short: Mapping[str, str]
    long: Mapping[str, str]
    url: str = ""

    def text(self, language: str, long: bool = True) -> str:
        """Return the name; a language that lacks one takes the long name, then the Finnish one."""
        first, second = (self.long, self.short) if long else (self.short, self.long)
        return first.get(language) or second.get(language) or first.get("fi") or self.id


@dataclass(frozen=True)
class Names:
    """A table of names that answers to the id and to the Finnish forms."""

    rows: tuple[Name, ...]

    def __iter__(self) -> Iterator[Name]:
        """The names in the order of the file."""
        return iter(self.rows)

    def find(self, key: str) -> Name | None:
        """Return the row whose id, short or long Finnish name is ``key``."""
        for row in self.rows:
            if key in {row.id, row.short["fi"], row.long["fi"]}:
                return row
        return None

    def __getitem__(self, key: str) -> Name:
        """Return the row. Raises InputError with the nearest name."""
        row = self.find(key)
        if row is None:
            raise InputError(f"name {key!r}", "unknown name", nearest(key, [r.short["fi"] for r in self.rows]))
        return row


def load_publishers(path: Path) -> Names:
    """Load ``reference/publishers.csv``."""
    return Names(
        tuple(
            Name(
                row["id"],
                {lang: row[f"short_{lang}"] for lang in ("fi", "sv", "en")},
                {lang: row[f"long_{lang}"] for lang in ("fi", "sv", "en")},
                row["url"],
            )
            for row in _rows(path)
        )
    )


def load_regions(path: Path) -> Names:
    """Load ``reference/regions.csv``."""
    found: list[Name] = []
    for row in _rows(path):
        names = {lang: row[f"name_{lang}"] for lang in ("fi", "sv", "en")}
        found.append(Name(row["code"], names, names))
    return Names(tuple(found))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def known(spec: "FigureSpec", value: Value) -> bool:
    """Tell whether the figure says anything: a number, a list's items, or a sentence that had been published."""
    if spec.kind == "number":
        return value.value is not None
    return bool(value.items) if spec.kind == "list" else value.published_on is not None


def handbook_value(spec: "FigureSpec") -> Value | None:
    """Return what the handbook printed as a Value, or None when the figure is not in the handbook."""
    then = spec.handbook
    if then is None:
        return None
    return Value(
        figure=spec.id,
        value=then.value,
        items=tuple(Item(rank, name) for rank, name in enumerate(then.items, 1)),
        unit=then.unit or spec.unit,
        bound=then.bound,
        period=then.period,
        as_of=then.as_of,
        published_on=then.published_on,
        publisher=spec.publisher,
        printed_citation=then.citation,
    )


def value_text(spec: "FigureSpec", value: Value, language: str, min_grouping: int = 1) -> str:
    """Print the value with its bound word and unit sign; a list as ``1) …, 2) …``; "" when nothing is known."""
    if spec.kind == "list":
        return ", ".join(f"{item.rank}) {item.name}" for item in value.items)
    if value.value is None:
        return ""
    unit = value.unit or spec.unit
    printed = printed_word(value)
    return formats.with_bound(value.value, value.bound, language, unit, printed, spec.decimals, min_grouping)


def printed_word(value: Value) -> bool:
    """Tell whether the word of the value's bound is the producer's own and not that of a sum of ours (R4)."""
    return not value.missing and value.status != "derived"


def sentence(spec: "FigureSpec", value: Value, regions: Names, language: str) -> str:
    """Fill the figure's sentence; say which regions a sum lacks; say so when nothing is known."""
    if not known(spec, value):
        return _NO_VALUE[language].format(name=spec.name[language]) + "."
    ref = value.reference
    filled = spec.sentence[language].format(
        value=value_text(spec, value, language),
        year=formats.year(ref) if ref else "",
        reference=formats.reference(ref, language) if ref else "",
        items=value_text(spec, value, language) if spec.kind == "list" else "",
    )
    if not value.missing:
        return filled
    return filled.removesuffix(".") + missing_clause(value, regions, language) + "."


def missing_clause(value: Value, regions: Names, language: str) -> str:
    """Say which parts a sum lacks, to stand before the full stop: ``, luvusta puuttuu Ahvenanmaa``."""
    if not value.missing:
        return ""
    names = [_region(name, regions, language) for name in value.missing]
    return _MISSING[language][len(names) > 1].format(names=join_names(names, language))


def join_names(names: list[str], language: str) -> str:
    """Join names for running text: ``A, B ja C``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {_AND[language]} {names[-1]}"


def citation(spec: "FigureSpec", value: Value, publishers: Names, language: str) -> str:
    """Return the citation without brackets (R14).

    Register: publisher + d.m.yyyy of the data's date, or of its publication when the reference is only a period or a
    coarser date. Publication: as printed, but an author that is a publisher by its name in the language
    (``Tilastokeskus 2012``, ``Statistics Finland 2012``); without a printed form, publisher and year of publication.
    """
    publisher = find_publisher(value.publisher or spec.publisher, publishers)
    if spec.cite == "publication":
        if value.printed_citation:
            return _named(value.printed_citation, publishers, language)
        year = str(value.published_on.year) if value.published_on else ""
        return f"{_publisher(publisher, value, language, long=False)} {year}".strip()
    exact_day = value.as_of is not None and len(value.as_of) == 10
    day = formats.reference_last_day(value.as_of or "") if exact_day else value.published_on
    name = _publisher(publisher, value, language, long=spec.cite_name == "long")
    return f"{name} {formats.short_date(day)}" if day else name


def quote(
    spec: "FigureSpec", value: Value, publishers: Names, regions: Names, language: str, on: date | None = None
) -> str:
    """Return the sentence with its citation in brackets before the full stop, ready to be pasted.

    With ``on`` (the day of quoting) a closed, old, stale or on-request figure says so in a sentence after it, and a
    figure that was not known says on which day it was not, and why.
    """
    text = sentence(spec, value, regions, language)
    if not known(spec, value):
        day = formats.long_date(on, language) if on else ""
        told = _ON[language].format(text=text.removesuffix("."), day=day)
        return f"{told}. {_WHY_NONE[language]}" if day else text
    cited = f"{text.removesuffix('.')} ({citation(spec, value, publishers, language)})."
    note = age_note(spec, value, on, language) if on else ""
    return f"{cited} {note}" if note else cited


def age_note(spec: "FigureSpec", value: Value, on: date, language: str) -> str:
    """Say honestly how old the figure is on the day ``on``; "" for a current one and for one that is not known."""
    template = (_AGE if spec.kind == "number" else _AGE_OF_WORDS).get(value.state, {}).get(language)
    if template is None or not known(spec, value):
        return ""
    since = value.stale_from if value.state == "stale" else spec.closed.since if spec.closed else None
    if value.state in {"stale", "closed"} and (since is None or since > on):
        return ""
    year = (
        formats.year(value.reference) if value.reference else str(value.published_on.year if value.published_on else "")
    )
    return template.format(year=year, since=formats.long_date(since, language) if since else "")


def author(printed: str) -> str:
    """Return whom a printed citation names: ``Kuoppala`` of ``Kuoppala 12.9.2019``; all of it when it has no date."""
    dated = _DATED.fullmatch(printed)
    return dated["author"] if dated else printed


def _named(printed: str, publishers: Names, language: str) -> str:
    name = author(printed)
    found = publishers.find(name)
    if found is None or language == "fi":
        return printed
    return printed.replace(name, found.text(language, long=name != found.short["fi"]), 1)


def find_publisher(name: str, publishers: Names) -> Name | None:
    """Find a publisher by id or name; ``TEM, Työnvälitystilasto`` is found by what precedes the comma."""
    return publishers.find(name) or publishers.find(name.split(",")[0].strip())


def _publisher(found: Name | None, value: Value, language: str, long: bool) -> str:
    return found.text(language, long) if found else value.publisher


def _region(name: str, regions: Names, language: str) -> str:
    found = regions.find(name)
    return found.text(language) if found else name

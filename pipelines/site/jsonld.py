"""schema.org JSON-LD of a figure: a ``Dataset`` with its ``Observation``.

What belongs here: what machines are told of a figure, and the gates before it. What does not: pages, addresses of
files (they are given).

Gates: without provenance (a producer, a day of publication, a snapshot that the value was read from) nothing is said;
a licence only where the source itself states one; addresses only in full, else they are left out. A bound is said as
one: ``minValue`` for at least, ``maxValue`` for at most, never as an exact ``value``.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipelines import quotes
from pipelines.citations import line
from pipelines.figures import Value
from pipelines.quotes import Names

if TYPE_CHECKING:
    from pipelines.figure_spec import FigureSpec

LICENCES: Mapping[str, str] = {"CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/"}
"""What a source may say word for word, and the address that stands for it. Anything else is not a licence."""

_UNITS = {"percent": ("P1", "%"), "eur": ("EUR", "EUR"), "meur": ("", "MEUR")}


def figure(
    spec: "FigureSpec",
    value: Value,
    publishers: Names,
    regions: Names,
    language: str,
    *,
    licence: str = "",
    url: str = "",
    files: Mapping[str, str] | None = None,
) -> dict[str, Any] | None:
    """Return the Dataset of a figure, or None when a gate is shut.

    ``licence``: the words of the source; ``url`` and ``files`` (media type → address): full addresses, "" or absent
    without a base address.
    """
    traced = value.published_on is not None and bool(value.snapshot_sha256)
    if not quotes.known(spec, value) or not traced or value.status in {"suspect", "proposed"}:
        return None
    publisher = quotes.find_publisher(value.publisher or spec.publisher, publishers)
    name = publisher.text(language) if publisher else value.publisher
    producer = _kept({"@type": "Organization", "name": line(name), "url": publisher.url if publisher else ""})
    return _kept(
        {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": spec.name[language],
            "description": spec.definition[language],
            "inLanguage": language,
            "url": url,
            "creator": producer,
            "datePublished": value.published_on.isoformat() if value.published_on else "",
            "temporalCoverage": value.reference or "",
            "spatialCoverage": _country(language),
            "isBasedOn": line(value.source_url) if value.source_url.startswith(("http://", "https://")) else "",
            "citation": line(quotes.citation(spec, value, publishers, language)),
            "license": LICENCES.get(licence.strip(), ""),
            "hasPart": _observation(spec, value, regions, language, producer),
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": kind, "contentUrl": address}
                for kind, address in (files or {}).items()
                if address
            ],
        }
    )


def script(content: Mapping[str, Any]) -> Markup:
    """Return the element for the head; no string of a source can end it or open another."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(f'<script type="application/ld+json">{text}</script>')  # every way out of it is escaped above


def _observation(
    spec: "FigureSpec", value: Value, regions: Names, language: str, producer: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the Observation of a number; lists and sentences have none."""
    if value.value is None:
        return None
    code, text = _UNITS.get(value.unit or "", ("", ""))
    whole = int(value.value) if value.value.is_integer() else value.value
    key = {"at_least": "minValue", "at_most": "maxValue"}.get(value.bound or "", "value")
    return _kept(
        {
            "@type": "Observation",
            "name": line(quotes.sentence(spec, value, regions, language)),
            "measuredProperty": {"@type": "Property", "name": spec.name[language]},
            "observationAbout": _country(language),
            "observationDate": value.reference or "",
            key: whole,
            "description": quotes.value_text(spec, value, language) if value.bound != "exact" else "",
            "unitCode": code,
            "unitText": text,
            "creator": producer,
        }
    )


def _country(language: str) -> dict[str, str]:
    return {"@type": "Country", "name": "Suomi" if language == "fi" else "Finland", "identifier": "FI"}


def _kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what is empty; a zero stays."""
    return {key: content for key, content in record.items() if content not in ("", None, [], {})}

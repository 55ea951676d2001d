"""Components that lead from a figure to where it comes from and to its reuse: lineage, files, citing, frame, letter.

What belongs here: the way back to the publisher's bytes, files beside the page, addresses to copy. What does not: the
formats of citations (pipelines/citations.py) and of JSON-LD (pipelines/site/jsonld.py), markup.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, cast

from markupsafe import Markup

from pipelines import citations, formats, quotes
from pipelines.dates import last_day
from pipelines.figures import Value
from pipelines.site import jsonld
from pipelines.site.components.declare import Attribute, Component
from pipelines.site.components.figure_page import (
    FIGURE,
    OBSERVATIONS,
    VINTAGES,
    absolute,
    archive,
    own_rows,
    said_since,
)
from pipelines.site.components.figures import safe_url
from pipelines.site.components.ledger import unknown
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.tables import Table, of_one
from pipelines.site.values import Figure

_SNAPSHOTS = Attribute("snapshots", "data", "meta.snapshots of the figure's observations")


def _lineage(scope: Scope, figure: Figure, data: Table, snapshots: Table) -> Markup:
    """Print the way from the page to the publisher's bytes."""
    value = figure.value
    rows = own_rows(figure, data)
    shas = {str(row["snapshot_sha256"]) for row in rows if row["snapshot_sha256"]} | {value.snapshot_sha256}
    kept = [row for row in snapshots if row["sha256"] in shas]
    imported = sorted({str(row["imported_from"]) for row in kept if row["imported_from"]})
    lines = sorted({int(cast("int", row["line"])) for row in rows if row["line"] is not None})
    rules = [rule for rule in figure.spec.select if (rule.series, rule.coverage) == (value.series, value.coverage)]
    addresses = [safe_url(str(row["source_url"] or "")) for row in rows]
    addresses = sorted({url for url in [*addresses, safe_url(value.source_url)] if url})
    return scope.fill(
        "figure_lineage",
        figure=figure,
        rule=rules[0] if rules else None,
        count=len(rows),
        lines=_ranges(lines),
        edition=value.edition,
        snapshots=[(row["sha256"], f"data/raw/{row['path']}", row["url"]) for row in kept],
        addresses=addresses,
        imported=imported,
        unknown=unknown(scope),
    )


def _ranges(lines: list[int]) -> str:
    """Return line numbers, neighbours joined: ``58``, ``210–227, 300``."""
    found: list[list[int]] = []
    for number in lines:
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in found)


def _files(scope: Scope, figure: Figure, data: Table) -> Markup:
    """Write the value and its vintages as CSV and JSON beside the page and link them."""
    plain = (
        "clock",
        "valid_from",
        "valid_to",
        "value",
        "unit",
        "bound",
        "period",
        "as_of",
        "published_on",
        "recorded_at",
    )
    columns = (
        *plain,
        "publisher",
        "citation",
        "source_url",
        "coverage",
        "series",
        "edition",
        "snapshot_sha256",
        "items",
    )
    cells = tuple(tuple(_cell(row[name]) for name in columns) for row in data)
    vintages = Table(figure.id, columns, cells, marts=data.marts)
    csv = scope.write_csv(vintages)
    own = _record(scope, figure)
    record = {
        **own,
        "vintages": [dict(zip(columns, (row[c] for c in columns), strict=True)) for row in data],
    }
    text = json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n"
    json_name = scope.write(f"{figure.id}.json", text.encode(), of_one(figure.id, own), vintages)
    return scope.fill("figure_files", csv=csv, json=json_name, figure=figure)


def _cell(cell: object) -> object:
    return "; ".join(f"{item['rank']}) {item['name']}" for item in cell) if isinstance(cell, list) else cell


def _record(scope: Scope, figure: Figure) -> dict[str, Any]:
    spec, value, language = figure.spec, figure.value, scope.language
    known = quotes.known(spec, value)
    return {
        "id": figure.id,
        "language": language,
        "name": figure.name,
        "value": _whole(value.value),
        "items": [item.__dict__ for item in value.items] or None,
        "text": quotes.sentence(spec, value, scope.regions, language),
        "unit": value.unit,
        "bound": value.bound,
        "missing": list(value.missing) or None,
        "period": value.period,
        "as_of": value.as_of,
        "published_on": value.published_on,
        "recorded_at": value.recorded_at,
        "publisher": value.publisher or None,
        "citation": quotes.citation(spec, value, scope.publishers, language) if known else None,
        "quote": quotes.quote(spec, value, scope.publishers, scope.regions, language, scope.day),
        "source_url": value.source_url or None,
        "state": figure.state,
        "definition": spec.definition[language],
        "coverage": value.coverage or None,
        "edition": value.edition or None,
        "snapshot_sha256": value.snapshot_sha256 or None,
    }


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value


def _cite(scope: Scope, figure: Figure, data: Table | None) -> Markup:
    """Print how the figure is cited, and write the entry for reference managers beside the page."""
    since = _since(scope, figure, data)
    address = archive(figure, since) if since else f"/{scope.address}"
    value = replace(figure.value, recorded_at=since or figure.value.recorded_at)
    entry = citations.cited(
        figure.spec, value, scope.publishers, scope.regions, scope.language, absolute(scope, address)
    )
    if entry is None:
        return scope.fill("figure_cite", text="", short="", files=[])
    made = {"BibTeX": ("bib", citations.bibtex), "RIS": ("ris", citations.ris), "CSL-JSON": ("csl.json", citations.csl)}
    told = of_one(figure.id, {"citation": entry})
    files = [
        (name, scope.write(f"{figure.id}.{end}", make(entry).encode(), told)) for name, (end, make) in made.items()
    ]
    short = quotes.citation(figure.spec, figure.value, scope.publishers, scope.language)
    return scope.fill("figure_cite", text=citations.text(entry), short=short, files=files)


def _since(scope: Scope, figure: Figure, data: Table | None) -> date | None:
    """Return the day of the archived page that keeps this value: of an archived page its own."""
    day = scope.address.rpartition("/@")[2]
    if "/@" in scope.address:
        return date.fromisoformat(day)
    return said_since(data, figure.value, scope.day) if data is not None else None


def _contact(scope: Scope, figure: Figure) -> Markup:
    """Print who answers for the figure."""
    names = [figure.value.publisher, figure.spec.publisher]
    found = [quotes.find_publisher(name, scope.publishers) for name in names if name]
    known = list({publisher.id: publisher for publisher in found if publisher is not None}.values())
    listed = [(publisher.text(scope.language), safe_url(publisher.url)) for publisher in known]
    return scope.fill("figure_contact", publishers=listed, on_request=figure.spec.update_path == "on-request")


def _request(scope: Scope, figure: Figure) -> Markup:
    """Print a ready letter that asks for a newer value, in Finnish, and the command that records the answer."""
    if figure.spec.update_path != "on-request":
        raise Fault(f"figure {figure.id!r} is not given on request", "a figure with update_path on-request")
    value = figure.value if quotes.known(figure.spec, figure.value) else figure.then
    publisher = quotes.find_publisher(figure.spec.publisher, scope.publishers)
    return scope.fill(
        "figure_request",
        figure=figure,
        authority=publisher.text("fi") if publisher else "",
        years=_years(value, scope.day),
        earlier=_earlier(figure, value),
        command=_command(figure),
    )


def _years(value: Value | None, day: date) -> str:
    """Return the years to ask for: those after the value's own, up to the last whole one."""
    last = day.year - 1
    first = last_day(value.reference).year + 1 if value is not None and value.reference else last
    return str(last) if first >= last else f"{first}–{last}"


def _earlier(figure: Figure, value: Value | None) -> Mapping[str, str]:
    if value is None or not value.reference:
        return {}
    return {
        "year": formats.year(value.reference),
        "value": quotes.value_text(figure.spec, value, "fi"),
        "citation": value.printed_citation,
    }


def _command(figure: Figure) -> str:
    """Return the command line that records the answer; what is in capitals is to be filled in."""
    handbook = figure.spec.handbook
    places = len(handbook.items) if handbook and handbook.items else 1
    given = (
        " ".join(f'--item "NIMIKE {n}"' for n in range(1, places + 1)) if figure.spec.kind == "list" else "--value LUKU"
    )
    return (
        f"lukuina record {figure.id} {given} --period VUOSI --published VVVV-KK-PP"
        ' --publisher TEM --citation "NIMI P.K.VVVV" --note "ASIANUMERO"'
    )


def _json_ld(scope: Scope, figure: Figure, snapshots: Table) -> Markup:
    """Add the figure's JSON-LD to the head; nothing where its provenance or address is not known."""
    licences = {str(row["licence"]) for row in snapshots if row["sha256"] == figure.value.snapshot_sha256}
    kinds = {"text/csv": f"{figure.id}.csv", "application/json": f"{figure.id}.json"}
    found = jsonld.figure(
        figure.spec,
        figure.value,
        scope.publishers,
        scope.regions,
        scope.language,
        licence=licences.pop() if len(licences) == 1 else "",
        url=scope.absolute,
        files={kind: f"{scope.absolute}{name}" for kind, name in kinds.items()} if scope.absolute else {},
    )
    if found is not None:
        scope.head.append(jsonld.script(found))
    return Markup()


FIGURE_TRAIL_COMPONENTS = (
    Component(
        "figure_lineage",
        "The way from the figure to the publisher's bytes: registry, SQL, observations, snapshot, address.",
        (FIGURE, OBSERVATIONS, _SNAPSHOTS),
        _lineage,
    ),
    Component(
        "figure_files", "The value and its vintages as CSV and JSON beside the page.", (FIGURE, VINTAGES), _files
    ),
    Component(
        "figure_cite",
        "How the figure is cited: short, for a list of references, and as BibTeX, RIS and CSL-JSON files.",
        (FIGURE, Attribute("data", "data", VINTAGES.doc, None)),
        _cite,
    ),
    Component("figure_contact", "Who answers for the figure.", (FIGURE,), _contact),
    Component("figure_request", "A letter that asks the producer for a newer value.", (FIGURE,), _request),
    Component(
        "figure_json_ld", "schema.org data of the figure, in the head of the page.", (FIGURE, _SNAPSHOTS), _json_ld
    ),
)

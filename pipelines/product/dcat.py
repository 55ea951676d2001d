"""The DCAT-AP catalogue of the data product: ``dcat.ttl`` and ``dcat.jsonld``, the same graph twice.

What belongs here: what is said of the catalogue, each table, its files and the API, and two small writers whose bytes
are the same for the same facts. What does not: texts of tables (they are handed in), reading RDF (nothing here does).

Addresses are absolute when the site knows its own (``base_url``), else relative to the two files, which lie in the root
of the site. A licence is named only for what is our own record; of a table with rows of producers their terms are told
as they state them (``dct:rights``), and no licence is claimed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from pipelines.product import api, tables

TURTLE, JSON_LD = "dcat.ttl", "dcat.jsonld"

_PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_CC_BY = f"{_EU}/licence/CC_BY_4_0"
_LANGUAGES = {"fi": f"{_EU}/language/FIN", "sv": f"{_EU}/language/SWE", "en": f"{_EU}/language/ENG"}
_TITLE = "Toiminta lukuina"
_ABOUT = {
    "fi": "Julkisia lukuja järjestöistä, jotka auttavat ihmisiä työhön: jokainen versio ja lähde tallessa.",
    "sv": "Offentliga siffror om organisationer som hjälper människor till arbete: varje version och källa sparad.",
    "en": "Public figures about associations that help people into work: every version and source kept.",
}
_KEYWORDS = {
    "fi": ("järjestöt", "työllisyys", "avustukset"),
    "sv": ("organisationer", "sysselsättning", "understöd"),
    "en": ("associations", "employment", "grants"),
}
_MEDIA = {"csv": ("text/csv", "CSV"), "parquet": ("application/vnd.apache.parquet", "PARQUET")}


@dataclass(frozen=True)
class Address:
    """An IRI, absolute or relative to the catalogue."""

    iri: str


@dataclass(frozen=True)
class Text:
    """A literal with its language or its datatype (a prefixed name)."""

    text: str
    language: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Node:
    """A resource: its address, its class, its facts in the order in which they are written.

    Every node has an address: two graphs without blank nodes are compared as sets, and a reader can point at each.
    """

    iri: str
    kind: str
    facts: Sequence[tuple[str, "Value"]]


Value = Address | Text | Node


def files(
    con: duckdb.DuckDBPyConnection,
    titles: Mapping[str, Mapping[str, str]],
    base_url: str | None = None,
    contact: str = "",
) -> dict[str, bytes]:
    """Return the two files. ``titles``: language → ``schema.table`` → what it holds; ``contact``: whom to write to."""
    nodes = _catalogue(con, titles, f"{base_url}/" if base_url else "", contact)
    return {TURTLE: _turtle(nodes), JSON_LD: _json_ld(nodes)}


def _catalogue(
    con: duckdb.DuckDBPyConnection, titles: Mapping[str, Mapping[str, str]], root: str, contact: str
) -> list[Node]:
    licences: dict[str, str] = dict(con.execute("select source, licence from meta.sources order by source").fetchall())
    written = con.execute(
        "select schema_name || '.' || table_name, path, file_format, size_bytes, sha256 from meta.files order by path"
    ).fetchall()
    producers = _producers(con, root)
    publisher = Node(f"{root}dcat.ttl#publisher", "foaf:Agent", [("foaf:name", Text(_TITLE))])
    shared = [("dct:publisher", Address(publisher.iri)), *_contact(root, contact)]
    datasets: list[Node] = []
    for schema, table, purpose, sources in con.execute(
        "select schema_name, table_name, purpose, source_ids from meta.tables where table_kind = 'table' order by all"
    ).fetchall():
        name = f"{schema}.{table}"
        own = [row[1:] for row in written if row[0] == name]
        if not own:  # meta.files, which cannot list itself
            continue
        rights = _rights(root, sources, licences)
        facts: list[tuple[str, Value]] = [
            ("dct:identifier", Text(name)),
            *[("dct:title", Text(titles[language][name], language)) for language in titles],
            *[("dct:description", Text(titles[language][name], language)) for language in titles if language != "en"],
            ("dct:description", Text(tables.about(str(purpose)), "en")),
            *[("dct:creator", producers[source]) for source in sources if source in producers],
            *_common(shared),
            *[("dcat:distribution", _distribution(root, row, rights)) for row in own],
        ]
        datasets.append(Node(f"{root}dcat.ttl#{_fragment(name)}", "dcat:Dataset", facts))
    datasets.append(_whole(root, shared, licences))
    service = _service(root, shared, [node.iri for node in datasets])
    modified = con.execute("select max(recorded_at) from marts.figures").fetchone()
    catalogue: list[tuple[str, Value]] = [
        *[("dct:title", Text(_TITLE, language)) for language in _ABOUT],
        *[("dct:description", Text(text, language)) for language, text in _ABOUT.items()],
        *shared,
        ("foaf:homepage", Address(root or "./")),
        *[("dct:language", Address(iri)) for iri in _LANGUAGES.values()],
        ("dct:license", Address(_CC_BY)),
        *([("dct:modified", _day(modified[0]))] if modified and modified[0] else []),
        *[("dcat:dataset", Address(node.iri)) for node in datasets],
        ("dcat:service", Address(service.iri)),
    ]
    return [Node(f"{root}dcat.ttl#catalogue", "dcat:Catalog", catalogue), publisher, *datasets, service]


def _producers(con: duckdb.DuckDBPyConnection, root: str) -> dict[str, Node]:
    """Return source → who made its data. The publisher of a dataset is whoever publishes this catalogue."""
    rows = con.execute(
        "select source, publisher_id, publisher_fi, publisher_sv, publisher_en from meta.sources "
        "where publisher_fi is not null order by source"
    ).fetchall()
    return {
        source: Node(
            f"{root}dcat.ttl#producer-{producer}",
            "foaf:Agent",
            [("foaf:name", Text(name, language)) for language, name in zip(_ABOUT, names, strict=True)],
        )
        for source, producer, *names in rows
    }


def _common(shared: Sequence[tuple[str, Value]]) -> list[tuple[str, Value]]:
    return [
        *shared,
        *[("dcat:keyword", Text(word, language)) for language, words in _KEYWORDS.items() for word in words],
        ("dcat:theme", Address(f"{_EU}/data-theme/SOCI")),
        ("dct:spatial", Address(f"{_EU}/country/FIN")),
        ("dct:accrualPeriodicity", Address(f"{_EU}/frequency/IRREG")),
        ("dct:accessRights", Address(f"{_EU}/access-right/PUBLIC")),
    ]


def _contact(root: str, contact: str) -> list[tuple[str, Value]]:
    """Return the point of contact, when the settings have one: an address of a page, or of mail."""
    if not contact:
        return []
    web = re.fullmatch(r"https?://[^\s<>\"]+", contact) is not None
    if not web and not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", contact):
        return []
    how = ("vcard:hasURL", Address(contact)) if web else ("vcard:hasEmail", Address(f"mailto:{contact}"))
    return [("dcat:contactPoint", Node(f"{root}dcat.ttl#contact", "vcard:Kind", [("vcard:fn", Text(_TITLE)), how]))]


def _rights(root: str, sources: Sequence[str], licences: Mapping[str, str]) -> tuple[str, Value]:
    """Return our own licence for our own record, else what each producer states."""
    if not sources:
        return ("dct:license", Address(_CC_BY))
    told = "; ".join(f"{source}: {licences[source]}" for source in sources if source in licences)
    return (
        "dct:rights",
        Node(f"{root}dcat.ttl#rights-{'-'.join(sources)}", "dct:RightsStatement", [("rdfs:label", Text(told, "en"))]),
    )


def _distribution(root: str, file: Sequence[object], rights: tuple[str, Value]) -> Node:
    path, kind, size, sha256 = (str(cell) for cell in file)
    media, format_ = _MEDIA[kind]
    checksum = [
        ("spdx:algorithm", Address("http://spdx.org/rdf/terms#checksumAlgorithm_sha256")),
        ("spdx:checksumValue", Text(sha256, kind="xsd:hexBinary")),
    ]
    facts: list[tuple[str, Value]] = [
        ("dct:title", Text(path)),
        ("dcat:accessURL", Address(f"{root}data/{path}")),
        ("dcat:downloadURL", Address(f"{root}data/{path}")),
        ("dcat:mediaType", Address(f"https://www.iana.org/assignments/media-types/{media}")),
        ("dct:format", Address(f"{_EU}/file-type/{format_}")),
        ("dcat:byteSize", Text(size, kind="xsd:nonNegativeInteger")),
        ("spdx:checksum", Node(f"{root}dcat.ttl#{_fragment(path)}-sha256", "spdx:Checksum", checksum)),
        rights,
    ]
    return Node(f"{root}dcat.ttl#{_fragment(path)}", "dcat:Distribution", facts)


def _whole(root: str, shared: Sequence[tuple[str, Value]], licences: Mapping[str, str]) -> Node:
    """Return all tables together: the DuckDB file, which has no checksum, and the package's description."""
    rights = _rights(root, sorted(licences), licences)
    described = {"fi": "Kaikki taulut yhdessä", "sv": "Alla tabeller tillsammans", "en": "All tables together"}
    made: list[tuple[str, Value]] = []
    for path, format_ in (("lukuina.duckdb", "OCTET"), ("datapackage.json", "JSON")):
        facts: list[tuple[str, Value]] = [
            ("dct:title", Text(path)),
            ("dcat:accessURL", Address(f"{root}data/{path}")),
            ("dcat:downloadURL", Address(f"{root}data/{path}")),
            ("dct:format", Address(f"{_EU}/file-type/{format_}")),
            rights,
        ]
        made.append(("dcat:distribution", Node(f"{root}dcat.ttl#{_fragment(path)}", "dcat:Distribution", facts)))
    facts = [
        ("dct:identifier", Text("toiminta-lukuina")),
        *[("dct:title", Text(f"{_TITLE}: {text}", language)) for language, text in described.items()],
        *[("dct:description", Text(_ABOUT[language], language)) for language in described],
        *_common(shared),
        ("dcat:landingPage", Address(f"{root}fi/aineistot/")),
        *made,
    ]
    return Node(f"{root}dcat.ttl#everything", "dcat:Dataset", facts)


def _service(root: str, shared: Sequence[tuple[str, Value]], datasets: Sequence[str]) -> Node:
    return Node(
        f"{root}dcat.ttl#api",
        "dcat:DataService",
        [
            *[("dct:title", Text(f"{_TITLE}: JSON", language)) for language in _ABOUT],
            ("dcat:endpointURL", Address(f"{root}{api.FOLDER}/figures.json")),
            ("dcat:endpointDescription", Address(f"{root}{api.FOLDER}/openapi.json")),
            *shared,
            *[("dcat:servesDataset", Address(iri)) for iri in datasets],
        ],
    )


def _day(day: date) -> Text:
    return Text(day.isoformat(), kind="xsd:date")


def _fragment(name: str) -> str:
    return name.replace(".", "-")


def _turtle(nodes: Sequence[Node]) -> bytes:
    head = [f"@prefix {prefix}: <{iri}> ." for prefix, iri in _PREFIXES.items()]
    return "\n".join([*head, "", *(f"{_subject(node)} .\n" for node in _flat(nodes))]).encode()


def _json_ld(nodes: Sequence[Node]) -> bytes:
    content = {"@context": _PREFIXES, "@graph": [_subject_ld(node) for node in _flat(nodes)]}
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _flat(nodes: Sequence[Node]) -> list[Node]:
    """Return every node once; where it stood inside another, that one refers to it."""
    found: dict[str, Node] = {}

    def visit(node: Node) -> Address:
        if node.iri not in found:
            found[node.iri] = node  # keeps its place before those inside it
            facts = [(name, visit(value) if isinstance(value, Node) else value) for name, value in node.facts]
            found[node.iri] = Node(node.iri, node.kind, facts)
        return Address(node.iri)

    for node in nodes:
        visit(node)
    return list(found.values())


def _subject(node: Node) -> str:
    facts = [f"    {name} {_object(value)}" for name, value in node.facts]
    return " ;\n".join([f"<{node.iri}> a {node.kind}", *facts])


def _object(value: Value) -> str:
    if not isinstance(value, Text):
        return f"<{value.iri}>"
    quoted = json.dumps(value.text, ensure_ascii=False)
    return quoted + (f"@{value.language}" if value.language else f"^^{value.kind}" if value.kind else "")


def _subject_ld(node: Node) -> dict[str, object]:
    facts: dict[str, list[object]] = {}
    for name, value in node.facts:
        facts.setdefault(name, []).append(_object_ld(value))
    return {"@id": node.iri, "@type": node.kind, **facts}


def _object_ld(value: Value) -> dict[str, object]:
    if not isinstance(value, Text):
        return {"@id": value.iri}
    language = {"@language": value.language} if value.language else {}
    return {"@value": value.text, **language, **({"@type": value.kind} if value.kind else {})}

"""The DCAT-AP catalogue: two files, one graph, valid against shapes of what is mandatory, honest about licences."""

from pathlib import Path

import pytest
from rdflib import DCTERMS, FOAF, RDF, BNode, Graph, Literal, Namespace, URIRef

from pipelines import warehouse
from pipelines.product import dcat
from pipelines.settings import PROJECT
from pipelines.site import locales

pytestmark = pytest.mark.pipeline
DCAT = Namespace("http://www.w3.org/ns/dcat#")
BASE = "https://luvut.example/x"
SHAPES = Path(__file__).parent / "dcat_ap_mandatory.ttl"


def made(built_once: Path, base: str | None, contact: str = "") -> dict[str, bytes]:
    words = locales.load(PROJECT / "dashboards" / "locales")
    titles = {language: words[language].words["table"] for language in ("fi", "sv", "en")}
    with warehouse.connect(built_once / "marts") as con:
        return dcat.files(con, titles, base, contact)


def graphs(files: dict[str, bytes], where: str) -> tuple[Graph, Graph]:
    """Both files, read as a harvester reads them from an address."""
    return (
        Graph().parse(data=files[dcat.TURTLE], format="turtle", publicID=f"{where}/dcat.ttl"),
        Graph().parse(data=files[dcat.JSON_LD], format="json-ld", publicID=f"{where}/dcat.jsonld"),
    )


@pytest.fixture(scope="module")
def absolute(built_once: Path) -> dict[str, bytes]:
    return made(built_once, BASE, "https://luvut.example/yhteys")


@pytest.fixture(scope="module")
def graph(absolute: dict[str, bytes]) -> Graph:
    return graphs(absolute, "https://elsewhere.example")[0]


def test_both_files_say_the_same(absolute: dict[str, bytes], graph: Graph, built_once: Path):
    assert set(graph) == set(graphs(absolute, "https://elsewhere.example")[1])
    assert not {one for triple in graph for one in triple if isinstance(one, BNode)}, "sets tell no blank nodes apart"
    relative = made(built_once, None, "https://luvut.example/yhteys")
    assert relative == made(built_once, None, "https://luvut.example/yhteys"), "the same facts, the same bytes"
    print(f"{len(graph)} triples in each")


def test_relative_addresses_are_those_of_the_folder_that_it_was_read_from(built_once: Path, graph: Graph):
    turtle, json_ld = graphs(made(built_once, None, "https://luvut.example/yhteys"), BASE)
    assert set(turtle) == set(json_ld)
    assert set(turtle.objects(None, DCAT.downloadURL)) == set(graph.objects(None, DCAT.downloadURL))


def test_the_shapes_of_what_is_mandatory_hold_and_would_notice(graph: Graph):
    from pyshacl import validate

    shapes = Graph().parse(SHAPES)
    conforms, _, text = validate(graph, shacl_graph=shapes)
    assert conforms, text
    broken = Graph() + graph
    one = next(broken.subjects(RDF.type, DCAT.Distribution))
    broken.remove((one, DCAT.accessURL, None))
    assert not validate(broken, shacl_graph=shapes)[0]


def test_every_file_of_every_table_is_a_distribution_with_size_and_checksum(graph: Graph, built_once: Path):
    with warehouse.connect(built_once / "marts") as con:
        want = dict(con.execute("select path, size_bytes from meta.files").fetchall())
    assert len(want) > 60
    for path, size in want.items():
        [found] = graph.subjects(DCAT.downloadURL, URIRef(f"{BASE}/data/{path}"))
        assert graph.value(found, DCAT.byteSize).toPython() == size
        assert (built_once / "marts" / path).stat().st_size == size


def test_no_licence_is_claimed_for_what_producers_own(graph: Graph):
    def of(name: str) -> tuple[list[object], list[object]]:
        [dataset] = graph.subjects(DCTERMS.identifier, Literal(name))
        found = list(graph.objects(dataset, DCAT.distribution))
        return [o for d in found for o in graph.objects(d, DCTERMS.license)], [
            str(graph.value(r, URIRef("http://www.w3.org/2000/01/rdf-schema#label")))
            for d in found
            for r in graph.objects(d, DCTERMS.rights)
        ]

    licences, rights = of("marts.grants")
    assert licences == []
    assert all(text.startswith("stea: not stated") for text in rights)
    licences, rights = of("marts.glossary")
    assert {str(one).rpartition("/")[2] for one in licences} == {"CC_BY_4_0"}
    assert rights == []


def test_a_dataset_names_its_producers_and_says_what_it_is_in_a_sentence(graph: Graph):
    """It named us only, and its description began with the mark of the SQL file."""
    [grants] = graph.subjects(DCTERMS.identifier, Literal("marts.grants"))
    names = {str(name) for one in graph.objects(grants, DCTERMS.creator) for name in graph.objects(one, FOAF.name)}
    assert len(names) == 3
    assert any(name.endswith(" STEA") for name in names)
    texts = [str(text) for text in graph.objects(None, DCTERMS.description)]
    assert not [text for text in texts if text.startswith("Purpose:")]


@pytest.mark.parametrize("contact", ["not an address", "https://x.example/<>", ""])
def test_a_contact_that_is_no_address_is_left_out(contact: str):
    assert dcat._contact("", contact) == []


def test_hostile_text_stays_text():
    text = 'a "quote" \\ back\nline\t<b> ä \x01 \u2028'
    node = dcat.Node("https://x.example/a", "dcat:Dataset", [("dct:title", dcat.Text(text, "en"))])
    turtle = Graph().parse(data=dcat._turtle([node]), format="turtle")
    assert [str(found) for found in turtle.objects(None, DCTERMS.title)] == [text]
    assert set(turtle) == set(Graph().parse(data=dcat._json_ld([node]), format="json-ld"))

"""Pictures: PNG from SVG with our own fonts, kept by content; measures of text; the Open Graph picture."""

import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines import quotes
from pipelines.errors import InputError
from pipelines.figure_spec import FigureSpec
from pipelines.figures import Item, Value
from pipelines.site import fonts, locales, og, png, theme
from pipelines.site.draft import Draft, Picture, Site
from pipelines.site.house import _templates  # pyright: ignore[reportPrivateUsage]
from pipelines.site.values import Figure
from tests.site.conftest import LIST, NUMBER, PROJECT, REFERENCE

DASHBOARDS = PROJECT / "dashboards"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="100" font-family="system-ui, sans-serif">'
    '<text x="10%" y="50" fill="#1b2220">{text}</text></svg>'
)


def drawing(text: str = "Yhdistyksiä 107\u00a0851", width: float = 640, path: str = "fi/a.png") -> png.Drawing:
    return png.Drawing(path, SVG.format(width=width, text=text).encode())


def size(content: bytes) -> tuple[int, int]:
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def read(content: bytes | Path) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def test_png_has_its_size_and_the_same_bytes_each_time() -> None:
    made = png.render(drawing())
    assert size(made) == (960, 150)
    assert made == png.render(drawing())
    assert size(png.render(drawing(width=1200))) == (1200, 100)


def test_text_is_drawn_with_our_fonts_and_no_others() -> None:
    """A letter that the fonts lack must not come from the machine: both give the same empty box."""
    assert png.render(drawing("ä")) != png.render(drawing("a"))
    assert png.render(drawing("中")) == png.render(drawing("文"))
    assert png.render(drawing("≥ − ” –")) != png.render(drawing("中中中中"))


def test_a_kept_picture_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = png.paint([drawing(), drawing(path="sv/a.png"), drawing("toinen", path="fi/b.png")], tmp_path / "png")
    assert first["fi/a.png"] == first["sv/a.png"] != first["fi/b.png"]
    assert read(first["fi/a.png"]) == png.render(drawing())
    linked = tmp_path / "site.png"
    linked.hardlink_to(str(first["fi/b.png"]))
    monkeypatch.setattr(png, "render", lambda _: pytest.fail("drawn again"))
    assert png.paint([drawing()], tmp_path / "png") == {"fi/a.png": first["fi/a.png"]}
    assert sorted((tmp_path / "png").iterdir()) == sorted({Path(str(path)) for path in first.values()})
    linked.unlink()
    png.paint([drawing()], tmp_path / "png")
    assert list((tmp_path / "png").iterdir()) == [first["fi/a.png"]]


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:-9], lambda b: b[:90] + b"\0" * 20 + b[110:], bytes.lower]
)
def test_a_damaged_picture_of_the_cache_is_drawn_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """After a power cut a file that was not waited for may be empty, torn or have zeros in it."""
    made = Path(str(png.paint([drawing()], tmp_path / "png")["fi/a.png"]))
    good = made.read_bytes()
    made.write_bytes(damage(good))
    assert damage(good) != good
    assert read(png.paint([drawing()], tmp_path / "png")["fi/a.png"]) == good


def test_the_cache_knows_fonts_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawing().key
    monkeypatch.setattr(fonts, "digest", lambda: "others")
    assert drawing().key != before


def test_many_pictures_in_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "MANY", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    several = [drawing(str(n), path=f"{n}.png") for n in range(4)]
    made = png.paint(several, tmp_path)
    assert {path: read(content) for path, content in made.items()} == {d.path: png.render(d) for d in several}


@pytest.mark.parametrize("svg", [b"<svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="100%"></svg>'])
def test_what_cannot_be_drawn_is_named(svg: bytes) -> None:
    with pytest.raises(InputError, match=r"fi/luku/x/kuvio\.png"):
        png.render(png.Drawing("fi/luku/x/kuvio.png", svg))


def draft(database: Path) -> Draft:
    content = {"fi/kuvio.svg": drawing().svg}
    pictures = (Picture("fi/kuvio.svg", "Kuvio", "PRH", "fi"),)
    return Draft(Site(content), (), pictures, None, date(2026, 11, 24), None, database, DASHBOARDS)


def test_the_extra_writes_a_png_beside_each_svg(tmp_path: Path) -> None:
    made = png.make(draft(tmp_path / "made.duckdb"))
    assert {path: read(content) for path, content in made.items()} == {"fi/kuvio.png": png.render(drawing())}
    kept = png.make(draft(tmp_path / "data" / "marts" / "lukuina.duckdb"))["fi/kuvio.png"]
    assert isinstance(kept, Path)
    assert kept.parent == tmp_path / "data" / "work" / "png"


def test_measures_of_text() -> None:
    face = fonts.face()
    assert face.width("", 10) == 0
    assert face.width("MM", 10) == pytest.approx(2 * face.width("M", 10))
    assert face.width("i", 10) < face.width("M", 10)
    assert len({face.width(digit, 10) for digit in "0123456789"}) == 1
    assert face.width("\u00a0", 10) > 0
    for character in "åäöÅÄÖšŽđ–—−≥”’…\u00a0\u202f€":
        assert ord(character) in face.widths


def test_wrapping() -> None:
    face = fonts.face()
    room = face.width("Kuntouttavan työ", 20)
    assert face.wrap("Kuntouttavan työ on", 20, room) == ["Kuntouttavan työ", "on"]
    assert face.wrap("", 20, room) == [""]
    assert face.wrap("107\u00a0851\u00a0henkeä on", 20, face.width("107\u00a0851\u00a0henkeä", 20))[0].endswith(
        "henkeä"
    )
    cut = face.wrap("kuntouttavantyötoiminnan", 20, room)
    assert "".join(line.rstrip("-") for line in cut) == "kuntouttavantyötoiminnan"
    assert all(face.width(line, 20) <= room for line in cut)
    assert face.fit("lyhyt", (30, 20), 500, 1) == (30, ["lyhyt"])
    assert face.fit("pitkä " * 30, (30, 20), 200, 1)[0] == 20


def said(spec: FigureSpec, value: Value, language: str) -> og.Words:
    publishers = quotes.load_publishers(REFERENCE / "publishers.csv")
    regions = quotes.load_regions(REFERENCE / "regions.csv")
    locale = locales.load(DASHBOARDS / "locales")[language]
    return og.words(Figure(spec, value, None, (), language), publishers, regions, locale, date(2026, 11, 24))


def svg(words: og.Words, language: str = "fi") -> str:
    templates = _templates(DASHBOARDS / "templates")
    look = theme.load(DASHBOARDS / "assets" / "site.css")
    fill = lambda template, **named: templates.get_template(template).render(**named)  # noqa: E731
    return og.draw(words, locales.load(DASHBOARDS / "locales")[language], look, fill).decode()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_open_graph_says_value_name_and_citation(language: str) -> None:
    spec = FigureSpec.model_validate(NUMBER)
    value = Value(
        spec.id, value=107851, unit="count", bound="at_least", as_of="2025-01-02", publisher="prh", state="current"
    )
    words = said(spec, value, language)
    drawn = svg(words, language)
    assert quotes.value_text(spec, value, language) in drawn
    assert spec.name[language] in drawn
    assert "2.1.2025" in drawn
    assert size(png.render(png.Drawing("og.png", drawn.encode()))) == (1200, 630)


def test_open_graph_of_a_sum_over_a_year_says_the_year_once() -> None:
    spec = FigureSpec.model_validate(NUMBER)
    value = Value(spec.id, value=304088000, unit="eur", bound="exact", period="2025", publisher="prh", state="current")
    value = replace(value, published_on=date(2025, 12, 19))
    assert said(spec, value, "sv").foot[1:] == ("Avser 2025.",)
    old = said(spec, replace(value, state="old"), "fi").foot
    assert [line for line in old[1:] if "2025" in line] == ["Luku vuodelta 2025, uudempaa ei ole."]


def test_open_graph_without_a_value_says_so() -> None:
    spec = FigureSpec.model_validate(NUMBER)
    words = said(spec, Value(spec.id, state="missing"), "fi")
    assert words.main == ("ei tietoa",)
    assert words.foot == ()
    assert ">ei tietoa<" in svg(words)


def test_open_graph_of_a_list_has_a_line_an_item() -> None:
    spec = FigureSpec.model_validate(LIST)
    items = tuple(Item(n, name) for n, name in enumerate(("Kierrätystyöntekijä", "Myyjä"), 1))
    value = Value(spec.id, items=items, period="2018", publisher="tem", state="old")
    words = said(spec, value, "fi")
    assert words.main == ("1. Kierrätystyöntekijä", "2. Myyjä")
    assert ">2. Myyjä<" in svg(words)


def test_open_graph_fits_the_picture_whatever_the_length() -> None:
    """Text runs neither out at the right nor into the foot, and markup in a name stays text."""
    long = og.Words("Nimi <b>& muut</b> " * 8, ("kuntouttavantyötoiminnan " * 14,), True, ("Lähde " * 40, "Huomautus."))
    drawn = svg(long)
    assert "<b>" not in drawn
    for words in (long, og.Words("Nimi", ("999\u00a0999\u00a0999\u00a0999",), False, ("Lähde 2026",))):
        for line in og._main(words, 186, 480):  # pyright: ignore[reportPrivateUsage]
            assert fonts.face(fonts.SERIF, 600).width(line.text, line.size) <= 1056
        for line in og._foot(words.foot):  # pyright: ignore[reportPrivateUsage]
            assert fonts.face().width(line.text, line.size) <= 1056
            assert line.y <= 588
    assert all(line.y <= 480 for line in og._main(long, 186, 480))  # pyright: ignore[reportPrivateUsage]

"""Contrast of the colour tokens in both schemes (WCAG 2.2 AA), and that charts use them."""

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.site import charts, locales, theme, tiles
from pipelines.site.canvas import Canvas
from pipelines.site.charts import Bar, Line, Mark, Point
from pipelines.site.tiles import SHADES, Tile
from tests.site.conftest import PROJECT

pytestmark = pytest.mark.unit

CSS = PROJECT / "dashboards" / "assets" / "site.css"
THEME = theme.load(CSS)
TEXT = ("ink", "muted", "accent", "warn")
DRAWN = ("s1", "s2", "s3", "s4", "s5", "muted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_text_has_contrast(scheme: str, ground: str) -> None:
    colours = getattr(THEME, scheme)
    for name in TEXT:
        assert theme.contrast(colours[name], colours[ground]) >= 4.5, (scheme, name, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_has_contrast(scheme: str) -> None:
    colours = getattr(THEME, scheme)
    for name in DRAWN:
        assert theme.contrast(colours[name], colours["paper"]) >= 3, (scheme, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_on_tiles_has_contrast(scheme: str) -> None:
    colours = getattr(THEME, scheme)
    for opacity in SHADES:
        ground = theme.blend(colours["s1"], colours["paper"], opacity)
        assert theme.contrast(colours["ink"], ground) >= 4.5, (scheme, opacity)


def test_contrast_of_known_pairs() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_token_of_one_scheme_only(tmp_path: Path) -> None:
    path = tmp_path / "site.css"
    path.write_text(CSS.read_text("utf-8").replace("--s4: #6b4a8c;", "", 1), encoding="utf-8")
    with pytest.raises(InputError, match="s4"):
        theme.load(path)


def test_classes_of_charts_are_in_the_style_sheet() -> None:
    canvas = Canvas(THEME.light, "c1", "t", "d")
    points = (Point(2018.5, 1.0, "2018"), Point(2019.5, 3.0, "2019"))
    five = [Line(str(n), "x", points) for n in range(5)]
    drawn = [
        charts.lines(canvas, five, [(0, "0"), (4, "4")], []),
        charts.areas(canvas, five, [(0, "0"), (12, "12")], [Mark(2019, "a")]),
        charts.bars(canvas, [Bar("a", 1, "1"), Bar("b", 1, "1", hollow=True), Bar("c", None, "–")]),
        tiles.tiles(canvas, [Tile("01", "Uusimaa", "U", 1, "1"), Tile("21", "Ahvenanmaa", "A", None, "–")]),
    ]
    picture = "".join(one.content for one in drawn) + canvas.inline(charts.spark(canvas, five[0]), kind="spark")
    css = CSS.read_text(encoding="utf-8")
    for name in set(" ".join(re.findall(r'class="([a-z0-9 -]+)"', picture)).split()):
        assert re.search(rf"\.{name}\b", css), name


def test_labels_at_the_ends_do_not_overlap() -> None:
    canvas = Canvas(THEME.light, "c1", "t", "d")
    points = (Point(2018.5, 1.0, "2018"), Point(2019.5, 1.0, "2019"))
    picture = charts.lines(canvas, [Line(f"n{n}", "x", points) for n in range(4)], [(0, "0"), (1, "1")], []).content
    heights = sorted(float(y) for y in re.findall(r'y="([0-9.]+)"[^>]*font-weight="600"', picture))
    assert len(heights) == 4
    assert all(second - first >= 33.9 for first, second in pairwise(heights))
    assert heights[0] > 0
    assert heights[-1] < 250


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        (34000, [0, 10000, 20000, 30000, 40000]),
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (0, [0, 1]),
        (385.0, [0, 100, 200, 300, 400]),
    ],
)
def test_steps(highest: float, steps: list[float]) -> None:
    assert charts.scale(highest) == pytest.approx(steps)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("  skip:", "  skop:", "ui: 'skop' is not in fi.yaml; expected perhaps 'skip'"),
        ("  state_old: ", "  state_old: x\n  state_old: ", "key 'state_old' is there twice"),
        ("  state_old: ", "  state_old: [1] # ", "'state_old' is [1]; expected a word"),
        ("  state_old: ", "  state_old: # ", "'state_old' is None; expected a word"),
        ("{citation}", "{citaton}", "'correction' fills in citaton; expected {citation} as in fi.yaml"),
        ("{citation}", "{citation", "expected '}' before end of string"),
        ("columns:", "colums:", "unknown key 'colums'; expected perhaps 'columns'"),
    ],
)
def test_a_wrong_edit_of_the_words_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    """A key twice, a list for a word and a hole of another name were taken silently or failed in a page."""
    folder = PROJECT / "dashboards" / "locales"
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    text = (folder / "sv.yaml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "sv.yaml").write_text(text.replace(right, wrong, 1), "utf-8")
    line = text[: text.index(right)].count("\n") + 1 + ("twice" in said)
    with pytest.raises(InputError) as error:
        locales.load(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'sv.yaml'}:{line}: "), error.value
    assert said in str(error.value)


def test_words_are_the_same_in_three_languages(tmp_path: Path) -> None:
    folder = PROJECT / "dashboards" / "locales"
    assert set(locales.load(folder)) == {"fi", "sv", "en"}
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    text = (folder / "sv.yaml").read_text(encoding="utf-8")
    (tmp_path / "sv.yaml").write_text(re.sub(r"(?m)^  skip:.*\n", "", text), "utf-8")
    with pytest.raises(InputError, match=r"sv\.yaml:\d+: ui: 'skip' is missing"):
        locales.load(tmp_path)

"""Golden folders: what pages give, and what wrong pages answer, file by file.

``golden/params``: a page a row, one of its pages in three languages. ``golden/components``: a page with one component,
its main part in Finnish and the files it writes. ``golden/bad``: a wrong page and the message that it gets.
``UPDATE_GOLDEN=1 pytest tests/site/test_golden.py`` writes the expected files anew, to be read in the diff.
"""

import os
from pathlib import Path

import pytest

from pipelines.errors import InputError
from tests.site.conftest import FRONT, Build

GOLDEN = Path(__file__).parent / "golden"
REGIONS = GOLDEN / "params" / "[region].md"
COMPONENTS = sorted((GOLDEN / "components").glob("*.md"))
BAD = sorted((GOLDEN / "bad").glob("*.md"))


def compare(made: str, expected: Path) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(made, encoding="utf-8")
    assert made == expected.read_text(encoding="utf-8")


def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_page_a_row(site: Build, tmp_path: Path, language: str) -> None:
    site("x", {"maakunta/[region].md": page(REGIONS)})
    folder = tmp_path / "site" / language / "maakunta"
    assert sorted(path.name for path in folder.iterdir()) == ["ahvenanmaa", "lappi", "uusimaa"]
    compare(
        (folder / "uusimaa" / "index.html").read_text(encoding="utf-8"), GOLDEN / "params" / f"uusimaa.{language}.html"
    )


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_component(site: Build, tmp_path: Path, path: Path) -> None:
    """The main part of the page, then each file beside it under its name."""
    site("x", {"sivu.md": FRONT + page(path), "maakunta/[region].md": page(REGIONS)}, base_url="https://example.org")
    folder = tmp_path / "site" / "fi" / "sivu"
    html = (folder / "index.html").read_text(encoding="utf-8").partition("</h1>\n")[2].partition("</main>")[0]
    beside = sorted(one for one in folder.iterdir() if one.name != "index.html")
    texts = [f"\n=== {one.name}\n{one.read_bytes().decode('utf-8').replace(chr(13), '')}" for one in beside]
    compare(html + "".join(texts), path.with_suffix(".html"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_wrong_page(site: Build, path: Path) -> None:
    text = page(path)
    place = "alue/[region].md" if "params:" in text else "sivu.md"
    with pytest.raises(InputError) as error:
        site("x", {place: text, "maakunta/[region].md": page(REGIONS)})
    compare(f"{error.value}\n", path.with_suffix(".txt"))

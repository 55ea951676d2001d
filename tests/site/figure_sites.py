"""Sites of figure pages alone, and their pages taken apart, for test_figure_pages.py.

What belongs here: building and reading. What does not: what is expected.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from pipelines import registry, settings
from pipelines.settings import PROJECT
from pipelines.site import build

BASE = "https://luvut.example/x"
DAY, LATER = "2026-11-24", "2026-12-05"
NBSP = "\u00a0"
REGISTRY = registry.load(PROJECT / "dashboards" / "figures")
INDEX = "---\ntitle: {fi: Luvut, sv: Siffrorna, en: Figures}\nmenu: {fi: Luvut, sv: Siffrorna, en: Figures}\n---\nx\n"
ALLOWED = {
    "html", "head", "body", "meta", "title", "link", "script", "header", "p", "a", "nav", "ul", "li", "main",
    "footer", "h1", "h2", "div", "dl", "dt", "dd", "span", "section", "blockquote", "figure", "figcaption", "svg",
    "desc", "line", "text", "tspan", "circle", "path", "rect", "g", "details", "summary", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "ol", "code", "pre", "br", "strong", "aside", "article", "button",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A built site and the installation that it was built from."""

    folder: Path
    chosen: settings.Settings

    def html(self, address: str, language: str = "fi") -> str:
        return (self.folder / language / address / "index.html").read_text(encoding="utf-8")

    def file(self, address: str, language: str = "fi") -> str:
        return (self.folder / language / address).read_bytes().decode("utf-8")


@contextmanager
def clock(day: str) -> Iterator[None]:
    before = os.environ.get("LUKUINA_NOW")
    os.environ["LUKUINA_NOW"] = f"{day}T12:00:00+02:00"
    try:
        yield
    finally:
        os.environ.pop("LUKUINA_NOW", None)
        if before is not None:
            os.environ["LUKUINA_NOW"] = before


def press(
    chosen: settings.Settings,
    folder: Path,
    day: str,
    base: str | None = None,
    marts: Path | None = None,
    **more: object,
) -> Site:
    """Build the pages of figures alone."""
    dashboards = folder / "dashboards"
    for name in ("luku", "kortti"):
        shutil.copytree(PROJECT / "dashboards" / "pages" / name, dashboards / "pages" / name, dirs_exist_ok=True)
    (dashboards / "pages" / "index.md").write_text(INDEX, encoding="utf-8")
    for name in ("templates", "assets", "locales"):
        if not (dashboards / name).exists():
            (dashboards / name).symlink_to(PROJECT / "dashboards" / name)
    build.build(
        (marts or chosen.marts) / "lukuina.duckdb",
        folder / "site",
        REGISTRY,
        reference=chosen.raw / "reference",
        build_date=date.fromisoformat(day),
        base_url=base,
        dashboards=dashboards,
        extras=(),
        **more,  # pyright: ignore[reportArgumentType]
    )
    return Site(folder / "site", chosen)


class Elements(HTMLParser):
    """Element names, attributes, and the visible text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.parts: list[str] = []
        self.scripts: list[tuple[str, str]] = []
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._script = (dict(attrs).get("type") or "js") if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        self._script = "" if tag == "script" else self._script

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts.append((self._script, data))
        else:
            self.parts.append(data)


def elements(html: str) -> Elements:
    parser = Elements()
    parser.feed(html)
    return parser


def text(html: str) -> str:
    return " ".join("".join(elements(html).parts).split(" ")).replace("\n", " ")


def main(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


def json_ld(html: str) -> dict[str, object] | None:
    found = [json.loads(content) for kind, content in elements(html).scripts if kind == "application/ld+json"]
    assert len(found) < 2
    return found[0] if found else None

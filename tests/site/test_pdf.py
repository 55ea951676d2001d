"""The PDF of a page: tagged, in its language, the same bytes each time, and left out without failing."""

import re
import shutil
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipelines.site import pdf
from pipelines.site.draft import Draft, PageRecord, Site
from tests.site.conftest import PROJECT

NAME = "toiminta-lukuina.pdf"
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>Toiminta lukuina</title>
<link rel="stylesheet" href="../assets/site.css" media="screen">
<script src="../assets/site.js" defer></script>
</head>
<body><main id="main"><h1>Toiminta lukuina</h1>
<p class="pdf"><a href="toiminta-lukuina.pdf" type="application/pdf">PDF</a></p>
<p><a href="tila/index.html">Tila</a> <a href="https://example.org/a?b=1&amp;c=2">lähde</a> <a href="#x">alas</a></p>
<h2 id="x">Yhdistyksiä</h2>
<p>vähintään 107\u00a0851</p>
<svg role="img" aria-labelledby="t" width="100%" height="40" font-family="system-ui, sans-serif" font-size="14">
<title id="t">Kuvio</title><text x="0" y="20">Uusimaa</text></svg>
<table><caption>Taulu</caption><thead><tr><th scope="col">Maakunta</th></tr></thead>
<tbody><tr><th scope="row">Kainuu</th></tr></tbody></table>
</main></body>
</html>
"""

_REASON = pdf.unavailable()
needs_pdf = pytest.mark.skipif(bool(_REASON), reason=_REASON or "can be made here")


def draft(base_url: str | None = None, languages: tuple[str, ...] = ("fi", "sv", "en")) -> Draft:
    pages = tuple(
        PageRecord(f"{code}/index.html", "", code, "T", "", False, "", "dashboards/pages/index.md")
        for code in languages
    )
    files: dict[str, bytes | Path] = {page.path: PAGE.format(language=page.language).encode() for page in pages}
    made = Path("made.duckdb")
    return Draft(Site(files), pages, (), base_url, date(2026, 11, 24), None, made, PROJECT / "dashboards")


def inflated(content: bytes | Path) -> bytes:
    """The PDF with its compressed streams unpacked behind it."""
    assert isinstance(content, bytes)
    streams = re.findall(rb"stream\n(x.*?)\nendstream", content, re.DOTALL)
    return b"\n".join([content, *(zlib.decompressobj().decompress(stream) for stream in streams)])


@needs_pdf
def test_where_the_project_lies_is_not_in_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = pdf.make(draft(languages=("fi",)))
    moved = {url: Path(shutil.copy(path, tmp_path)) for url, path in pdf.FONT_FILES.items()}
    monkeypatch.setattr(pdf, "FONT_FILES", moved)
    assert pdf.make(draft(languages=("fi",))) == here
    assert str(PROJECT).encode() not in inflated(here[f"fi/{NAME}"])


@needs_pdf
def test_one_tagged_pdf_a_language() -> None:
    made = pdf.make(draft())
    assert sorted(made) == [f"{code}/{NAME}" for code in ("en", "fi", "sv")]
    for code in ("fi", "sv", "en"):
        content = inflated(made[f"{code}/{NAME}"])
        assert content.startswith(b"%PDF-1.7")
        assert re.search(rb"/Lang \(%s\)" % code.encode(), content)
        assert b"/MarkInfo" in content
        assert b"pdfuaid:part" in content
        assert b"/CreationDate" not in content  # the same page is the same file on any day


@needs_pdf
def test_same_page_same_bytes() -> None:
    assert pdf.make(draft(languages=("fi",))) == pdf.make(draft(languages=("fi",)))


@needs_pdf
def test_only_our_fonts_are_in_it() -> None:
    content = inflated(pdf.make(draft(languages=("fi",)))[f"fi/{NAME}"])
    assert set(re.findall(rb"/BaseFont /[A-Z]+\+([A-Za-z]+-[A-Za-z]+)", content)) == {b"Lukuina-Sans", b"Lukuina-Serif"}


@needs_pdf
def test_links_lead_out_only_when_the_site_has_an_address() -> None:
    alone, online = (inflated(pdf.make(draft(base, ("fi",)))[f"fi/{NAME}"]) for base in (None, "https://luvut.example"))
    assert b"https://example.org/a?b=1&c=2" in alone
    assert b"tila/index.html" not in alone
    assert b"https://luvut.example/fi/tila/index.html" in online


def test_without_the_package_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import builtins

    real = builtins.__import__

    def none(name: str, *rest: object) -> object:
        if name == "weasyprint":
            raise ImportError(name)
        return real(name, *rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(builtins, "__import__", none)
    made = pdf.make(draft())
    assert sorted(made) == ["en/index.html", "fi/index.html", "sv/index.html"]
    page = made["fi/index.html"]
    assert isinstance(page, bytes)
    assert NAME.encode() not in page
    assert '<p class="pdf">Sivusta ei voitu tehdä PDF-tiedostoa.'.encode() in page
    told = capsys.readouterr()
    assert "fi/index.html: no toiminta-lukuina.pdf, the package weasyprint is not installed" in told.err
    assert told.out == ""


@pytest.mark.parametrize("error", [OSError("cannot load library 'libpango-1.0-0'"), AssertionError()])
def test_a_missing_library_or_a_fault_is_no_failed_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(pdf, "render", fail)
    monkeypatch.setattr(pdf, "unavailable", lambda: "")
    assert list(pdf.make(draft(languages=("en",)))) == ["en/index.html"]
    assert type(error).__name__ in capsys.readouterr().err


def test_a_damaged_pdf_of_the_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = b"%PDF-1.7\n1 0 obj\n%%EOF\n"
    monkeypatch.setattr(pdf, "unavailable", lambda: "")
    monkeypatch.setattr(pdf, "render", lambda html, css: made)
    for damaged in (b"", made[:-9], b"x" + made):
        (tmp_path / "a.pdf").write_bytes(damaged)
        assert pdf._one("", "", tmp_path / "a.pdf") == tmp_path / "a.pdf"  # pyright: ignore[reportPrivateUsage]
        assert (tmp_path / "a.pdf").read_bytes() == made
    monkeypatch.setattr(pdf, "render", lambda html, css: pytest.fail("made again"))
    assert pdf._one("", "", tmp_path / "a.pdf") == tmp_path / "a.pdf"  # pyright: ignore[reportPrivateUsage]


def test_pages_without_the_component_are_left_alone() -> None:
    plain = draft(languages=("fi",))
    files = {"fi/index.html": b"<html></html>"}
    assert pdf.make(replace(plain, files=files)) == {}

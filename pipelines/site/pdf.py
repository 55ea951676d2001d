"""A page of the site as one tagged PDF (PDF/UA-1), made from its finished HTML with WeasyPrint.

What belongs here: the extra maker of PDF files, and what the page says where one could not be made. What does not: the
layout on paper (dashboards/assets/print.css), which pages have one (those with the component ``pdf``).

WeasyPrint is an optional package that needs Pango, HarfBuzz and Fontconfig of the system. Where it or they are missing,
or WeasyPrint fails on a page, the run goes on: the link on the page becomes a sentence and standard error names the
reason. Fonts are the project's own, nothing is fetched, and no date of the build is in the file, so that the same page
gives the same bytes. That page, our style and fonts and the version of WeasyPrint make the file's name in the cache of
an installation (as png.py): a PDF takes seconds, and is made again only when its page is another.
"""

import contextlib
import logging
import re
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from posixpath import dirname
from typing import Any
from urllib.parse import urljoin

from markupsafe import escape

from pipelines.files import write_atomic
from pipelines.progress import tell
from pipelines.site import fonts, locales
from pipelines.site.draft import Draft, Files, PageRecord
from pipelines.site.png import forget, kept_in

MARK = re.compile(r'<p class="pdf"><a href="([a-z0-9-]+\.pdf)"[^>]*>.*?</a></p>', re.DOTALL)
"""What the component ``pdf`` prints."""

_LINK = re.compile(r' href="([^"]*)"')
_SHEET = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]*>\n?|<script[^>]*></script>\n?')
_FONT = re.compile(r'font-family="system-ui[^"]*"')
FONT_FILES = {f"font:/{path.name}": path for path in fonts.FILES.values()}
"""By an address without a folder: where the project lies must not be in the bytes of a PDF."""

_FACES = "".join(
    f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("font:/{path.name}"); }}\n'
    for (family, weight), path in fonts.FILES.items()
)
_OWN = f''':root {{ --sans: "{fonts.SANS}"; --serif: "{fonts.SERIF}"; }}
.badge::before {{ content: none; }}
.quote, .ranked, .sentence {{ font-family: var(--sans); }}
'''
"""Our fonts over those of the reader's machine; the signs of the states are in neither of them."""


def make(draft: Draft) -> Files:
    """Return the PDF of every page with the component ``pdf``, and such pages anew where there is none."""
    marked: list[tuple[PageRecord, str, str]] = []
    for page in draft.pages:
        content = draft.files[page.path]
        text = content.decode("utf-8") if isinstance(content, bytes) and b'<p class="pdf">' in content else ""
        found = MARK.search(text)
        if found is not None:
            marked.append((page, text, found[1]))
    if not marked:
        return {}
    kept = kept_in(draft.database, "pdf")
    files: dict[str, bytes | Path] = {}
    used: set[Path] = set()
    for page, text, name in marked:
        html, css = _whole(draft, page, text)
        cached = kept / f"{_key(html, css)}.pdf" if kept else None
        made = _one(html, css, cached)
        if isinstance(made, str):
            tell(f"{page.path}: no {name}, {made}")
            words = locales.load(draft.dashboards / "locales")[page.language]
            note = f'<p class="pdf">{escape(words.text("pdf_missing"))}</p>'
            files[page.path] = MARK.sub(lambda _, note=note: note, text).encode("utf-8")
        else:
            files[f"{dirname(page.path)}/{name}"] = made
            used |= {made} if isinstance(made, Path) else set()
    if kept and kept.is_dir():
        forget(kept, used)
    return files


def unavailable() -> str:
    """Return why no PDF can be made here; "" when it can."""
    try:
        with contextlib.redirect_stdout(sys.stderr), contextlib.redirect_stderr(None):
            import weasyprint  # noqa: F401  # pyright: ignore[reportUnusedImport, reportMissingImports] an extra
    except ImportError:
        return "the package weasyprint is not installed (make setup-pdf)"
    except OSError as error:
        return f"a library of the system is missing ({str(error).splitlines()[0]})"
    return ""


def render(html: str, css: str) -> bytes:
    """Return the PDF of a page. ``css`` is the style sheet of print."""
    import weasyprint  # pyright: ignore[reportMissingImports] an extra

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    head = f"<style>\n{_FACES}{css}{_OWN}</style>\n</head>"
    html = _FONT.sub(f'font-family="{fonts.SANS}"', html)  # style sheets do not reach into SVG
    whole = _SHEET.sub("", html).replace("</head>", head, 1)
    document: Any = weasyprint.HTML(string=whole, url_fetcher=_fetcher(), media_type="print")
    identifier = sha256(whole.encode("utf-8")).digest()[:16]
    return document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)


def _fetcher() -> Any:
    """Return what WeasyPrint may load: the font files, nothing else."""
    from weasyprint.urls import URLFetcher  # pyright: ignore[reportMissingImports] an extra

    class Fonts(URLFetcher):  # pyright: ignore[reportUntypedBaseClass] as above
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in FONT_FILES:
                raise ValueError(f"{url} is not ours")
            return super().fetch(FONT_FILES[url].as_uri(), headers)

    return Fonts(allowed_protocols={"file"})


def _whole(draft: Draft, page: PageRecord, text: str) -> tuple[str, str]:
    """Return what a PDF is made of: the page with addresses for use outside the site, and the style of print."""
    base = f"{draft.base_url}/{page.path}" if draft.base_url else ""
    html = _LINK.sub(lambda found: _absolute(found[1], base), text)
    return html, (draft.dashboards / "assets" / "print.css").read_text(encoding="utf-8")


def _key(html: str, css: str) -> str:
    try:
        own = version("weasyprint")
    except PackageNotFoundError:
        own = "none"
    return sha256("\n".join((own, fonts.digest(), _FACES, _OWN, css, html)).encode("utf-8")).hexdigest()


def _one(html: str, css: str, cached: Path | None) -> bytes | Path | str:
    """Return the PDF of a page, in the cache where there is one, or why it can't be made."""
    if cached is not None and _is_whole(cached):
        return cached
    if reason := unavailable():
        return reason
    try:
        made = render(html, css)
    except Exception as error:  # a fault of the optional package on a page must not keep figures from being published
        return f"WeasyPrint failed ({type(error).__name__}: {error})"
    if cached is None:
        return made
    write_atomic(cached, made)
    return cached


def _is_whole(cached: Path) -> bool:
    """Whether a file of the cache begins and ends as a PDF does; it was on the disk before it got its name."""
    try:
        body = cached.read_bytes()
    except OSError:
        return False
    return body.startswith(b"%PDF-") and body.rstrip().endswith(b"%%EOF")


def _absolute(href: str, base: str) -> str:
    """Return the attribute for use outside the site: full, or none where the address would lead nowhere."""
    if href.startswith(("#", "http:", "https:", "mailto:")):
        return f' href="{href}"'
    return f' href="{escape(urljoin(base, href))}"' if base else ""

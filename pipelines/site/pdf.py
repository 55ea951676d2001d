"""A page of the site as one tagged PDF (PDF/UA-1), made from its finished HTML with WeasyPrint.

What belongs here: the extra maker of PDF files, and what the page says where one could not be made. What does not: the
layout on paper (dashboards/assets/print.css), which pages have one (those with the component ``pdf``).

WeasyPrint is an optional package that needs Pango, HarfBuzz and Fontconfig of the system. Where it or they are missing,
or WeasyPrint fails on a page, the run goes on: the link on the page becomes a sentence and standard error names the
reason. Fonts are the project's own, nothing is fetched, and the date in the file is the build date, so that the same
page gives the same bytes.
"""

import contextlib
import logging
import re
import sys
from hashlib import sha256
from pathlib import Path
from posixpath import dirname
from typing import Any
from urllib.parse import urljoin

from markupsafe import escape

from pipelines.site import fonts, locales
from pipelines.site.draft import Draft, Files, PageRecord

MARK = re.compile(r'<p class="pdf"><a href="([a-z0-9-]+\.pdf)"[^>]*>.*?</a></p>', re.DOTALL)
"""What the component ``pdf`` prints."""

_LINK = re.compile(r' href="([^"]*)"')
_SHEET = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]*>\n?|<script[^>]*></script>\n?')
_FONT = re.compile(r'font-family="system-ui[^"]*"')
_FACES = "".join(
    f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("{path.as_uri()}"); }}\n'
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
    reason = unavailable()
    files: dict[str, bytes | Path] = {}
    for page, text, name in marked:
        made = reason or _one(draft, page, text)
        if isinstance(made, str):
            print(f"{page.path}: no {name}, {made}", file=sys.stderr)
            words = locales.load(draft.dashboards / "locales")[page.language]
            note = f'<p class="pdf">{escape(words.text("pdf_missing"))}</p>'
            files[page.path] = MARK.sub(lambda _, note=note: note, text).encode("utf-8")
        else:
            files[f"{dirname(page.path)}/{name}"] = made
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


def render(html: str, css: str, created: str) -> bytes:
    """Return the PDF of a page. ``css`` is the style sheet of print, ``created`` the day as YYYY-MM-DD."""
    import weasyprint  # pyright: ignore[reportMissingImports] an extra

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    head = f'<meta name="dcterms.created" content="{created}">\n<style>\n{_FACES}{css}{_OWN}</style>\n</head>'
    html = _FONT.sub(f'font-family="{fonts.SANS}"', html)  # style sheets do not reach into SVG
    whole = _SHEET.sub("", html).replace("</head>", head, 1)
    document: Any = weasyprint.HTML(string=whole, url_fetcher=_fetcher(), media_type="print")
    identifier = sha256(whole.encode("utf-8")).digest()[:16]
    return document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)


def _fetcher() -> Any:
    """Return what WeasyPrint may load: the font files, nothing else."""
    from weasyprint.urls import URLFetcher  # pyright: ignore[reportMissingImports] an extra

    allowed = {path.as_uri() for path in fonts.FILES.values()}

    class Fonts(URLFetcher):  # pyright: ignore[reportUntypedBaseClass] as above
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in allowed:
                raise ValueError(f"{url} is not ours")
            return super().fetch(url, headers)

    return Fonts(allowed_protocols={"file"})


def _one(draft: Draft, page: PageRecord, text: str) -> bytes | str:
    """Return the PDF of a page, or why there is none."""
    base = f"{draft.base_url}/{page.path}" if draft.base_url else ""
    html = _LINK.sub(lambda found: _absolute(found[1], base), text)
    css = (draft.dashboards / "assets" / "print.css").read_text(encoding="utf-8")
    try:
        return render(html, css, draft.build_date.isoformat())
    except Exception as error:  # a fault of the optional package on a page must not keep figures from being published
        return f"WeasyPrint failed ({type(error).__name__}: {error})"


def _absolute(href: str, base: str) -> str:
    """Return the attribute for use outside the site: full, or none where the address would lead nowhere."""
    if href.startswith(("#", "http:", "https:", "mailto:")):
        return f' href="{href}"'
    return f' href="{escape(urljoin(base, href))}"' if base else ""

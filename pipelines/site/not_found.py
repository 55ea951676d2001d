"""``404.html``: the page for an address that does not exist, in three languages at once.

What belongs here: the one file. What does not: its markup and words (dashboards/templates/not_found.html, locales).

A server shows it under any address, where relative links would lead astray. So it carries its style sheet in itself,
and with ``[site] base_url`` its links go out from there (``<base href>``).
"""

import base64
import hashlib
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.languages import LANGUAGES
from pipelines.site import locales
from pipelines.site.addresses import file
from pipelines.site.draft import Draft, Files
from pipelines.site.sandbox import Sandbox

PATH = "404.html"


def make(draft: Draft) -> Files:
    """Return the file by its path in the site."""
    words = locales.load(draft.dashboards / "locales")
    doors = [{"code": code, "href": file("", code), "text": words[code].text} for code in LANGUAGES]
    template = _environment(draft.dashboards / "templates").get_template("not_found.html")
    style = _style(draft)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    base = f"{draft.base_url}/" if draft.base_url else ""
    html = template.render(doors=doors, base=base, style=style, style_hash=digest)
    return {PATH: html.strip().encode("utf-8") + b"\n"}


def _environment(folder: Path) -> Sandbox:
    return Sandbox(
        loader=FileSystemLoader(folder.resolve()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style(draft: Draft) -> Markup:
    """Return our own style sheet, to stand in the page; its fonts are left out, since their addresses are relative."""
    content = draft.files.get("assets/site.css", b"")
    css = content.read_text(encoding="utf-8") if isinstance(content, Path) else content.decode("utf-8")
    parts = css.split("@font-face")
    kept = parts[0] + "".join(part.partition("}")[2] for part in parts[1:])
    return Markup(kept.replace("</", "<\\/"))

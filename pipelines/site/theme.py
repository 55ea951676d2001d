"""The colours of the site, read from ``dashboards/assets/site.css``: one place for the style sheet and the charts.

What belongs here: reading the two colour schemes and computing contrast. What does not: any colour.

Charts carry the light scheme as presentation attributes, so that a picture or a PDF without the style sheet still
shows them; on the page the classes of the style sheet win and follow the reader's scheme.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import InputError

_TOKEN = re.compile(r"--([a-z0-9-]+):\s*(#[0-9a-fA-F]{6})\s*;")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\)\s*\{\s*:root\s*\{(.*?)\}", re.DOTALL)
_LIGHT = re.compile(r":root\s*\{(.*?)\}", re.DOTALL)


@dataclass(frozen=True)
class Theme:
    """Colour tokens by name, ``#rrggbb``, of the light and the dark scheme."""

    light: Mapping[str, str]
    dark: Mapping[str, str]


def load(path: Path) -> Theme:
    """Read the tokens of ``:root`` and of its dark twin. Raises InputError when they differ in names."""
    css = path.read_text(encoding="utf-8")
    light, dark = _LIGHT.search(css), _DARK.search(css)
    if light is None or dark is None:
        raise InputError(str(path), "no colour tokens", ":root { --paper: #rrggbb; … } and its dark twin")
    theme = Theme(dict(_TOKEN.findall(light[1])), dict(_TOKEN.findall(dark[1])))
    if set(theme.light) != set(theme.dark):
        odd = ", ".join(sorted(set(theme.light) ^ set(theme.dark)))
        raise InputError(str(path), f"tokens of one scheme only: {odd}", "each in both schemes")
    return theme


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two ``#rrggbb`` colours, 1–21."""
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def blend(colour: str, ground: str, opacity: float) -> str:
    """Return what a colour of some opacity looks like on a ground."""
    parts = [(int(colour[n : n + 2], 16), int(ground[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(top * opacity + below * (1 - opacity)):02x}" for top, below in parts)


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

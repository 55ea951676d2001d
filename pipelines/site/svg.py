"""SVG elements as escaped text, and nice steps for an axis.

What belongs here: the small tools that charts.py draws with. What does not: any chart.
"""

import math
from collections.abc import Iterable
from functools import cache

from markupsafe import Markup

from pipelines.site.tokens import plain


def element(name: str, *content: str, **attributes: object) -> Markup:
    """Return one element; attribute names take ``-`` for ``_``, a trailing ``_`` is dropped, null ones are left out.

    Content and attributes are escaped unless they are Markup.
    """
    printed = "".join(
        [f' {_name(key)}="{_attribute(value)}"' for key, value in attributes.items() if value is not None]
    )
    return Markup(f"<{name}{printed}>{_joined(content)}</{name}>")  # every part is escaped


def join(parts: Iterable[str]) -> Markup:
    """Join elements and texts; what is not Markup is escaped."""
    return Markup(_joined(parts))


def _joined(parts: Iterable[str]) -> str:
    return "".join([part if isinstance(part, Markup) else plain(part) for part in parts])


def percent(share: float) -> str:
    """Return a share 0–1 as a coordinate: ``63.2%``."""
    return f"{_number(100 * share)}%"


def steps(highest: float, about: int = 4) -> list[float]:
    """Return round steps from 0 that reach ``highest``, about as many as wanted (0, 10 000, 20 000)."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / about
    magnitude = 10.0 ** math.floor(math.log10(raw))
    size = next(magnitude * factor for factor in (1, 2, 2.5, 5, 10) if magnitude * factor >= raw * 0.999)
    return [size * n for n in range(math.ceil(highest / size - 1e-9) + 1)]


def _attribute(value: object) -> str:
    if isinstance(value, str):
        return plain(value)
    return _number(value) if isinstance(value, float) else plain(str(value))


@cache
def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")

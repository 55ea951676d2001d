"""The sandbox in which pages and templates are run: Jinja2's, which answers each question once.

What belongs here: what every environment of the site has in common for safety. What does not: names, filters and
loaders of one environment (render.py, house.py, not_found.py).
"""

from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox. Whether an attribute is safe it tells by the type and the name, so once for each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Tell whether a template may read an attribute."""
        key = (type(obj), attr)
        found = self._safe.get(key)
        if found is None:
            found = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return found

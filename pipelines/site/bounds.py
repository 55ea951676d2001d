"""What keeps a mistake in a page from running away: the Jinja2 sandbox of page texts, with bounds.

What belongs here: the bounds on loops, on values that grow, on what a text may ask of a string. What does not:
rendering (render.py), bounds of queries (queries.py).

Bounds are counts, not seconds: the same page fails on every machine alike.
"""

from collections.abc import Iterable, Iterator, Sized
from typing import Any, cast

from jinja2 import nodes
from jinja2.runtime import Context

from pipelines.site.faults import Fault
from pipelines.site.sandbox import Sandbox

TURNS = 100_000
"""Turns of all loops, and calls of macros, of one page in one language; the longest real page has some hundreds. So far
goes range, too."""

LONGEST = 1_000_000
"""Characters, items or digits of a value that a page makes by *, ** or %."""

_PADDING = frozenset({"center", "expandtabs", "format", "format_map", "ljust", "rjust", "zfill"})
_FEWER = "Let a query do it, or repeat fewer"


class Bounded(Sandbox):
    """The sandbox of one page file; ``begin`` starts the count of a page."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.turns = 0

    def begin(self) -> None:
        """Start counting anew."""
        self.turns = 0

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Give the items of a loop, counting."""
        for item in items:
            self.turn()
            yield item

    def turn(self) -> None:
        """Count a turn of a loop or a call of a macro."""
        self.turns += 1
        if self.turns > TURNS:
            problem = f"more than {TURNS} turns of loops and macros on one page"
            raise Fault(problem, "a list that a page can print", _FEWER)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate, where the result has a size."""
        if _size(operator, left, right) > LONGEST:
            raise Fault(f"{operator} makes a value longer than {LONGEST}", "a value that a page can print", _FEWER)
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> None:
        """Give no format of our own: it is refused below."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse the methods by which a short text becomes one of any length."""
        if isinstance(obj, str) and attr in _PADDING:
            return False
        return super().is_safe_attribute(obj, attr, value)


def count_loops(tree: nodes.Template) -> None:
    """Let every loop of a text count its turns, and every macro its calls: two that each calls double at every step."""
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            _count(loop)
        else:
            call = nodes.Call(nodes.EnvironmentAttribute("counted"), [loop.iter], [], None, None)
            loop.iter = call.set_lineno(loop.lineno)
    for macro in tree.find_all(nodes.Macro):
        _count(macro)


def _count(node: nodes.For | nodes.Macro) -> None:
    call = nodes.Call(nodes.EnvironmentAttribute("turn"), [], [], None, None)
    node.body.insert(0, nodes.ExprStmt(call).set_lineno(node.lineno))


def _size(operator: str, left: object, right: object) -> float:
    """Return about how long a result would be; 0 for what has no length."""
    if operator == "%":
        return LONGEST + 1 if isinstance(left, str | bytes) else 0  # widths stand in the text, "%9999999999d"
    if operator == "**":
        return left.bit_length() * right / 3 if isinstance(left, int) and isinstance(right, int) else 0
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
            return len(cast("Sized", one)) * other
    if isinstance(left, int) and isinstance(right, int):
        return (left.bit_length() + right.bit_length()) / 3
    return 0

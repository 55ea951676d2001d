"""From a page file to its HTML in one language: Jinja2 in a sandbox, placeholders, Markdown.

What belongs here: what a page may say (names, components, filters) and where its errors lie. What does not: the frame
around it (dashboards/templates/page.html, build.py) and the components.

Order: Jinja2 first, where every printed value and component becomes a placeholder (tokens.py), then Markdown, then
the placeholders are filled. So neither Markdown nor HTML ever reads a source's string.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import unescape
from io import StringIO
from types import CodeType
from typing import Any, TypeVar

from jinja2 import Environment, StrictUndefined, Template, TemplateError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import safe_range
from markupsafe import Markup, escape

from pipelines.errors import InputError, nearest
from pipelines.site import codes, markdown
from pipelines.site.bounds import Bounded, count_loops
from pipelines.site.components import COMPONENTS
from pipelines.site.components.declare import Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.locales import Locale
from pipelines.site.page import PageFile
from pipelines.site.queries import PARAMS
from pipelines.site.tables import Table
from pipelines.site.tokens import Tokens
from pipelines.site.values import Figure

Made = TypeVar("Made")

_TAG = re.compile(r"<[^>]*>")
_RESERVED = tuple(
    [
        "and",
        "else",
        "false",
        "if",
        "in",
        "is",
        "known_on",
        "loop",
        "none",
        "not",
        "or",
        "params",
        "self",
        "status",
        "to_read",
        "true",
    ]
)
_FILTERS = ("default", "first", "join", "last", "length", "list", "lower", "round", "selectattr", "sort", "upper")


@dataclass(frozen=True)
class Rendered:
    """One page in one language: title and description as plain text, the body as HTML."""

    title: str
    description: str
    body: Markup


@dataclass(frozen=True)
class _Code:
    """A compiled text, and the names that it looks up in the context."""

    code: CodeType
    asked: frozenset[str]


class _Generator(CodeGenerator):
    """Makes the code and notes the names that only the context can give, in one pass (jinja2.meta takes another)."""

    def __init__(self, environment: Environment) -> None:
        self.text = StringIO()
        super().__init__(environment, "page", "page", stream=self.text)
        self.asked = set[str]()

    def enter_frame(self, frame: Frame) -> None:
        """Note what is looked up in the context."""
        super().enter_frame(frame)
        self.asked.update(str(name) for action, name in frame.symbols.loads.values() if action == "resolve")


def _code(environment: Environment, source: str, line: int) -> _Code:
    """Compile a text: the environments of all pages do it alike, a text without language slots is the same in each."""
    if found := codes.find(source):
        return _Code(found[0], frozenset(found[1]))
    tree = environment.parse(source)
    for node in tree.find_all(nodes.Filter):
        if node.name not in environment.filters:
            known = nearest(node.name, list(_FILTERS))
            raise Fault(f"unknown filter {node.name!r}", known, line=line or node.lineno)
    count_loops(tree)
    generator = _Generator(environment)
    generator.visit(tree)
    made = _Code(compile(generator.text.getvalue(), "page", "exec"), frozenset(generator.asked))
    codes.keep(source, (made.code, tuple(sorted(made.asked))))
    return made


def _placed(code: CodeType, filename: str) -> CodeType:
    """Return the code as of a file, for the lines of its errors."""
    inner = tuple(_placed(part, filename) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_filename=filename, co_consts=inner)


class Renderer:
    """Renders the pages of one page file in one language; ``tables`` are the results that they all share.

    ``asked`` are the names that its texts look up. Raises InputError with file and line. What does not depend on a page
    is done once: the Jinja2 code, the check of names, and Markdown of each text (a text in which only values differ is
    one text, because values are marks).
    """

    def __init__(self, page: PageFile, locale: Locale, tables: Mapping[str, Table]) -> None:
        self._page, self._locale, self._tables = page, locale, tables
        self._nonce = os.urandom(6).hex()
        self._tokens = Tokens(self._nonce)
        self._parsed: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._line = 0
        self._environment = self._make_environment()
        self._scope: Scope | None = None
        self.asked = frozenset[str]()
        self._bodies = self._guard(lambda: self._compile(page.text(locale.language), page.place, 0))
        self._slots = {
            key: self._guard(
                lambda text=text, key=key: self._compile(text, f"{page.place} {key}", page.lines.get(key, 1))
            )
            for key, text in self._texts().items()
            if "{{" in text or "{%" in text
        }

    def render(self, scope: Scope, own: Mapping[str, Any]) -> Rendered:
        """Return one page. ``own``: its row as ``params`` and the results that only it has."""
        self._scope, self._tokens, self._line = scope, Tokens(self._nonce), 0
        self._environment.begin()
        names = {**self._tables, "known_on": scope.known_on, **own}
        return Rendered(
            self._slot("title", names),
            self._slot("description", names),
            self._guard(lambda: self._body(names)),
        )

    def _body(self, names: Mapping[str, Any]) -> Markup:
        html = self._tokens.fill(self._markdown(self._bodies.render(names)))
        if self._tokens.broken(html):
            expected = "no {% filter %} around one, and in title= or source= row.column instead of cell() or cite()"
            raise Fault("a printed value stands where it cannot be filled in", expected)
        return html

    def _texts(self) -> dict[str, str]:
        language = self._locale.language
        return {"title": self._page.title[language], "description": self._page.description.get(language, "")}

    def _slot(self, key: str, names: Mapping[str, Any]) -> str:
        """Return a text of the front matter, filled: components give their text, values are as in the body."""
        template = self._slots.get(key)
        if template is None:
            return self._texts()[key]
        self._line = self._page.lines.get(key, 1)
        made = self._guard(lambda: self._tokens.fill(self._tokens.text(template.render(names))), self._line)
        return unescape(_TAG.sub("", made)).strip()

    def _compile(self, source: str, filename: str, line: int) -> Template:
        made = _code(self._environment, source, line)
        self._check_names(source, made.asked, line)
        self.asked |= made.asked
        code = _placed(made.code, filename)
        return self._environment.template_class.from_code(self._environment, code, dict(self._environment.globals))

    def _guard(self, work: Callable[[], Made], line: int = 0) -> Made:
        """Do some work on the page; every error gets file and line."""
        try:
            return work()
        except TemplateSyntaxError as error:
            place = f"{self._page.place}:{line or error.lineno}"
            raise InputError(place, error.message or "cannot be read") from None
        except Fault as fault:
            raise fault.at(self._page.place, line or self._where(fault)) from None
        except InputError:
            raise
        except RecursionError as error:
            place = f"{self._page.place}:{line or self._where(error)}"
            raise InputError(place, "a macro or loop that calls itself without an end", "one that ends") from None
        except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            place = f"{self._page.place}:{line or self._where(error)}"
            raise InputError(place, str(error) or type(error).__name__) from None

    @property
    def _here(self) -> Scope:
        if self._scope is None:
            raise RuntimeError("nothing is being rendered")
        return self._scope

    def _make_environment(self) -> Bounded:
        environment = Bounded(
            autoescape=True, undefined=StrictUndefined, finalize=self._finalizer(), keep_trailing_newline=True
        )
        environment.filters = {name: environment.filters[name] for name in _FILTERS}
        names: dict[str, Any] = {
            "_": self._locale.translate,
            "language": self._locale.language,
            "figure": self._figure,
            "figures": self._figures,
            "range": safe_range,
            **{name: self._call(component) for name, component in COMPONENTS.items()},
        }
        environment.globals.clear()
        environment.globals.update(names)
        return environment

    def _finalizer(self) -> Callable[..., str]:
        @pass_context
        def finalize(_: Context, value: object) -> str:
            if isinstance(value, Markup):
                raise Fault("a block of text is printed as a value", "a component, or the text itself")
            if isinstance(value, Figure):
                raise Fault(f"figure {value.id!r} is printed as a value", "value(…), big_value(…) or .name")
            if value is None:
                value = self._here.locale.text("no_data")
            if not isinstance(value, str | int | float) and not hasattr(value, "isoformat"):
                raise Fault(f"a {type(value).__name__} is printed as a value", "text, a number or a date")
            return self._tokens.text(value if isinstance(value, str) else self._here.cells.text(value, ""))

        return finalize

    def _call(self, component: Component) -> Callable[..., str]:
        def call(*positional: Any, caller: Callable[[], str] | None = None, **named: Any) -> str:
            line = _template_line()
            self._line = line
            values = component.check(positional, named)
            if component.body != (caller is not None):
                use = (
                    f"{{% call {component.name}(…) %}} … {{% endcall %}}" if component.body else f"{component.name}(…)"
                )
                raise Fault(f"{component.name} is used {'without' if component.body else 'with'} a body", use)
            self._here.given = component.given(values)
            if caller is not None:
                values["body"] = self._markdown(str(caller()))
            return self._tokens.keep(component.render(self._here, **values), line, component.name, component.block)

        return call

    def _markdown(self, text: str) -> Markup:
        """Return the HTML of a text with marks; the same text is read once, addresses are filled in each time."""
        if text not in self._parsed:
            found: list[str] = []

            def later(address: str) -> str:
                found.append(address)
                return self._tokens.address(len(found) - 1)

            self._parsed[text] = (str(markdown.render(text, self._tokens, later)), tuple(found))
        html, addresses = self._parsed[text]
        for n, address in enumerate(addresses):
            html = html.replace(self._tokens.address(n), str(escape(self._here.link(address))))
        return Markup(html)

    def _figure(self, figure_id: str, said_on: date | str | None = None) -> Figure:
        found = self._here.figures.get(figure_id)
        if found is None:
            raise Fault(f"unknown figure {figure_id!r}", nearest(str(figure_id), list(self._here.figures)))
        if said_on is None:
            return found
        if self._here.said is None:
            raise Fault("nothing is recorded of earlier days")
        day = said_on if isinstance(said_on, date) else date.fromisoformat(said_on)
        return self._here.said(figure_id, day)

    def _figures(self, section: str | None = None) -> list[Figure]:
        sections = sorted({figure.section for figure in self._here.figures.values()})
        if section is not None and section not in sections:
            raise Fault(f"unknown section {section!r}", nearest(section, sections))
        return [figure for figure in self._here.figures.values() if section in (None, figure.section)]

    def _check_names(self, source: str, asked: Set[str], line: int = 0) -> None:
        """Find names that mean nothing before anything runs, in branches that are not taken, too."""
        queries = {query.name for query in self._page.queries}
        own = ["known_on", *([PARAMS] if self._page.params else [])]
        known = {*self._environment.globals, *self._tables, *queries, *own}
        for query in self._page.queries:
            if query.name in self._environment.globals or query.name in _RESERVED:
                raise Fault(f"a query can't be named {query.name!r}", "a name of its own", line=query.line - 1)
        if asked <= known:
            return
        for node in self._environment.parse(source).find_all(nodes.Name):
            if node.name in asked - known:
                raise Fault(f"unknown name {node.name!r}", nearest(node.name, sorted(known)), line=line or node.lineno)

    def _where(self, error: Exception) -> int:
        """Return the line of the page that was being rendered when the error rose."""
        told = self._told(error) if isinstance(error, Fault) else 0
        line = 0
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._page.place:
                line = trace.tb_lineno
            trace = trace.tb_next
        return told or line or self._line or 1

    def _told(self, fault: Fault) -> int:
        lines = self._page.body.split("\n")
        found = (n for n, line in enumerate(lines, 1) if fault.words and fault.words in line)
        return fault.line or next(found, 0)


def _template_line() -> int:
    """Return the line of the page from which the present component is called."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            return _page_line(template, frame.f_lineno)
        frame = frame.f_back
    return 0


@lru_cache(maxsize=4096)
def _page_line(template: Template, line: int) -> int:
    """Return the line of the page for one of its compiled code."""
    return template.get_corresponding_lineno(line)

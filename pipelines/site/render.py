"""From a page file to its HTML in one language: Jinja2 in a sandbox, placeholders, Markdown.

What belongs here: what a page may say (names, components, filters) and where its errors lie. What does not: the frame
around it (dashboards/templates/page.html, build.py) and the components.

Order: Jinja2 first, where every printed value and component becomes a placeholder (tokens.py), then Markdown, then
the placeholders are filled. So neither Markdown nor HTML ever reads a source's string.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes, pass_context
from jinja2.exceptions import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from markupsafe import Markup

from pipelines.errors import InputError
from pipelines.registry import nearest
from pipelines.site import markdown
from pipelines.site.components import COMPONENTS
from pipelines.site.components.declare import Component
from pipelines.site.components.scope import Scope
from pipelines.site.faults import Fault
from pipelines.site.page import PageFile
from pipelines.site.tables import Table
from pipelines.site.tokens import Tokens
from pipelines.site.values import Figure

_RESERVED = ("and", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "self", "status", "true")
_FILTERS = ("default", "first", "join", "last", "length", "list", "lower", "round", "selectattr", "sort", "upper")


class Renderer:
    """Renders one page in one language. ``link`` turns ``/address`` into a relative address."""

    def __init__(self, page: PageFile, scope: Scope, tables: Mapping[str, Table], link: Callable[[str], str]) -> None:
        self._page, self._scope, self._tables, self._link = page, scope, tables, link
        self._tokens = Tokens()
        self._line = 0
        self._environment = self._make_environment()

    def body(self) -> Markup:
        """Return the page's HTML. Raises InputError with file and line."""
        source = self._page.text(self._scope.language)
        try:
            self._check_names(source)
            code = self._environment.compile(source, self._page.place, self._page.place)
            template = self._environment.template_class.from_code(
                self._environment, code, dict(self._environment.globals)
            )
            html = self._tokens.fill(self._markdown(template.render(self._tables)))
            if self._tokens.broken(html):
                raise Fault("a printed value was damaged by a filter block", "no {% filter %} around values")
            return html
        except TemplateSyntaxError as error:
            raise InputError(f"{self._page.place}:{error.lineno}", error.message or "cannot be read") from None
        except Fault as fault:
            raise fault.at(self._page.place, self._where(fault)) from None
        except InputError:
            raise
        except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError, LookupError) as error:
            raise InputError(f"{self._page.place}:{self._where(error)}", str(error) or type(error).__name__) from None

    def _make_environment(self) -> ImmutableSandboxedEnvironment:
        environment = ImmutableSandboxedEnvironment(
            autoescape=True, undefined=StrictUndefined, finalize=self._finalizer(), keep_trailing_newline=True
        )
        environment.filters = {name: environment.filters[name] for name in _FILTERS}
        names: dict[str, Any] = {
            "_": self._scope.locale.translate,
            "language": self._scope.language,
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
                value = self._scope.locale.text("no_data")
            if not isinstance(value, str | int | float) and not hasattr(value, "isoformat"):
                raise Fault(f"a {type(value).__name__} is printed as a value", "text, a number or a date")
            return self._tokens.text(value if isinstance(value, str) else self._scope.cells.text(value, ""))

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
            if caller is not None:
                values["body"] = self._markdown(str(caller()))
            return self._tokens.keep(component.render(self._scope, **values), line, component.name, component.block)

        return call

    def _markdown(self, text: str) -> Markup:
        return markdown.render(text, self._tokens, self._link)

    def _figure(self, figure_id: str) -> Figure:
        found = self._scope.figures.get(figure_id)
        if found is None:
            raise Fault(f"unknown figure {figure_id!r}", nearest(str(figure_id), list(self._scope.figures)))
        return found

    def _figures(self, section: str | None = None) -> list[Figure]:
        sections = sorted({figure.section for figure in self._scope.figures.values()})
        if section is not None and section not in sections:
            raise Fault(f"unknown section {section!r}", nearest(section, sections))
        return [figure for figure in self._scope.figures.values() if section in (None, figure.section)]

    def _check_names(self, source: str) -> None:
        """Find names that mean nothing before anything runs, in branches that are not taken, too."""
        known = {*self._environment.globals, *self._tables}
        for query in self._page.queries:
            if query.name in self._environment.globals or query.name in _RESERVED:
                raise Fault(f"a query can't be named {query.name!r}", "a name of its own", line=query.line - 1)
        tree = self._environment.parse(source, self._page.place, self._page.place)
        for node in tree.find_all(nodes.Filter):
            if node.name not in self._environment.filters:
                raise Fault(f"unknown filter {node.name!r}", nearest(node.name, list(_FILTERS)), line=node.lineno)
        unknown = find_undeclared_variables(tree) - known
        for node in tree.find_all(nodes.Name):
            if node.name in unknown:
                raise Fault(f"unknown name {node.name!r}", nearest(node.name, sorted(known)), line=node.lineno)

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
            return int(template.get_corresponding_lineno(frame.f_lineno))
        frame = frame.f_back
    return 0

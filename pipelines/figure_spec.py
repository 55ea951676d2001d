"""The record of one figure, as a YAML file in ``dashboards/figures/`` holds it: its keys and what they may be.

What belongs here: the shape of a figure's record, reading one. What does not: all figures together (registry.py),
values other than the handbook's, choosing a value (figures.py), HTML.

Who only names these types imports them for the type checker alone: pydantic takes a tenth of the time of a small build.
"""

from datetime import date
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines import yaml_lines
from pipelines.dates import is_reference
from pipelines.errors import InputError, nearest
from pipelines.languages import LANGUAGES
from pipelines.vocabulary import UNITS

PLACEHOLDERS = frozenset({"value", "year", "reference", "items"})

Bound = Literal["exact", "about", "at_least", "at_most"]
Status = Literal["ok", "preliminary", "proposed", "suspect", "derived"]
Basis = Literal["register", "publication", "quoted"]


NonBlank = Annotated[str, Field(pattern=r"\S")]


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(f"{text!r} is not a reference; YYYY, YYYY-MM or YYYY-MM-DD in quotes")
    return text


def _unit(unit: str) -> str:
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}; one of {', '.join(sorted(UNITS))}")
    return unit


ReferenceText = Annotated[str, AfterValidator(_reference)]
Unit = Annotated[str, AfterValidator(_unit)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Text(_Record):
    """The same text in the three languages; a missing one is an error."""

    fi: NonBlank
    sv: NonBlank
    en: NonBlank

    def __getitem__(self, language: str) -> str:
        """Return the text in ``fi``, ``sv`` or ``en``."""
        return getattr(self, language)


class Select(_Record):
    """Which observations a figure may be picked from. The first matching rule wins for equal references.

    ``geo``: a place, or ``regions`` for the sum over the 19 regions (at_least while a region is missing, R5).
    ``category`` ``*`` takes all categories (ranked lists). ``basis`` leaves out second-hand values by default.
    """

    series: str
    geo: str = "FI"
    category: str = ""
    coverage: str = "as_defined"
    basis: tuple[Basis, ...] = ("register", "publication")
    statuses: tuple[Status, ...] = ("ok", "preliminary", "derived")


class Handbook(_Record):
    """What the handbook printed in 2019, and how its citation should have read."""

    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    items: tuple[NonBlank, ...] = ()
    bound: Bound | None = None
    unit: Unit | None = None
    period: ReferenceText | None = None
    as_of: ReferenceText | None = None
    published_on: date
    citation: str
    citation_correct: str
    note: Text | None = None


class Break(_Record):
    """A declared break: from this reference on, values are not comparable with earlier ones (R5)."""

    at: ReferenceText
    text: Text


class Beside(_Record):
    """A figure that stands beside this one and must not be joined to it; its newest observation is shown."""

    name: Text
    why: Text
    select: Select


class Closed(_Record):
    """From when the source is closed and why. ``verified`` is false while a person has not checked it."""

    since: date
    reason: Text
    legal_basis: Text
    verified: bool


class Share(_Record):
    """A share that we compute beside the printed one (R9): numerator / sum of denominators, in percent."""

    numerator: Select
    denominator: Annotated[tuple[Select, ...], Field(min_length=1)]
    name: Text


class FigureSpec(_Record):
    """The record of one figure of the page."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    order: Annotated[int, Field(ge=0, le=999)]
    section: Literal["page", "chapter-1.1", "chapter-1.3", "glossary"]
    kind: Literal["number", "list", "sentence"] = "number"
    publisher: str
    source: Literal["prh", "statfin", "stea", "tem", "transcribed"]
    update_path: Literal["automatic", "transcribed", "on-request", "closed"]
    cite: Literal["register", "publication"]
    cite_name: Literal["long", "short"] = "long"
    unit: Unit | None = None
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    name: Text
    sentence: Text
    definition: Text
    counted: Text
    not_counted: Text
    why: Text
    """One sentence: why the figure changed since the handbook, or why it cannot be compared or updated."""
    select: tuple[Select, ...] = ()
    handbook: Handbook | None = None
    breaks: tuple[Break, ...] = ()
    beside: tuple[Beside, ...] = ()
    closed: Closed | None = None
    computed: tuple[Share, ...] = ()
    fresh_for_days: Annotated[int, Field(gt=0)] | None = None
    """How long after its reference an automatic figure may stand before a newer one is overdue."""

    @field_validator("sentence")
    @classmethod
    def _known_placeholders(cls, sentence: Text) -> Text:
        for language in LANGUAGES:
            for _, name, form, conversion in Formatter().parse(sentence[language]):
                if form or conversion:
                    raise ValueError(f"{language}: {{{name}}} takes no format; the program formats numbers and dates")
                if name is not None and name not in PLACEHOLDERS:
                    known = ", ".join("{" + p + "}" for p in sorted(PLACEHOLDERS))
                    raise ValueError(f"{language}: unknown placeholder {{{name}}}; one of {known}")
        return sentence

    @model_validator(mode="after")
    def _consistent(self) -> "FigureSpec":
        if self.kind != "sentence" and not self.select:
            raise ValueError("a number or list needs at least one select rule")
        wanted = {"number": "{value}", "list": "{items}", "sentence": ""}[self.kind]
        for language in LANGUAGES:
            if wanted not in self.sentence[language]:
                raise ValueError(f"sentence {language}: a {self.kind} needs {wanted}")
        if (self.update_path == "closed") != (self.closed is not None):
            raise ValueError("update_path closed and the closed record go together")
        if self.update_path == "automatic" and self.fresh_for_days is None:
            raise ValueError("an automatic figure needs fresh_for_days")
        if self.kind == "sentence" and self.handbook is None:
            raise ValueError("a sentence figure needs the handbook's citation and dates")
        return self


def read(path: Path) -> tuple[FigureSpec, yaml_lines.Lines]:
    """Return one figure and the lines of its file. Raises InputError with the line of the first thing that is wrong."""
    return _parsed(str(path), yaml_lines.bytes_of(path))


@lru_cache(maxsize=256)
def _parsed(path: str, body: bytes) -> tuple[FigureSpec, yaml_lines.Lines]:
    """Return one figure; the same bytes are read once a process, though a night asks for them six times."""
    content, lines = yaml_lines.read_bytes(body, path, "keys and values, see docs/add-a-figure.md")
    try:
        return FigureSpec.model_validate(content), lines
    except ValidationError as error:
        first = yaml_lines.to_tell(error)
        where = tuple(first["loc"])
        found = yaml_lines.line_of(lines, where)
        key = ".".join(str(part) for part in where) or "record"
        expected = nearest(str(where[-1]), _keys(where)) if first["type"] == "extra_forbidden" else ""
        problem = f"{key}: {'unknown key' if expected else first['msg'].removeprefix('Value error, ')}"
        raise InputError(f"{path}:{found}", problem, expected, "See docs/add-a-figure.md") from None


def _keys(where: tuple[str | int, ...]) -> list[str]:
    """Return the keys allowed where an unknown one was found."""
    model: Any = FigureSpec
    for part in where[:-1]:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            found = [t for t in _types(model.model_fields[part].annotation) if hasattr(t, "model_fields")]
            model = found[0] if found else model
    return list(model.model_fields)


def _types(annotation: Any) -> list[Any]:
    inner = [t for argument in get_args(annotation) for t in _types(argument)]
    return inner or [annotation]

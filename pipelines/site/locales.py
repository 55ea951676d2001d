"""The words of the interface in three languages: ``dashboards/locales/{fi,sv,en}.yaml``.

What belongs here: loading them and finding a word, a column's heading, a vocabulary's member, a page's own text.
What does not: names and sentences of figures (registry), number formats (pipelines/formats.py).

A file has four maps: ``ui`` (words of templates and components), ``columns`` (headings of columns by name),
``words`` (vocabularies: column name → value → word) and ``messages`` (Finnish text of a page → this language).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from string import Formatter
from typing import Any, cast

from pipelines import yaml_lines
from pipelines.errors import InputError, nearest
from pipelines.languages import LANGUAGES
from pipelines.site import codes
from pipelines.site.faults import Fault

_MAPS = ("ui", "columns", "words", "messages")
_EVERY_WORD = "every word in fi, sv and en"


@dataclass(frozen=True)
class Locale:
    """The words of one language."""

    language: str
    ui: Mapping[str, str]
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    messages: Mapping[str, str]
    lines: yaml_lines.Lines = field(default_factory=dict[yaml_lines.Where, int], repr=False)

    def text(self, key: str, **values: object) -> str:
        """Return a word of the interface with ``{name}`` filled. Raises Fault with the nearest key."""
        if key not in self.ui:
            raise Fault(f"unknown word {key!r} in locales/{self.language}.yaml", nearest(key, list(self.ui)))
        return self.ui[key].format(**values) if values else self.ui[key]

    def heading(self, column: str) -> str:
        """Return the heading of a column. Raises Fault when there is none."""
        if column not in self.columns:
            where = f"columns of locales/{self.language}.yaml, or labels="
            raise Fault(f"no heading for column {column!r} in {self.language!r}", f"one in {where}")
        return self.columns[column]

    def word(self, vocabulary: str, value: str) -> str | None:
        """Return the word for a value of a vocabulary, None where the vocabulary or the value is not in it."""
        return self.words.get(vocabulary, {}).get(value)

    def translate(self, text: str) -> str:
        """Return a page's own Finnish text in this language. Raises Fault when it was not translated."""
        if self.language == "fi":
            return text
        if text not in self.messages:
            close = nearest(text, list(self.messages)) if self.messages else ""
            expected = close if close.startswith("perhaps") else f"a line in messages of locales/{self.language}.yaml"
            raise Fault(f"{text!r} has no {self.language!r} text", expected)
        return self.messages[text]


def load(folder: Path) -> dict[str, Locale]:
    """Load the three files. Raises InputError naming the file; a word that a language lacks is an error.

    Files that were found right before are not checked again (codes.py).
    """
    paths = {language: folder.resolve() / f"{language}.yaml" for language in LANGUAGES}
    bodies = {language: yaml_lines.bytes_of(path) for language, path in paths.items()}
    key = f"locales {sha256(b'|'.join(sha256(body).digest() for body in bodies.values())).hexdigest()}"
    known = codes.find(key)
    if known is not None:
        return {language: Locale(language, *parts) for language, parts in known.items()}
    found = {language: _load(path, language, bodies[language]) for language, path in paths.items()}
    for language in LANGUAGES[1:]:
        _same_keys(found[LANGUAGES[0]], found[language], folder)
    codes.keep(
        key, {language: (one.ui, one.columns, one.words, one.messages, one.lines) for language, one in found.items()}
    )
    return found


def _load(path: Path, language: str, body: bytes) -> Locale:
    content, lines = yaml_lines.read_bytes(body, str(path), ", ".join(_MAPS))
    for key in content:
        if key not in _MAPS:
            place = f"{path}:{yaml_lines.line_of(lines, (key,))}"
            raise InputError(place, f"unknown key {key!r}", nearest(str(key), list(_MAPS)))
    maps: list[Any] = [content.get(key) or {} for key in _MAPS]
    for name, members in zip(_MAPS, maps, strict=True):
        _check_words(path, lines, (name,), members, deep=name == "words")
    return Locale(language, *maps, lines=dict(lines))


def _check_words(path: Path, lines: yaml_lines.Lines, where: yaml_lines.Where, found: object, deep: bool) -> None:
    """Refuse what is no word, and a ``{hole}`` that is not closed. Raises InputError with the line."""
    place = f"{path}:{yaml_lines.line_of(lines, where)}"
    if not isinstance(found, dict):
        raise InputError(place, f"{where[-1]!r} has no words", "keys and words")
    for key, word in cast("dict[Any, object]", found).items():
        inner = (*where, key)
        if deep:
            _check_words(path, lines, inner, word, deep=False)
            continue
        place = f"{path}:{yaml_lines.line_of(lines, inner)}"
        if not isinstance(word, str) or not word.strip():
            raise InputError(place, f"{key!r} is {word!r}", "a word, in quotation marks where YAML reads it otherwise")
        if where == ("ui",):
            _holes(word, place)


def _holes(word: str, place: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(word) if name is not None}
    except ValueError as error:
        raise InputError(place, str(error), "{name} for what is filled in") from None


def _same_keys(first: Locale, other: Locale, folder: Path) -> None:
    pairs: list[tuple[yaml_lines.Where, Any, Any]] = [
        (("ui",), first.ui, other.ui),
        (("columns",), first.columns, other.columns),
        (("words",), first.words, other.words),
    ]
    pairs += [(("words", name), members, other.words.get(name, {})) for name, members in first.words.items()]
    for where, mine, theirs in pairs:
        name = ".".join(str(part) for part in where)
        for key in sorted(set(theirs) - set(mine), key=str):
            line = yaml_lines.line_of(other.lines, (*where, key))
            close = nearest(str(key), [str(k) for k in mine])
            problem = f"{name}: {key!r} is not in {first.language}.yaml"
            raise InputError(f"{folder / other.language}.yaml:{line}", problem, f"{close}, or it in all three files")
        for key in sorted(set(mine) - set(theirs), key=str):
            line = yaml_lines.line_of(other.lines, where)
            raise InputError(f"{folder / other.language}.yaml:{line}", f"{name}: {key!r} is missing", _EVERY_WORD)
    for key, word in first.ui.items():
        place = f"{folder / other.language}.yaml:{yaml_lines.line_of(other.lines, ('ui', key))}"
        asked, given = _holes(word, place), _holes(other.ui[key], place)
        if asked != given:
            held = ", ".join(f"{{{name}}}" for name in sorted(asked)) or "no {…}"
            problem = f"{key!r} fills in {', '.join(sorted(given)) or 'nothing'}"
            raise InputError(place, problem, f"{held} as in {first.language}.yaml")

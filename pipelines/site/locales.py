"""The words of the interface in three languages: ``dashboards/locales/{fi,sv,en}.yaml``.

What belongs here: loading them and finding a word, a column's heading, a vocabulary's member, a page's own text.
What does not: names and sentences of figures (registry), number formats (pipelines/formats.py).

A file has four maps: ``ui`` (words of templates and components), ``columns`` (headings of columns by name),
``words`` (vocabularies: column name → value → word) and ``messages`` (Finnish text of a page → this language).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import InputError
from pipelines.registry import LANGUAGES, nearest
from pipelines.site.faults import Fault

_MAPS = ("ui", "columns", "words", "messages")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Locale:
    """The words of one language."""

    language: str
    ui: Mapping[str, str]
    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    messages: Mapping[str, str]

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
    """Load the three files. Raises InputError naming the file; a word that a language lacks is an error."""
    paths = {language: folder.resolve() / f"{language}.yaml" for language in LANGUAGES}
    found = {language: _load(path, language, _stamp(path)) for language, path in paths.items()}
    for language in LANGUAGES[1:]:
        _same_keys(found[LANGUAGES[0]], found[language], folder)
    return found


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.is_file() else 0


@cache
def _load(path: Path, language: str, _: int) -> Locale:
    try:
        content: Any = yaml.load(path.read_text(encoding="utf-8"), _LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(str(path), f"cannot be read: {' '.join(str(error).split())}", "YAML in UTF-8") from None
    if not isinstance(content, dict):
        raise InputError(str(path), "not keys and values", ", ".join(_MAPS))
    for key in content:
        if key not in _MAPS:
            raise InputError(str(path), f"unknown key {key!r}", nearest(str(key), list(_MAPS)))
    maps: list[Any] = [content.get(key) or {} for key in _MAPS]
    return Locale(language, *maps)


def _same_keys(first: Locale, other: Locale, folder: Path) -> None:
    pairs = [("ui", first.ui, other.ui), ("columns", first.columns, other.columns), ("words", first.words, other.words)]
    pairs += [(f"words.{name}", members, other.words.get(name, {})) for name, members in first.words.items()]
    for name, mine, theirs in pairs:
        for key in sorted(set(mine) ^ set(theirs), key=str):
            lacking = other.language if key in mine else first.language
            raise InputError(
                str(folder / f"{lacking}.yaml"), f"{name}: {key!r} is missing", "every word in fi, sv and en"
            )

"""A YAML file that people edit, read with the line of every key, so that an error can name the place.

What belongs here: reading one file into values and lines, refusing what is not plain YAML. What does not: which keys
there may be (registry.py, corrections.py).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipelines.errors import InputError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Where = tuple[str | int, ...]
Lines = Mapping[Where, int]
"""Path of keys and places in lists → line, from 1; ``()`` is the file as a whole."""

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is


def read(path: Path, expected: str, kind: type[Any] = dict) -> tuple[Any, Lines]:
    """Return the content of a file, a ``kind`` (dict or list), and its lines.

    Raises InputError with file and line for what is not UTF-8, not YAML, of another kind, or has a key twice.
    """
    return read_bytes(bytes_of(path), str(path), expected, kind)


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a file. Raises InputError for one that cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}", "a file") from None


def read_bytes(body: bytes, place: str, expected: str, kind: type[Any] = dict) -> tuple[Any, Lines]:
    """Read as ``read`` does, from bytes; ``place`` names them in errors."""
    text = decoded(body, place)
    try:
        content, lines = _values(text)
    except RecursionError:
        raise InputError(place, "not a record: it contains itself, or is nested too deep", "no aliases") from None
    except ValueError as error:
        raise _unreadable(text, place, error) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}:{mark.line + 1}:{mark.column + 1}" if mark else place
        raise InputError(where, f"not valid YAML: {getattr(error, 'problem', error)}") from None
    except InputError as error:
        raise InputError(f"{place}:{error.place.removeprefix('line ')}", error.problem, error.expected) from None
    if not isinstance(content, kind):
        raise InputError(f"{place}:1", "not a record" if kind is dict else "not a list", expected)
    return content, lines


def decoded(body: bytes, place: str) -> str:
    """Return the text of a file that people edit. Raises InputError with the line of what is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InputError(f"{place}:{line}", f"not UTF-8 (byte {error.start})", "text saved as UTF-8") from None


def to_tell(error: "ValidationError") -> "ErrorDetails":
    """Return the one error to tell: an unknown key before the missing one that it was meant to be."""
    found = error.errors()
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def line_of(lines: Lines, where: Where) -> int:
    """Return the line of a key, or of the nearest record around it."""
    return next((lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in lines), 1)


def _values(text: str) -> tuple[Any, Lines]:
    """Return the YAML as values, and its lines; what libyaml refuses is read again for the clearer message."""
    try:
        return _loaded(_LOADER(text))
    except yaml.YAMLError:
        return _loaded(yaml.SafeLoader(text))


def _loaded(loader: yaml.SafeLoader) -> tuple[Any, Lines]:
    lines: dict[Where, int] = {}
    try:
        node: yaml.Node | None = loader.get_single_node()
        if node is None:
            return None, lines
        _lines(node, (), lines)  # first: values are made of the nodes, which a merge key changes
        return loader.construct_document(node), lines  # pyright: ignore[reportUnknownMemberType]
    finally:
        loader.dispose()


def _unreadable(text: str, place: str, error: ValueError) -> InputError:
    """Return the error of a value that looks like a day or a number and is none, with its line: ``2019-02-31``."""
    loader = yaml.SafeLoader("")
    for scalar in _scalars(yaml.compose(text, yaml.SafeLoader)):
        try:
            loader.construct_object(scalar)  # pyright: ignore[reportUnknownMemberType]
        except ValueError as bad:
            shown = scalar.value if len(scalar.value) <= 40 else f"{scalar.value[:40]}…"
            problem = f"{shown!r} is no value: {str(bad).partition(':')[0]}"
            return InputError(f"{place}:{scalar.start_mark.line + 1}", problem, "days YYYY-MM-DD, numbers in digits")
    return InputError(place, f"not a record: {error}", "dates YYYY-MM-DD, no aliases")


def _scalars(root: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Return the scalars in the order of the file; a record that contains itself is walked once."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def _lines(node: yaml.Node, where: Where, found: dict[Where, int]) -> None:
    found.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if (*where, key.value) in found:
                line = f"line {key.start_mark.line + 1}"
                raise InputError(line, f"key {key.value!r} is there twice", "each key once")
            found[(*where, key.value)] = key.start_mark.line + 1
            _lines(value, (*where, key.value), found)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _lines(item, (*where, index), found)

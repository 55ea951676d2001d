"""A YAML file that people edit, read with the line of every key, so that an error can name the place.

What belongs here: reading one file into values and lines, refusing what is not plain YAML. What does not: which keys
there may be (registry.py, corrections.py).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import InputError

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
    try:
        node, content = _values(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if not isinstance(error, UnicodeDecodeError):  # e.g. 2019-13-45, or a record that contains itself
            raise InputError(place, f"not a record: {error}", "dates YYYY-MM-DD, no aliases") from None
        raise InputError(place, f"not UTF-8 (byte {error.start})", "text saved as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}:{mark.line + 1}:{mark.column + 1}" if mark else place
        raise InputError(where, f"not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(content, kind) or node is None:
        raise InputError(f"{place}:1", "not a record" if kind is dict else "not a list", expected)
    lines: dict[Where, int] = {}
    try:
        _lines(node, (), lines)
    except RecursionError:  # a list or record that contains itself
        raise InputError(place, "not a record: it contains itself", "no aliases") from None
    except InputError as error:
        raise InputError(f"{place}:{error.place.removeprefix('line ')}", error.problem, error.expected) from None
    return content, lines


def line_of(lines: Lines, where: Where) -> int:
    """Return the line of a key, or of the nearest record around it."""
    return next((lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in lines), 1)


def _values(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the YAML with its lines and as values; what libyaml refuses is read again for the clearer message."""
    try:
        return yaml.compose(text, _LOADER), yaml.load(text, _LOADER)
    except yaml.YAMLError:
        return yaml.compose(text, yaml.SafeLoader), yaml.load(text, yaml.SafeLoader)


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

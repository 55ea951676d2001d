"""Which of Python's audit events are writes below a folder.

What belongs here: that, for the tests that fail or kill at each write. What does not: what they do at one.
"""

import os
from typing import Any

_WRITES = {
    *("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate"),
    *("os.utime", "shutil.copyfile", "tempfile.mkdtemp", "tempfile.mkstemp"),
}
_EXCHANGES = ("renameat2", "renamex_np")


def is_write(event: str, arguments: tuple[Any, ...], root: str) -> bool:
    """Tell whether an event is a write below ``root``; the exchange of two folders is one, wherever."""
    if event == "ctypes.dlsym":
        return arguments[1] in _EXCHANGES
    if event == "open":
        path, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if mode else bool(flags & 3)
        return writes and below(path, root)
    return event in _WRITES and any(below(one, root) for one in arguments)


def below(path: object, root: str) -> bool:
    """Tell whether an argument of an event is a path below ``root``."""
    return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(root)

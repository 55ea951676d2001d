"""Errors that a person can act on.

What belongs here: the exception types that cross rooms, the nearest known name for their messages. What does not:
messages about one source's format (they are made where the format is known, with one of these types).
"""


class LukuinaError(Exception):
    """Base of all errors that the command line prints as one message instead of a traceback."""


class InputError(LukuinaError):
    """Something that entered from outside is wrong: bytes, a file, a setting, an argument.

    ``place`` is where (file:line:column, url, option), ``problem`` what is there, ``expected`` what should be,
    ``fix`` what to do. The message is one line, so that a log and ``lukuina status`` can show it whole.
    """

    def __init__(self, place: str, problem: str, expected: str = "", fix: str = "") -> None:
        self.place, self.problem, self.expected, self.fix = place, problem, expected, fix
        text = f"{place}: {problem}"
        if expected:
            text += f"; expected {expected}"
        if fix:
            text += f". {fix}"
        super().__init__(" ".join(text.split()))

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross to another process whole."""
        return type(self), (self.place, self.problem, self.expected, self.fix), self.__dict__


class FetchError(InputError):
    """A page could not be had: ``place`` is its url.

    ``host_down`` tells that the host as a whole did not answer (refused, timed out, dropped), so that asking it
    for the source's other pages would only wait again.
    """

    def __init__(self, place: str, problem: str, expected: str = "", fix: str = "", *, host_down: bool = False) -> None:
        super().__init__(place, problem, expected, fix)
        self.host_down = host_down


class NoContactError(LukuinaError):
    """A public host may not be asked without a contact address in the User-Agent (architecture, decision 7)."""


class GateError(LukuinaError):
    """The blocking checks before publishing failed: nothing published was changed."""


def nearest(name: str, known: list[str]) -> str:
    """Return ``one of …`` with the names most like ``name`` first, for error messages."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"perhaps {close[0]!r}" if close else "one of " + ", ".join(sorted(known))

"""Errors inside a page, before the line is known.

What belongs here: the exception that components and queries raise; the renderer adds file and line (InputError).
"""

from pipelines.errors import InputError


class Fault(Exception):
    """Something in a page is wrong: ``problem``, what was ``expected``, what to do (``fix``).

    ``line`` is the line when it is known where it rises; ``words`` are words of the page that stand on it.
    """

    def __init__(self, problem: str, expected: str = "", fix: str = "", *, line: int = 0, words: str = "") -> None:
        super().__init__(problem)
        self.problem, self.expected, self.fix, self.line, self.words = problem, expected, fix, line, words

    def at(self, place: str, line: int) -> InputError:
        """Return the error that a person reads, with the page file and line."""
        return InputError(f"{place}:{line}", self.problem, self.expected, self.fix)

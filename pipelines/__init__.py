"""Toiminta lukuina: public bytes in, quotable figures out.

What belongs here: nothing but the version. Each module's docstring says what lives in it; the map of the
rooms is in docs/architecture.md.
"""

__version__ = "0.1.0"

"""A build in which nothing is new but the state of the night: only the pages that print it are made.

What belongs here: the record of the last build as a whole, and telling whether all of it but those pages still stands.
What does not: whether one page stands (kept.py), printing (presses.py), the exchange of the folder (place.py).

Of a site of thousands of pages the memory of the single pages costs seconds to read and to compare; here one digest of
the whole site is compared. What is compared: code, templates, words and settings (``base``), the published data, the
figures as they stand on the day, the days between which the pages say the same, whether PDF can be made, and every
file, by number, size and time of change. The record lies beside the memory and may be deleted as it may.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipelines.files import write_atomic
from pipelines.site import place, status_json
from pipelines.site.draft import Draft
from pipelines.site.house import House, Options, base_of
from pipelines.site.kept import GIVEN, Entry
from pipelines.site.page import PageFile

Addresses = Mapping[str, tuple[tuple[str, str], ...]]
"""The pages of each page file, by its place: address and canonical address."""


@dataclass(frozen=True)
class Standing:
    """What stands: ``pages`` that are not made anew, ``moving`` files that are, ``there`` the site as it lies.

    ``figures``, ``given``: digests of them in the last build; ``given`` is "" when a moving file was changed since.
    """

    pages: Addresses
    moving: frozenset[str]
    figures: str
    given: str
    there: Mapping[str, place.Stat]

    def holds(self, house: House) -> bool:
        """Tell whether the figures are what they were, as the opened ``house`` has them."""
        return self.figures == house.memory.figures

    def says_the_same(self, house: House) -> bool:
        """Tell whether even the state of the night is what it was, and its pages lie as they were made."""
        return self.given == house.memory.given


def find(options: Options, sources: Sequence[PageFile], there: Mapping[str, place.Stat]) -> Standing | None:
    """Return what stands of the last build; null when anything but the state of the night may be another.

    ``there``: the site as it lies.
    """
    if options.kept is None or not options.version:
        return None
    try:
        known: dict[str, Any] = json.loads(_record(options.kept).read_bytes())
        day = (options.known_on or options.build_date).isoformat()
        base = {"base": base_of(options, sources), **_base(options, sources)}
        if any(known[name] != told for name, told in base.items()) or not known["first"] <= day <= known["last"]:
            return None
        moving = frozenset[str](known["moving"])
        pages = {name: tuple((str(a), str(c)) for a, c in found) for name, found in known["pages"].items()}
        if moving <= there.keys() and known["site"] == _digest(there, there.keys() - moving):
            given = known["given"] if known["moved"] == _digest(there, moving) else ""
            return Standing(pages, moving, known["figures"], given, there)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def remember(house: House, draft: Draft, there: Mapping[str, place.Stat]) -> None:
    """Record a whole build, once it is in its place; none when a page of it can't be told to stand.

    ``there``: the site as it lies now.
    """
    options, made = house.options, house.memory.made()
    if options.kept is None:
        return
    _record(options.kept).unlink(missing_ok=True)
    entries = [entry for found in made.values() for entry in found.values()]
    if not options.version or len(entries) < len(draft.pages) or _missing_pdf(entries, draft):
        return
    moves = {name for name, found in made.items() if any(set(entry.asked) & set(GIVEN) for entry in found.values())}
    if any(entry.pictures for name in moves for entry in made[name].values()):
        return  # a picture is drawn once more as PNG by a maker of its own
    moving = {path for name in moves for entry in made[name].values() for path, _, _ in entry.files}
    moving |= {status_json.PATH} & draft.files.keys()
    standing = [entry for name, found in made.items() if name not in moves for entry in found.values()]
    known = {
        "base": house.memory.base,
        **_base(options, house.sources),
        "figures": house.memory.figures,
        "given": house.memory.given,
        "first": max((entry.first for entry in standing), default=""),
        "last": min((entry.last for entry in standing), default="9999"),
        "pages": {name: _addresses(found.values()) for name, found in made.items() if name not in moves},
        "moving": sorted(moving),
        "site": _digest(there, there.keys() - moving),
        "moved": _digest(there, moving),
    }
    write_atomic(_record(options.kept), json.dumps(known).encode(), may_be_lost=True)


def _base(options: Options, sources: Sequence[PageFile]) -> dict[str, object]:
    """Return what must be the same beside the base of the pages: their texts, data, the memory, the maker of PDF."""
    assert options.kept is not None
    stat = options.kept.stat()
    texts = sha256(repr(list(sources)).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "texts": texts,
        "data": options.version,
        "memory": [stat.st_size, stat.st_mtime_ns],
        "pdf": _pdf(),
    }


def _addresses(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    return list({entry.address: (entry.address, entry.canonical) for entry in entries}.values())


def _missing_pdf(entries: Iterable[Entry], draft: Draft) -> bool:
    """Tell whether a page offers a PDF that could not be made: perhaps it can in the next night."""
    offered = sum(1 for entry in entries if entry.papers)
    return _pdf() != "" and sum(1 for path in draft.files if path.endswith(".pdf")) < offered


def _pdf() -> str:
    """Return the version of what makes PDF; "" where it is not installed."""
    try:
        return version("weasyprint")
    except PackageNotFoundError:
        return ""


def _digest(there: Mapping[str, place.Stat], paths: Set[str]) -> str:
    """Return the digest of what tells these files from any others."""
    return sha256(repr([(path, there.get(path)) for path in sorted(paths)]).encode()).hexdigest()


def _record(kept: Path) -> Path:
    return kept.with_name(f"{kept.stem}-whole.json")

"""The data of the grants explorer: columns of all grants, purposes in pieces, an index of their words in pieces.

What belongs here: tables to the bytes that ``dashboards/assets/explorer.js`` reads. What does not: the form and its
words (components/explorer.py), what counts as a word and its stem (pipelines/purposes.py), the SQL (the page).

Files are JSON inside a call, ``lukuinaData("core", JSON.parse('…'))``, so that they load as scripts of the same site:
also from the disk, where a page may fetch nothing, and without a looser policy.

``core.js``    everything that is filtered and summed, a string a column, rows in the order of the query: newest first;
               ``years`` are pairs of year and count of rows; the dimensions of ``LETTERED`` and ``employment`` have one
               character a row (``-`` = none, ``0`` = the first and so on by code). All other columns are numbers, one
               after the other, in ``digits``: one of the latter half of them ends a number. ``organisation`` and
               ``scope`` are places in their lists; ``number`` is one more than the number, 0 for none; euros are two
               more, 1 for none and 0 for the same as in the column before it (``granted``, ``proposed``, ``applied``);
               ``purpose`` is 0 for the next new text, else how many texts back it stands. ``scopes`` are, one after
               the other, how many places and which, ``places`` a name and which ``area`` it lies in (-1: none): euros
               that are left over go to the first places
``pN.js``      the texts number N × 16 and on.
``wN.js``      entries ``[family, words, purposes]`` of words from ``shards[N]`` to the next one, by their first three
               letters; purposes as steps from one number to the next, or 0 where nearly every purpose has the word.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, zip_longest

from pipelines.site.tables import Table
from pipelines.vocabulary import LETTERS

EMPLOYMENT = ("employment_class", "employment_keyword", "employment_keyword_sv")
"""What of our heuristic holds for a target: a bit each, the first the lowest."""
COLUMNS = (
    *("year", "organisation_id", "organisation", "grant_type", "grant_number", "theme", "organisation_class", "scope"),
    *("areas", "applied_eur", "proposed_eur", "granted_eur", *EMPLOYMENT, "purpose"),
)
LETTERED = {"type": "grant_type", "theme": "theme", "class": "organisation_class"}
FORM = 2
"""Raised when the files change their form, so that no browser reads one that it kept from before."""
PURPOSES = 16
"""Texts in one file: about 5 kB, so that a list of 25 rows costs little wherever its texts stand."""

DIGITS = "".join(chr(code) for code in range(33, 127) if chr(code) not in "\"'<\\")
"""What numbers are written in: one byte each, nothing that a script or a string would have to escape. The bytes of
JSON's decimals and commas would be nearly twice as many, which counts where a server does not compress."""

_SHARD = 24_000
_COMMON = 0.3
_FEW = 1000
"""From this many purposes on, a word of more than _COMMON of them (ja, sekä) tells nothing and has no list."""

_WORD = f"[{LETTERS}]+"

_Entry = tuple[str, str, str, list[int] | int]
"""First three letters, family, words with blanks between, purposes as steps."""


def files(grants: Table, words: Table, facts: Mapping[str, object]) -> dict[str, bytes]:
    """Return the files by name. ``grants`` has COLUMNS, ``words`` word and family; ``facts`` are put into core."""
    columns = {name: grants.column(name) for name in COLUMNS}
    texts, steps = _numbered([str(text or "") for text in columns["purpose"]])
    shards = _shards(_entries(texts, words))
    core = {**facts, **_core(columns), "purpose": packed(steps), "shards": [first for first, _ in shards]}
    made = {"core": core}
    made |= {f"p{n // PURPOSES}": texts[n : n + PURPOSES] for n in range(0, len(texts), PURPOSES)}
    made |= {f"w{n}": entries for n, (_, entries) in enumerate(shards)}
    return {f"{name}.js": script(name, value) for name, value in made.items()}


def script(name: str, value: object) -> bytes:
    """Return a script that hands ``value`` over; whatever its strings hold, they stay strings."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark, safe in (("\\", "\\\\"), ("'", "\\'"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"), ("<", "\\u003c")):
        text = text.replace(mark, safe)
    return f"lukuinaData('{name}',JSON.parse('{text}'))\n".encode("utf-8", "replace")


def _core(columns: Mapping[str, Sequence[object]]) -> dict[str, object]:
    owners = list(dict.fromkeys(zip(columns["organisation_id"], columns["organisation"], strict=True)))
    scopes = list(dict.fromkeys(zip(columns["scope"], columns["areas"], strict=True)))
    split = [
        list(zip_longest(str(scope or "").split(", "), str(listed or "").split(","), fillvalue=""))
        for scope, listed in scopes
    ]
    places = {place: n for n, place in enumerate(dict.fromkeys(place for named in split for place in named))}
    areas = sorted({area for _, area in places if area})
    granted, proposed, applied = (columns[name] for name in ("granted_eur", "proposed_eur", "applied_eur"))
    made: dict[str, object] = {
        "digits": DIGITS,
        "years": [[year, len(list(rows))] for year, rows in groupby(columns["year"])],
        "organisations": [[one or "", name] for one, name in owners],
        "organisation": _numbers(owners, zip(columns["organisation_id"], columns["organisation"], strict=True)),
        "area": areas,
        "places": [[place, areas.index(area) if area else -1] for place, area in places],
        "scopes": packed(n for named in split for n in (len(named), *(places[place] for place in named))),
        "scope": _numbers(scopes, zip(columns["scope"], columns["areas"], strict=True)),
        "number": packed(0 if value is None else int(str(value)) + 1 for value in columns["grant_number"]),
        "employment": "".join(
            str(sum(bool(holds) << bit for bit, holds in enumerate(flags)))
            for flags in zip(*(columns[name] for name in EMPLOYMENT), strict=True)
        ),
        "granted": _euros(granted, [None] * len(granted)),
        "proposed": _euros(proposed, granted),
        "applied": _euros(applied, proposed),
    }
    for name, column in LETTERED.items():
        values = sorted({str(value) for value in columns[column] if value})
        made[f"{name}_names"] = values
        made[name] = _letters(values, columns[column])
    return made


def packed(numbers: Iterable[int]) -> str:
    """Return numbers from 0 on in DIGITS, the first digit of each first; its last one is of their latter half."""
    base = len(DIGITS) // 2
    made: dict[int, str] = {}  # most numbers are there many times
    return "".join(made.get(number) or made.setdefault(number, _digits(number, base)) for number in numbers)


def _digits(number: int, base: int) -> str:
    if number < 0:
        raise ValueError(f"{number} is less than 0: the explorer's columns have no such number")
    left, last = divmod(number, base)
    text = DIGITS[base + last]
    while left:
        left, digit = divmod(left, base)
        text = DIGITS[digit] + text
    return text


def _euros(values: Sequence[object], before: Sequence[object]) -> str:
    return packed(
        0 if value == other else 1 if value is None else int(str(value)) + 2
        for value, other in zip(values, before, strict=True)
    )


def _numbers(known: Sequence[object], rows: Iterable[object]) -> str:
    at = {one: n for n, one in enumerate(known)}
    return packed(at[row] for row in rows)


def _letters(values: Sequence[str], cells: Sequence[object]) -> str:
    at: dict[object, str] = {value: chr(ord("0") + n) for n, value in enumerate(values)}
    return "".join(at.get(cell, "-") for cell in cells)


def _numbered(purposes: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the distinct texts in order of appearance, and for each row 0 for a new one or how far back it stands."""
    known: dict[str, int] = {}
    steps: list[int] = []
    for text in purposes:
        number = known.get(text)
        if number is None:
            known[text] = len(known)
            steps.append(0)
        else:
            steps.append(len(known) - number)
    return list(known), steps


def _entries(texts: Sequence[str], words: Table) -> list[_Entry]:
    import polars as pl  # here: a site without grants does without it

    number = pl.col("number")
    known = pl.DataFrame(words.only(("word", "family")).cells, {"word": pl.String, "family": pl.String}, orient="row")
    families = known.select(pl.col("family").unique()).with_row_index("at")
    tokens = pl.DataFrame({"text": texts}, {"text": pl.String}).select(
        pl.int_range(pl.len()).alias("number"), pl.col("text").str.to_lowercase().str.extract_all(_WORD).alias("word")
    )
    placed = known.join(families, on="family").select("word", pl.col("at").cast(pl.Int64) * len(texts))
    found = tokens.explode("word").join(placed, on="word").select(pl.col("at") + number)  # both in one, to sort once
    pairs = found.unique().sort("at").select(pl.col("at") // len(texts), (pl.col("at") % len(texts)).alias("number"))
    steps = pairs.group_by("at", maintain_order=True).agg(number.diff().fill_null(number.first()).alias("steps"))
    steps = steps.join(families.with_columns(pl.col("at").cast(pl.Int64)), on="at").drop("at")
    forms = known.group_by(pl.col("word").str.slice(0, 3).alias("first"), "family").agg(
        pl.col("word").sort().str.join(" ")
    )
    entries = forms.join(steps, on="family").select("first", "family", "word", "steps")
    limit = len(texts) * _COMMON if len(texts) >= _FEW else len(texts)
    return [
        (first, family, joined, 0 if len(listed) > limit else listed)
        for first, family, joined, listed in entries.sort("first", "family").iter_rows()
    ]


def _shards(entries: Sequence[_Entry]) -> list[tuple[str, list[list[object]]]]:
    """Put entries together, those of the same three letters in one, until a shard is large enough."""
    shards: list[tuple[str, list[list[object]]]] = []
    size = _SHARD
    for first, group in groupby(entries, key=lambda entry: entry[0]):
        if size >= _SHARD:
            shards.append((first, []))
            size = 0
        for _, family, joined, steps in group:
            shards[-1][1].append([family, joined, steps])
            size += 12 + len(joined) + (3 * len(steps) if isinstance(steps, list) else 1)
    return shards

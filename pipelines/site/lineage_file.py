"""``data/lineage.parquet``: the record of every file's inputs (lineage.py), for readers and for tests.

What belongs here: which inputs the files have that were not made by a component (pictures made of pictures, feeds and
PDF beside a page, data files), and writing the table. What does not: the record of pages (build.py).

Style sheets, scripts, the sitemap, the page not found and ``status.json`` have no data of ours in them, or are the
state of the night, and are not listed.
"""

import io
from collections.abc import Sequence
from hashlib import file_digest, sha256
from pathlib import Path

from pipelines.site import product_files
from pipelines.site.draft import Draft, Files
from pipelines.site.kept import RECORD
from pipelines.site.lineage import Records, Used

PATH = RECORD

COLUMNS = ("output", "page", "kind", "name", "tables", "columns", "digest")
"""``output``: the file's path in the site; ``page``: the page file in dashboards/; ``kind``: query, figure or mart;
``name``: of the query or mart, id of the figure; ``tables``: the marts that the query reads; ``columns``: what was used
of its result; ``digest``: of what was used."""

_TABLE = (".parquet", ".csv")
"""Data files of one table; the others (checksums, package) tell of all tables."""


def make(draft: Draft) -> Files:
    """Return the file; last of the makers, so that it sees what the others made."""
    records = dict(draft.inputs)
    as_before: list[tuple[str, str]] = []
    for path in draft.files:
        if path in records:
            continue
        model = _model(draft, path)
        if path in draft.files.taken:
            as_before.append((path, path))
        elif found := _of_mart(path, draft.files[path]):
            records[path] = found
        elif model in draft.inputs:
            records[path] = draft.inputs[model]
        elif model in draft.files.taken:
            as_before.append((path, model))
    return {PATH: _parquet(records, as_before, draft.files.out / PATH)}


def _parquet(records: Records, as_before: Sequence[tuple[str, str]], before: Path) -> bytes:
    """Return the table: the records, and for each pair in ``as_before`` the rows that the second had before."""
    import polars as pl  # here: a site without this file does without it

    rows = [
        (output, page, one.kind, one.name, list(one.tables), list(one.columns), one.digest)
        for output, (page, inputs) in records.items()
        for one in set(inputs)
    ]
    lists = {"tables": pl.List(pl.String()), "columns": pl.List(pl.String())}
    schema = {name: lists.get(name, pl.String()) for name in COLUMNS}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    if as_before:
        pairs = pl.DataFrame(as_before, schema={"output": pl.String(), "model": pl.String()}, orient="row")
        known = pl.read_parquet(before).rename({"output": "model"})
        table = pl.concat([table, pairs.join(known, on="model").select(COLUMNS)])
    table = table.sort("output", "kind", "name", pl.col("columns").list.join(","), "digest", maintain_order=True)
    out = io.BytesIO()
    table.write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


def _model(draft: Draft, path: str) -> str:
    """Return the file whose inputs a file has: its own when it was taken over, else of its drawing or its page."""
    if path in draft.files.taken:
        return path
    folder = path.rpartition("/")[0]
    return f"{path.removesuffix('.png')}.svg" if path.endswith(".png") else f"{folder}/index.html"


def _of_mart(path: str, content: bytes | Path) -> tuple[str, tuple[Used, ...]] | None:
    """Return the record of a data file."""
    folder, _, name = path.rpartition("/")
    if folder == "data" and not name.endswith(".duckdb"):
        table = name.rpartition(".")[0] if name.endswith(_TABLE) else "*"
        return "", (Used("mart", table, _digest(content), (), (table,)),)
    if marts := product_files.made_of(path):
        digest = _digest(content)
        return "", tuple(Used("mart", mart, digest, (), (mart,)) for mart in marts)
    return None


def _digest(content: bytes | Path) -> str:
    """Return the digest of a file; one on disk is read by pieces, since ten million grants are a CSV of 2 GB."""
    if isinstance(content, bytes):
        return sha256(content).hexdigest()[:16]
    with content.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()[:16]

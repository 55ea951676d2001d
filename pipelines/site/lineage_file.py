"""``data/lineage.parquet``: the record of every file's inputs (lineage.py), for readers and for tests.

What belongs here: which inputs the files have that were not made by a component (pictures made of pictures, feeds and
PDF beside a page, data files), and writing the table. What does not: the record of pages (build.py).

Style sheets, scripts, the sitemap, the page not found and ``status.json`` have no data of ours in them, or are the
state of the night, and are not listed.
"""

import io
from hashlib import sha256
from pathlib import Path

from pipelines.site import product_files
from pipelines.site.draft import Draft, Files
from pipelines.site.lineage import Records, Used

PATH = "data/lineage.parquet"

COLUMNS = ("output", "page", "kind", "name", "tables", "columns", "digest")
"""``output``: the file's path in the site; ``page``: the page file in dashboards/; ``kind``: query, figure or mart;
``name``: of the query or mart, id of the figure; ``tables``: the marts that the query reads; ``columns``: what was used
of its result; ``digest``: of what was used."""

_TABLE = (".parquet", ".csv")
"""Data files of one table; the others (checksums, package) tell of all tables."""


def make(draft: Draft) -> Files:
    """Return the file; last of the makers, so that it sees what the others made."""
    records = dict(draft.inputs)
    for path, content in draft.files.items():
        if path not in records and (found := _of(draft, path, content)):
            records[path] = found
    return {PATH: _parquet(records)}


def _parquet(records: Records) -> bytes:
    import polars as pl  # here: a site without this file does without it

    rows = [
        (output, page, one.kind, one.name, list(one.tables), list(one.columns), one.digest)
        for output, (page, inputs) in sorted(records.items())
        for one in sorted(set(inputs), key=lambda one: (one.kind, one.name, one.columns))
    ]
    lists = {"tables": pl.List(pl.String()), "columns": pl.List(pl.String())}
    schema = {name: lists.get(name, pl.String()) for name in COLUMNS}
    out = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


def _of(draft: Draft, path: str, content: bytes | Path) -> tuple[str, tuple[Used, ...]] | None:
    folder, _, name = path.rpartition("/")
    if folder == "data" and not name.endswith(".duckdb"):
        body = content if isinstance(content, bytes) else content.read_bytes()
        table = name.rpartition(".")[0] if name.endswith(_TABLE) else "*"
        return "", (Used("mart", table, sha256(body).hexdigest()[:16], (), (table,)),)
    if marts := product_files.made_of(path):
        digest = sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()[:16]
        return "", tuple(Used("mart", mart, digest, (), (mart,)) for mart in marts)
    twin = f"{path.removesuffix('.png')}.svg"
    page = f"{folder}/index.html"
    return draft.inputs.get(twin) if path.endswith(".png") else draft.inputs.get(page)

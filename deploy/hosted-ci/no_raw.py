"""Stop when a file of the site is a stored answer of a publisher, byte for byte (R15): ``no_raw.py SITE RAW``.

What belongs here: this one comparison, for a night on a machine of somebody else. What does not: anything that the
site itself does; it never copies from the raw store, and this says so before the pages leave the machine.
"""

import hashlib
import json
import sys
from pathlib import Path


def main(site: Path, raw: Path) -> int:
    """Return 0 when no file of ``site`` has the bytes of a snapshot that was fetched or imported, else 2."""
    kept: dict[str, str] = {}
    for path in sorted(raw.glob("*/*/*.meta.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["source"] not in {"transcribed", "corrections"}:  # our own, CC BY
            kept[record["sha256"]] = record["url"]
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    if not files:
        print(f"{site}: no files", file=sys.stderr)
        return 2
    for path in files:
        url = kept.get(hashlib.sha256(path.read_bytes()).hexdigest())
        if url is not None:
            print(f"{path}: the bytes that {url} sent; they may not be republished", file=sys.stderr)
            return 2
    print(f"{len(files)} files of the site, {len(kept)} stored answers: none is among them")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))

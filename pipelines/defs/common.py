"""What the assets share: keys, hashes, results of checks, marks on a run.

What belongs here: turning what the rooms return into what Dagster shows. What does not: assets, any step.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from pipelines.checks import Check
from pipelines.status import SourceStatus

if TYPE_CHECKING:
    Materialized = dg.MaterializeResult[Any]
else:
    Materialized = dg.MaterializeResult  # Dagster knows the return type by the bare class only

OWNERS = ["team:toiminta-lukuina"]
RAW, EDITIONS, JUDGED = "raw", "editions", dg.AssetKey(["observations", "judged"])

NEWEST_ATTEMPT = "newest_attempt"
_WELL = {"ok", "unchanged", "closed"}
_KNOWN = {"stale", "quarantined"}


def text_digest(parts: Iterable[object]) -> str:
    """Return the sha256 of parts, one a line."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def frame_digest(frame: pl.DataFrame) -> str:
    """Return the sha256 of a frame's rows as JSON lines: the same for the same rows in the same order."""
    return hashlib.sha256(frame.write_ndjson().encode()).hexdigest()


def result(
    key: dg.AssetKey,
    rows: int | None,
    sha256: str,
    metadata: Mapping[str, Any] | None = None,
    checks: Sequence[dg.AssetCheckResult] = (),
) -> Materialized:
    """Return a materialisation with row count (None for what has no rows) and hash.

    The hash is also the data version, by which Dagster sees whether anything changed.
    """
    facts: dict[str, Any] = {"sha256": sha256, **(metadata or {})}
    if rows is not None:
        facts["dagster/row_count"] = rows
    return dg.MaterializeResult(
        asset_key=key, metadata=facts, check_results=checks, data_version=dg.DataVersion(sha256)
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """Return rows as a Markdown table for the UI."""
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(str("" if cell is None else cell).replace("|", "\\|") for cell in row) for row in rows]
    return dg.MetadataValue.md("\n".join(f"| {line} |" for line in lines))


def check_result(check: Check, key: dg.AssetKey) -> dg.AssetCheckResult:
    """Return a check of a build for Dagster: what does not block only warns, for it is shown and known (R11, R12)."""
    return dg.AssetCheckResult(
        passed=check.passed,
        asset_key=key,
        check_name=check.name,
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        description=check.detail,
    )


def attempt_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """Return the check that tells how the newest attempt went."""
    return dg.AssetCheckSpec(
        NEWEST_ATTEMPT,
        asset=key,
        description="What `lukuina status` says of the newest attempt. Never blocks: one source's trouble must not "
        "cost the others their night (R11).",
    )


def attempt_result(status: SourceStatus) -> dg.AssetCheckResult:
    """Return how the newest attempt went: failed is an error, what is merely old or quarantined a warning."""
    return dg.AssetCheckResult(
        passed=status.state in _WELL,
        check_name=NEWEST_ATTEMPT,
        severity=dg.AssetCheckSeverity.WARN if status.state in _KNOWN else dg.AssetCheckSeverity.ERROR,
        description=f"{status.state}: {status.message}",
        metadata={name: value or "-" for name, value in status.as_dict().items() if name != "message"},
    )


def mark(context: dg.AssetExecutionContext, kind: str, found: Sequence[str]) -> None:
    """Tag the run with how much is newly wrong, so that the list of runs shows it although the run succeeded (R12)."""
    if found:
        context.log.warning(f"newly {kind}: " + "; ".join(found))
        context.instance.add_run_tags(context.run.run_id, {f"lukuina/newly_{kind}": str(len(found))})

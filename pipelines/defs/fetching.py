"""Making the assets of a source: what the publisher has, what we asked and kept, what it says.

What belongs here: the three assets that every fetched source has, made once. What does not: anything about one of
them (its folder names what is its own).
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines import editions
from pipelines.defs import common
from pipelines.defs.resources import Attempt, House
from pipelines.raw import RawStore
from pipelines.sources.base import Source

# Trouble of a publisher never raises; what does is ours (a full disk, a lock), and may pass.
_RETRY = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def publisher(source: Source, about: str) -> dg.AssetSpec:
    """Return what the publisher has on its pages: not ours to make, and counted as fresh when it brings new content.

    The asset raw/<source> runs every night whether or not there is anything new; so the source's cadence stands here.
    """
    return dg.AssetSpec(
        _publisher_key(source),
        description=f"{about}\n\nAn event here is new content, as found by raw/{source.id}. Silence for "
        f"{source.cadence.days} days means that something is wrong: with the publisher, the address, or us.",
        group_name="publishers",
        owners=common.OWNERS,
        freshness_policy=_fresh_for(source.cadence),
        metadata={
            "publisher": source.publisher,
            "licence": source.licence,
            "cadence_days": source.cadence.days,
            "pages": common.table(("page", "main", "url"), ((p.id, p.main, p.url) for p in source.pages)),
        },
    )


def fetched(source: Source, kind: str) -> dg.AssetsDefinition:
    """Return the asset raw/<source>: look at the pages that are due and keep what they answered."""
    key = dg.AssetKey([common.RAW, source.id])

    @dg.asset(
        key=key,
        deps=[_publisher_key(source)],
        description=f"Bytes of {source.id} as the server sent them, append-only. A page that fails is logged and never "
        "fails the run; without a contact address no public host is asked.",
        group_name=common.RAW,
        kinds={kind},
        owners=common.OWNERS,
        retry_policy=_RETRY,
        check_specs=[common.attempt_spec(key)],
    )
    def fetch(context: dg.AssetExecutionContext, house: House) -> common.Materialized:
        attempt = house.ask(source.id, context.log.info)
        common.mark(context, "failed", attempt.newly_failed)
        if attempt.brought_new:
            context.log_event(dg.AssetMaterialization(_publisher_key(source), metadata=_looks(attempt)))
        return _kept(key, house.store, attempt, common.attempt_result(house.status(source.id)))

    return fetch


def read(source: Source) -> dg.AssetsDefinition:
    """Return the asset editions/<source>: the stored bytes, put together into publications and read."""
    return _reading(source, [dg.AssetKey([common.RAW, source.id])])


def imported(source: Source) -> dg.AssetsDefinition:
    """Return the asset editions/<source> of a source that is never fetched: what people imported, read."""
    return _reading(source, [])


def _reading(source: Source, deps: list[dg.AssetKey]) -> dg.AssetsDefinition:
    key = dg.AssetKey([common.EDITIONS, source.id])

    @dg.asset(
        key=key,
        deps=deps,
        description=f"Publications of {source.id} that we hold, each read into rows. Not yet judged.",
        group_name=common.EDITIONS,
        kinds={"polars"},
        owners=common.OWNERS,
    )
    def editions_read(house: House) -> common.Materialized:
        own = house.sources[source.id]
        return _editions(key, editions.recorded(house.store, own, house.settings.work / "readings"))

    return editions_read


def _publisher_key(source: Source) -> dg.AssetKey:
    return dg.AssetKey(["publisher", source.id])


def _fresh_for(cadence: timedelta) -> dg.FreshnessPolicy:
    return dg.FreshnessPolicy.time_window(fail_window=cadence, warn_window=cadence * 0.9)


def _kept(key: dg.AssetKey, store: RawStore, attempt: Attempt, check: dg.AssetCheckResult) -> common.Materialized:
    source = key.path[-1]
    contents = {page: visit.content for page, visit in store.lasts_good(source).items()}
    facts = {"fetched": not attempt.refused, "snapshots": len(store.snapshots(source)), **_looks(attempt)}
    if attempt.refused:
        facts["reason"] = attempt.refused
    return common.result(key, None, common.text_digest(sorted(contents.items())), facts, [check])


def _looks(attempt: Attempt) -> dict[str, Any]:
    rows = ((v.page, v.outcome, ", ".join(s[:12] for s in v.snapshots), v.message) for v in attempt.visits)
    return {"visits": common.table(("page", "outcome", "sha256", "message"), rows)} if attempt.visits else {}


def _editions(key: dg.AssetKey, found: list[editions.Recorded]) -> common.Materialized:
    rows = ((e.id, e.published_on, e.reading.rows, e.sha256[:12], "; ".join(e.reading.problems)) for e in found)
    return common.result(
        key,
        sum(edition.reading.rows for edition in found),
        common.text_digest(edition.id for edition in found),
        {
            "editions": len(found),
            "newest_reference": max((edition.reading.reference for edition in found), default="-") or "-",
            "held": common.table(("edition", "published", "rows", "sha256", "problems"), rows),
        },
    )

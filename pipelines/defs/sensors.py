"""What follows a nightly run, however it ended: alerts, report, heartbeat.

What belongs here: the two sensors that see a run succeed or fail, and turning the run into how the night ended. What
does not: what follows (pipelines/night.py). A sensor and not an asset, because it must also run when a step failed or
the process was killed, and a run's failure must not depend on it.
"""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines import night, settings
from pipelines.defs.schedules import NIGHTLY

_NEWS = ("newly_failed", "newly_quarantined", "newly_stale")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[NIGHTLY],
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=10,
    description="After a night that came to its end: opens, updates and closes alerts, writes the report of the night, "
    "tells the dead-man switch.",
)
def after_night(context: dg.RunStatusSensorContext) -> None:
    """Tell how the night went."""
    night.after(settings.load(), ended(context, ""), context.log.info)


@dg.run_failure_sensor(
    monitored_jobs=[NIGHTLY],
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=10,
    description="After a night that broke off, was stopped by the gate or killed: says so, and closes no other alert.",
)
def after_failed_night(context: dg.RunFailureSensorContext) -> None:
    """Tell that the night was not done."""
    errors: list[Any] = [getattr(context.failure_event.event_specific_data, "error", None)]
    errors += [event.step_failure_data.error for event in context.get_step_failure_events()]
    causes = [text for error in errors if (text := _cause(error))]
    failure = " | ".join(causes) or context.failure_event.message or "the run failed"
    night.after(settings.load(), ended(context, failure), context.log.info)


def _cause(error: Any) -> str:
    """Return the message of what an error came from at first: ours, below Dagster's own."""
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split()) if error is not None else ""


def ended(context: dg.RunStatusSensorContext, failure: str) -> night.Ended:
    """Return how a run ended; what is newly wrong stands in its tags as a number of things."""
    run = context.dagster_run
    record = context.instance.get_run_record_by_id(run.run_id)
    began, end = (record.start_time, record.end_time) if record else (None, None)
    started = datetime.fromtimestamp(began, UTC) if began else night.clock.now()
    tags = context.instance.get_run_by_id(run.run_id)
    counts = {name: (tags.tags if tags else {}).get(f"lukuina/{name}") for name in _NEWS}
    said = {name: [f"{count}, see the run"] if count else [] for name, count in counts.items()}
    seconds = round((end or 0) - (began or 0), 1) if began and end else 0.0
    return night.Ended(
        started, seconds, failure, said["newly_failed"], said["newly_quarantined"], said["newly_stale"],
        dagster_run=run.run_id,
    )  # fmt: skip

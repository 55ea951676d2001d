"""When the night's work is done.

What belongs here: the job and its hour. What does not: what the job does (the assets).
"""

import os

import dagster as dg

from pipelines.errors import InputError

_VARIABLE, _USUAL = "LUKUINA_NIGHT_CRON", "30 2 * * *"


def schedule() -> dg.ScheduleDefinition:
    """Return the schedule of the nights; a rehearsal has an hour of its own. Raises InputError naming the variable."""
    cron = os.environ.get(_VARIABLE) or _USUAL
    try:
        return dg.ScheduleDefinition(
            name="nightly_0230",
            job=NIGHTLY,
            cron_schedule=cron,
            execution_timezone="Europe/Helsinki",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Every night at 02:30 in Helsinki. Runs never overlap: the instance lets one go at a time.",
        )
    except dg.DagsterInvalidDefinitionError:
        expected = f"minute, hour, day, month and weekday, e.g. '{_USUAL}', in the time of Helsinki"
        raise InputError(_VARIABLE, f"{cron!r} is not a cron expression", expected) from None


NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Ask every publisher, rebuild everything, publish what the gate lets through, render the site. "
    "Succeeds also when a source failed: look at the checks, and at the tags lukuina/newly_… of the run.",
    executor_def=dg.in_process_executor,
    tags={"lukuina/night": "yes"},
)
SCHEDULE = schedule()

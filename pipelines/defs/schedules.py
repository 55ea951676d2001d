"""When the night's work is done.

What belongs here: the job and its hour. What does not: what the job does (the assets).
"""

import os

import dagster as dg

NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="Ask every publisher, rebuild everything, publish what the gate lets through, render the site. "
    "Succeeds also when a source failed: look at the checks, and at the tags lukuina/newly_… of the run.",
    executor_def=dg.in_process_executor,
    tags={"lukuina/night": "yes"},
)
SCHEDULE = dg.ScheduleDefinition(
    name="nightly_0230",
    job=NIGHTLY,
    cron_schedule=os.environ.get("LUKUINA_NIGHT_CRON") or "30 2 * * *",  # a rehearsal does not wait for the night
    execution_timezone="Europe/Helsinki",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at 02:30 in Helsinki. Runs never overlap: the instance lets one go at a time.",
)

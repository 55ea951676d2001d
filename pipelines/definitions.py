"""Everything that Dagster loads: ``dagster dev -m pipelines.definitions``.

What belongs here: finding what lies under ``pipelines/defs``, the resource, and that all runs in one process.
What does not: any asset. Loading reads the code and the headers of ``sql/`` only: no data, no network.
"""

import dagster as dg

from pipelines import defs as _defs
from pipelines.defs import schedules, sensors
from pipelines.defs.resources import House

defs = dg.Definitions(
    assets=dg.load_assets_from_package_module(_defs, include_specs=True),
    jobs=[schedules.NIGHTLY],
    schedules=[schedules.SCHEDULE],
    sensors=[sensors.after_night, sensors.after_failed_night],
    resources={"house": House()},
    executor=dg.in_process_executor,  # one writer, and 20 to 40 s less than a process a step
)

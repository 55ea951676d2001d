"""Sources that a person brings: RAY's workbook, exports of state grants, the budget's outturn. Nothing is fetched.

What belongs here: that what was imported is read. What does not: importing (lukuina import), the formats (sources/).
"""

from pipelines.defs import fetching
from pipelines.sources import budjetti, ray, tutkiavustuksia

ray_editions = fetching.imported(ray.SOURCE)
state_grant_editions = fetching.imported(tutkiavustuksia.SOURCE)
budget_editions = fetching.imported(budjetti.SOURCE)

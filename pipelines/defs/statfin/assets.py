"""StatFin, KEHA's employment-service statistics: its tables, what we kept, its editions.

What belongs here: that these assets are. What does not: how they are made (fetching.py), the format
(sources/statfin.py).
"""

from pipelines.defs import fetching
from pipelines.sources import statfin

publisher = fetching.publisher(
    statfin.SOURCE, "Statistics Finland's database, tables of KEHA: placements by subsidised work, a year and a month."
)
raw = fetching.fetched(statfin.SOURCE, "json")
editions = fetching.read(statfin.SOURCE)

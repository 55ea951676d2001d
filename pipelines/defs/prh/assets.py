"""PRH, the register of associations: its pages, what we kept, its editions.

What belongs here: that these assets are. What does not: how they are made (fetching.py), the format (sources/prh.py).
"""

from pipelines.defs import fetching
from pipelines.sources import prh

publisher = fetching.publisher(
    prh.SOURCE, "Finnish Patent and Registration Office: numbers of registered associations by region and class."
)
raw = fetching.fetched(prh.SOURCE, "html")
editions = fetching.read(prh.SOURCE)

"""STEA, the funding centre for social welfare and health organisations: its endpoint and workbook, kept and read.

What belongs here: that these assets are. What does not: how they are made (fetching.py), the formats
(sources/stea.py).
"""

from pipelines.defs import fetching
from pipelines.sources import stea

publisher = fetching.publisher(stea.SOURCE, "STEA: grants applied for, proposed and granted, by organisation and year.")
raw = fetching.fetched(stea.SOURCE, "json")
editions = fetching.read(stea.SOURCE)

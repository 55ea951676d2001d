"""The data product: the published tables in the formats that researchers' tools read, described for machines.

What belongs here: CSV (tables.py) and the Frictionless description (package.py). What does not: the tables themselves
(sql/), putting files in place (pipelines/warehouse.py).
"""

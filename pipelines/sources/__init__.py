"""The publishers, one module each (larger formats in a module beside it).

What belongs here: which addresses, how often, how bytes become rows; the list of sources.
What does not: Dagster, DuckDB, the raw store's files, judgement about which number is "the" figure.
"""

"""Dagster's view of the house: assets, checks, schedule, resource; a folder a source or room.

What belongs here: naming the steps, their order, and what each reports, in assets of under ten lines that call the
rooms. What does not: parsing, SQL, HTML, judgement. Whatever runs here runs in `lukuina run` too, without Dagster.

A new source is a new folder with an ``assets.py``; ``pipelines/definitions.py`` finds it. Trap: a module whose
assets are made inside a function must not import annotations from ``__future__`` (Dagster then cannot read the type
of ``context``), and a list of AssetSpecs at module level would be loaded as assets of its own.
"""

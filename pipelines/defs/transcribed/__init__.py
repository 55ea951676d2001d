"""Figures that people keyed, in Dagster."""

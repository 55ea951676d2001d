"""Marts and publishing in Dagster."""

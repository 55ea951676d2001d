"""Judged observations in Dagster."""

"""STEA in Dagster."""

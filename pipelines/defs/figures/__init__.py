"""Figures in Dagster."""

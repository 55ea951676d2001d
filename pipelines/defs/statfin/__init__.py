"""StatFin in Dagster."""

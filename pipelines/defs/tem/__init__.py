"""TEM in Dagster."""

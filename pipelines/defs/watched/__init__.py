"""The site in Dagster."""

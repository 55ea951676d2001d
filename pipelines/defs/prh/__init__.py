"""PRH in Dagster."""

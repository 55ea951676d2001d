"""The sources that come by import only, in Dagster."""

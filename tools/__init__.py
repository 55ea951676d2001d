"""Tools for those who keep the project: what it is made of, and whether any of it is known to be unsafe."""

"""Register of civil status."""

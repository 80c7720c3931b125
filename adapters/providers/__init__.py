"""Register of providers of social services."""

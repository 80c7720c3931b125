"""Register of institutions of education (open data)."""

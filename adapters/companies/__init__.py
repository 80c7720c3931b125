"""Register of companies and organisations."""

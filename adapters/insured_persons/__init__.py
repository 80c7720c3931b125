"""Register of insured persons."""

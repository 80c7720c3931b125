"""Register of cases of domestic and gender-based violence."""

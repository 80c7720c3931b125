"""Settings, and example configurations."""

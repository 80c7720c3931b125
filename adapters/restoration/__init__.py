"""Register of damaged and destroyed property."""

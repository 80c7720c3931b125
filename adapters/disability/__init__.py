"""Central data bank on disability."""

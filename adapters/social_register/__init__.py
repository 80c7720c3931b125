"""Social register."""

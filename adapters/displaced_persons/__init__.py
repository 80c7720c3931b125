"""Database of displaced persons."""

"""Other protocols in front of the one pipeline: each translates, and decides nothing."""

"""How messages reach agencies and people: a channel for each protocol, and where agencies are."""

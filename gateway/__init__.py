"""The service: one query in, one lawful, sealed and recorded answer out."""

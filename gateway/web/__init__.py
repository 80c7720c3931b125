"""The HTTP edge: one router module per audience, wire models, problems."""

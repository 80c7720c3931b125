"""Keys, envelopes, blind indexes, and sealing to a recipient."""

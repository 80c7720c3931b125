"""One folder per registry, and the protocols they speak."""

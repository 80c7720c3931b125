"""What partners offer, what of it was given, and what they may learn of it."""

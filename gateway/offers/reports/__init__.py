"""Counts for partners and the public that betray nobody."""

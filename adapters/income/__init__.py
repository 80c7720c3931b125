"""Taxpayers' register: sources and amounts of income."""

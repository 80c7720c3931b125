"""Donors: aid that a person has already received."""

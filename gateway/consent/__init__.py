"""Consents as append-only events, and the ground on which a query may be answered."""

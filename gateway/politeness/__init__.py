"""Manners towards registries: what keeps us from asking too much, too often, or at the wrong time."""

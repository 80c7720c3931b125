"""Information complex of educational management: pupils."""

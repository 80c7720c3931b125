"""Border: crossings of the state border, found by name and birth date."""

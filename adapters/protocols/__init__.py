"""The wire: one module per protocol."""

"""The obmin command line, one module per group."""

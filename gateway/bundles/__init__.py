"""Messages in a file, for when lines are cut: exported here, carried by hand, imported elsewhere."""

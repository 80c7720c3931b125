"""What agencies may ask of each other."""

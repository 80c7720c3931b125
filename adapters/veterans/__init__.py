"""State register of war veterans."""

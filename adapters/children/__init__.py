"""Information system «Children»."""

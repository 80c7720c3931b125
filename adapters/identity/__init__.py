"""State demographic register."""

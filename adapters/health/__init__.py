"""Health: the central database of ЕСОЗ, asked for derived facts and never for diagnoses."""

"""The case worker's cabinet: cases, histories, consents, acts, emergencies, help nearby."""

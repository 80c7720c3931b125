"""The auditor's cabinet: who looked, why and on what ground, and the proof of it."""

"""Education: learner status from ЄДЕБО over Trembita REST."""

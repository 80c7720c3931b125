"""Referrals between agencies: what is asked of another, how far it has come, what its answer is."""

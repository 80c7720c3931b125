"""The append-only record and its proofs."""

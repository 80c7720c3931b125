"""The person's cabinet: who looked at her data, what she agreed to, what she asks for."""

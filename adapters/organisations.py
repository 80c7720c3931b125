"""Organisations as their country's register numbers them: what registries about them are asked by."""

from __future__ import annotations

from contracts.vocabulary import Identity, Scheme


def organisation_of(scheme: str, number: str) -> Identity:
    """Give what a registry about organisations is asked by: the number, under its scheme."""
    return Identity({Scheme(scheme): number})

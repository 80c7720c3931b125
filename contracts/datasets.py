"""What a source holds, as an Open Data Contract Standard document: the description a contract points to.

ODCS describes a provider's dataset; who may ask which part of it, why and on what ground is the contract's
own matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.vocabulary import Field, Source
from contracts.words import FieldWords, Vocabulary

VERSION = "v3.1.0"
LOGICAL: Mapping[str, str] = {"yes-no": "boolean", "date": "date", "list": "array", "number": "number"}
"""The standard's logical types; every other of our types is text there."""


def describe_dataset(vocabulary: Vocabulary, source: Source) -> dict[str, Any]:
    """Give the ODCS document of a source: one object, the person, with the fields that it may hold."""
    words = vocabulary.sources[source]
    held = {name: field for name, field in vocabulary.fields.items() if source in field.sources}
    return {
        "apiVersion": VERSION,
        "kind": "DataContract",
        "id": source,
        "name": words.uk,
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": words.en},
        "schema": [
            {
                "name": "person",
                "logicalType": "object",
                "properties": [_property(name, field) for name, field in sorted(held.items())],
            }
        ],
    }


def _property(name: Field, words: FieldWords) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": name,
        "logicalType": LOGICAL.get(words.type, "string"),
        "businessName": words.uk,
        "description": words.en,
        "classification": words.sensitivity,
        "tags": [words.category],
    }
    if words.type == "list":
        described["items"] = {"logicalType": "string"}
    return described

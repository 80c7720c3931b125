"""What people read: English in templates and code, Ukrainian in the catalogues of `locale/uk`.

A sentence of a template stands in `_()` or `ngettext()`; one that Python hands to a template is marked
with `N_()` there and translated by the template. A test finds whatever stands outside the catalogues.
"""

from __future__ import annotations

import io
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent / "locale"


def N_(sentence: str) -> str:  # noqa: N802  the name by which gettext's tools find sentences
    """Mark a sentence for the catalogue; the template translates it."""
    return sentence


def load_words(language: str) -> NullTranslations:
    """Give a language's translations, from every cabinet's catalogue; English is as it is written."""
    words = NullTranslations()
    for file in sorted((CATALOGUES / language).glob("*.po")):
        with file.open("rb") as source:
            catalogue = read_po(source, locale=language)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        translations = GNUTranslations(compiled)
        translations.add_fallback(words)
        words = translations
    return words

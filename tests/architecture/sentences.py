"""The sentences of the cabinets: where they are written, and which of them no catalogue finds."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from gateway.web.cabinets.look import TEMPLATES
from gateway.web.cabinets.words import CATALOGUES
from tests.architecture.repository import ROOT, find_modules, name_of, parse

READ_ALOUD = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title"})
"""Attributes whose value people read or hear."""
SHOWN = frozenset(
    {"text", "html", "titleText", "caption", "summaryText", "visuallyHiddenText", "iconFallbackText"}
)
"""What GOV.UK Frontend's macros show."""
UNTRANSLATED = frozenset({"English", "Українська"})
"""Each language's own name, which is the same in all."""
MEASURES = frozenset({"PDF", "JSON", "CSV", "XLSX", "UTC", "ms", "kB", "p50", "p95", "SHA-256"})
"""Words that are the same in both languages."""
_LETTERS = re.compile(r"[^\W\d_]{2,}")

_environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def templates() -> tuple[Path, ...]:
    """Give every template."""
    return tuple(sorted(TEMPLATES.rglob("*.html")))


@cache
def written() -> frozenset[str]:
    """Give every sentence that templates and code hand to a catalogue."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    sources = [("jinja2", path) for path in templates()]
    sources += [("python", path) for path in find_modules("gateway") if "cabinets" in path.parts]
    options = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"}
    return frozenset(
        _id(found[1])
        for method, path in sources
        for found in extract_from_file(method, path, keywords=keywords, options=options)
    )


@cache
def catalogues() -> tuple[tuple[str, Catalog], ...]:
    """Give every catalogue of Ukrainian with its file's name."""
    files = sorted((CATALOGUES / "uk").glob("*.po"))
    return tuple((name_of(file), read_po(io.BytesIO(file.read_bytes()), locale="uk")) for file in files)


def entries() -> Iterator[tuple[str, Message]]:
    """Give every entry of every catalogue, the head aside."""
    for name, catalogue in catalogues():
        yield from ((name, message) for message in catalogue if message.id)


def sentence_of(message: Message) -> str:
    """Give an entry's sentence in English, the singular of it."""
    return _id(message.id)


def raw_text(path: Path) -> list[str]:
    """Give what a template says outside a catalogue: text between tags, attributes, arguments of macros."""
    source = path.read_text("utf-8")
    reader = _Reader()
    reader.feed("".join(_data(source)))
    arguments = _arguments(_environment.parse(source))
    found = [*reader.texts, *(text for text in arguments if _LETTERS.search(text))]
    return [f"{path.name}: {text.strip()}" for text in found if not _is_allowed(text)]


def raw_code(path: Path) -> list[str]:
    """Give the literals of a module that are Ukrainian: they belong into a catalogue or into data."""
    literals = [node.value for node in ast.walk(parse(path)) if isinstance(node, ast.Constant)]
    return [
        f"{path.relative_to(ROOT)}: {text}"
        for text in literals
        if isinstance(text, str) and re.search("[а-яіїєґ]", text)
    ]


class _Reader(HTMLParser):
    """Collects the text of a page and what is read out of attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes that people read."""
        self._silent += tag in {"script", "style"}
        self.texts += [
            value for name, value in attrs if name in READ_ALOUD and _LETTERS.search(value or "") if value
        ]

    def handle_endtag(self, tag: str) -> None:
        """Leave what is not shown."""
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._silent and _LETTERS.search(data):
            self.texts.append(data)


def _data(source: str) -> Iterator[str]:
    """Give the template's own text, with a mark in place of whatever Jinja fills in."""
    inside = False
    for _, kind, value in _environment.lex(source):
        if kind == "data" and not inside:
            yield value
        elif kind in {"variable_begin", "block_begin", "comment_begin"}:
            inside = True
        elif kind in {"variable_end", "block_end", "comment_end"}:
            inside = False
            yield "\N{BULLET}"


def _arguments(tree: nodes.Template) -> Iterator[str]:
    """Give the literals that a macro would show as they are."""
    for pair in tree.find_all(nodes.Pair):
        key, value = pair.key, pair.value
        if isinstance(key, nodes.Const) and key.value in SHOWN and isinstance(value, nodes.Const):
            yield str(value.value)


def _is_allowed(text: str) -> bool:
    words = set(_LETTERS.findall(text))
    return text.strip() in UNTRANSLATED or words <= MEASURES


def _id(found: str | tuple[str, ...] | list[str]) -> str:
    return found if isinstance(found, str) else found[0]

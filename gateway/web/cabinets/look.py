"""Templates into pages: Jinja2 over GOV.UK Frontend's macros, in two languages, strict about what lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import (
    BaseLoader,
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from gateway.web.cabinets.assets import load_assets
from gateway.web.cabinets.words import load_words

TEMPLATES = Path(__file__).parent / "templates"
MACROS = "govuk_frontend_jinja"


class _Strict(Environment):
    """Refuses to guess what a name means; in the design system's macros absent means "not so"."""

    def __init__(self, macros: Environment, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self._macros = macros

    def get_template(
        self,
        name: Any,
        parent: str | None = None,
        globals: Any = None,  # noqa: A002  Jinja's own name
    ) -> Template:
        """See `jinja2.Environment.get_template`."""
        if isinstance(name, str) and name.startswith(f"{MACROS}/"):
            return self._macros.get_template(name, parent, globals)
        return super().get_template(name, parent, globals)


@dataclass(frozen=True, slots=True)
class Look:
    """The pages of one language."""

    language: str
    words: NullTranslations
    environment: Environment

    def render(self, template: str, context: Mapping[str, object]) -> str:
        """Make a page. What the template names and the context has not is an error."""
        return self.environment.get_template(template).render(context)


@cache
def look_in(language: str) -> Look:
    """Give the look in a language; templates and catalogues are read once."""
    loader = ChoiceLoader(
        [FileSystemLoader(TEMPLATES), PrefixLoader({MACROS: PackageLoader(MACROS, "templates")})]
    )
    macros = Environment(loader=loader, autoescape=True, undefined=ChainableUndefined, auto_reload=False)
    strict = _Strict(macros, loader)
    words = load_words(language)
    install: Callable[..., None] = strict.install_gettext_translations  # type: ignore[attr-defined]
    install(words, newstyle=True)
    strict.globals |= {"asset": load_assets().address, "language": language}
    strict.filters |= {
        "day": _day(language),
        "moment": _moment(language),
        "number": _number(language),
        "named": _named(language),
    }
    return Look(language, words, strict)


def _day(language: str) -> Callable[[date], Markup]:
    def day(value: date) -> Markup:
        """Write a date as people do, with the machine's spelling beside it."""
        text = format_date(value, "long", locale=language)
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)

    return day


def _moment(language: str) -> Callable[[Context, datetime], Markup]:
    @pass_context
    def moment(context: Context, value: datetime) -> Markup:
        """Write an instant by the deployment's clock."""
        zone: ZoneInfo = context["zone"]
        text = format_datetime(value.astimezone(zone), "d MMM y, HH:mm", locale=language)
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), text)

    return moment


def _number(language: str) -> Callable[[float], str]:
    def number(value: float) -> str:
        """Write a number as people do."""
        return str(format_decimal(value, locale=language))

    return number


def _named(language: str) -> Callable[[object], str]:
    def named(value: Any) -> str:
        """Choose the language of a name that data brings: `{uk, en}`, as a mapping or with members."""
        found = value.get(language) if isinstance(value, Mapping) else getattr(value, language, None)
        return str(escape(found)) if isinstance(found, Markup) else str(found or "")

    return named

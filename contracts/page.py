"""The page of a contract for people who read no code: what lawyers sign is what the machine enforces."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from contracts.contract import Contract, Ground, Terms
from contracts.telling import Speaker, spell

STYLE = (
    "body{font:16px/1.5 serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid;padding:.3rem .5rem;text-align:left}"
    "code{overflow-wrap:anywhere}"
)


def write_page(contract: Contract, speaker: Speaker) -> str:
    """Give one HTML page, whole in itself: nothing is fetched and nothing runs."""
    title = speaker.say("page-title", id=contract.id, version=contract.version)
    purpose = speaker.title(speaker.vocabulary.purposes[contract.purpose])
    parts = [
        _heading(1, title),
        _paragraph(contract.transparency.get(speaker.language, "")),
        _heading(2, speaker.say("page-parties")),
        _list(_party(contract, name, speaker) for name in contract.parties),
        _heading(2, speaker.say("page-purpose")),
        _paragraph(purpose),
        _paragraph(speaker.say("page-force", begin=contract.valid_from, end=contract.valid_until)),
        _heading(2, speaker.say("page-scope")),
        _list(speaker.conditions(contract)),
        _heading(2, speaker.say("page-sources")),
        *(_terms(terms, speaker) for terms in contract.terms.values()),
        _emergency(contract, speaker),
        _paragraph(f"{speaker.say('page-digest')}: {contract.digest}"),
    ]
    return (
        f'<!doctype html>\n<html lang="{escape(speaker.language)}"><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _party(contract: Contract, name: str, speaker: Speaker) -> str:
    party = contract.parties[name]
    title = party.uk if speaker.language == "uk" else party.en
    signers = ", ".join(party.signers)
    return (
        f"{title} ({name}); {speaker.say('page-contact')}: {party.contact}; "
        f"{speaker.say('page-signers')}: {signers}"
    )


def _terms(terms: Terms, speaker: Speaker) -> str:
    first = Ground(terms.basis, "", terms.citation, None, terms.notice)
    others = [
        Ground(kind, "", each.citation, None, each.notice) for kind, each in sorted(terms.otherwise.items())
    ]
    grounds = f" {speaker.say('page-otherwise')} ".join(speaker.ground(each) for each in (first, *others))
    rows = "".join(
        f"<tr><td>{escape(speaker.field(name))}<br><code>{escape(name)}</code></td>"
        f"<td>{escape(speaker.rule(rule))}</td></tr>"
        for name, rule in terms.fields.items()
    )
    head = f"<tr><th>{escape(speaker.say('page-field'))}</th><th>{escape(speaker.say('page-how'))}</th></tr>"
    return f"{_heading(3, speaker.source(terms.source))}{_paragraph(grounds)}<table>{head}{rows}</table>"


def _emergency(contract: Contract, speaker: Speaker) -> str:
    terms = contract.emergency
    if terms is None:
        return ""
    said = speaker.say(
        "page-emergency-text",
        roles=", ".join(sorted(terms.roles)),
        lasting=spell(terms.lasting),
        review=spell(terms.review),
        citation=terms.citation,
    )
    return _heading(2, speaker.say("page-emergency")) + _paragraph(f"{said} {speaker.notice(terms.notice)}.")


def _heading(level: int, text: str) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"

"""The pages on which a person answers: plain HTML in her language, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import Template
from types import MappingProxyType

FRAME = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:1.1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}
button,input{font:inherit;padding:.6rem 1rem;margin:.3rem .5rem .3rem 0}button{cursor:pointer}
blockquote{border-left:.3rem solid #888;margin:1rem 0;padding:.1rem 1rem}.alert{color:#a00}</style></head>
<body><main><h1>$title</h1>$body</main></body></html>
""")

WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "uk": {
            "title": "Запит на вашу згоду",
            "code": "Код з повідомлення",
            "go": "Далі",
            "wrong": "Код не підходить. Після п'яти хибних кодів сторінка не відкриється.",
            "who": "Хто просить",
            "why": "Навіщо",
            "from": "Звідки надійдуть відомості",
            "until": "Згода діятиме до",
            "yes": "Погоджуюся",
            "no": "Не погоджуюся",
            "free": "Ви вільні відмовитися. Згоду можна відкликати будь-коли.",
            "given": "Дякуємо. Вашу згоду записано. Відкликати її можна будь-коли в установі або в кабінеті.",
            "refused": "Вашу відмову записано. Відомостей на цій підставі не передадуть.",
            "expired": "Час для відповіді минув. Нічого не передано.",
        },
        "en": {
            "title": "Your consent is asked for",
            "code": "The code in the message",
            "go": "Go on",
            "wrong": "The code does not fit. After five wrong codes the page stays closed.",
            "who": "Who asks",
            "why": "What for",
            "from": "Where the information comes from",
            "until": "The consent would last until",
            "yes": "I agree",
            "no": "I do not agree",
            "free": "You are free to refuse. A consent can be withdrawn at any time.",
            "given": "Thank you. Your consent is recorded. You can withdraw it at any time.",
            "refused": "Your refusal is recorded. Nothing will be given on this ground.",
            "expired": "The time to answer is over. Nothing was given.",
        },
    }
)


def ask_for_code(language: str, *, wrong: bool) -> str:
    """Give the first page: a field for the code, and that the last one was wrong."""
    words = WORDS[language]
    alert = f'<p class="alert" role="alert">{words["wrong"]}</p>' if wrong else ""
    field = (
        f'<label>{words["code"]}<br><input name="code" inputmode="numeric" autocomplete="one-time-code" '
        'required maxlength="16"></label>'
    )
    return _page(language, f'{alert}<form method="post">{field}<br><button>{words["go"]}</button></form>')


def show_question(
    language: str, *, who: str, purpose: str, notice: str, sources: Sequence[str], until: str, code: str
) -> str:
    """Give the question with the very text whose digest the consent will name, and the two answers."""
    words = WORDS[language]
    listed = "".join(f"<li>{escape(source)}</li>" for source in sources)
    facts = (
        f"<p><b>{words['who']}:</b> {escape(who)}</p><p><b>{words['why']}:</b> {escape(purpose)}</p>"
        f"<p><b>{words['from']}:</b></p><ul>{listed}</ul><blockquote>{escape(notice)}</blockquote>"
        f"<p><b>{words['until']}:</b> {escape(until)}</p><p>{words['free']}</p>"
    )
    answers = "".join(
        f'<button name="answer" value="{value}">{words[label]}</button>'
        for value, label in (("given", "yes"), ("refused", "no"))
    )
    hidden = f'<input type="hidden" name="code" value="{escape(code, quote=True)}">'
    return _page(language, f'{facts}<form method="post">{hidden}{answers}</form>')


def show_end(language: str, outcome: str) -> str:
    """Give the last page: what was recorded."""
    return _page(language, f"<p>{WORDS[language][outcome]}</p>")


def _page(language: str, body: str) -> str:
    return FRAME.substitute(language=language, title=WORDS[language]["title"], body=body)

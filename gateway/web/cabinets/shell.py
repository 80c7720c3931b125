"""What every page of a cabinet stands on: who sits before it, how it is made, what a form may say.

    who = await signed_in(request, Cabinet.CASEWORK)
    return page(request, who, "casework/history.html", history=shown)

Works without JavaScript; nothing inline, nothing from elsewhere (Content-Security-Policy below).
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.vocabulary import OfficialId, SubjectRef
from gateway.faults import ForbiddenError
from gateway.identity import Caller
from gateway.signin.desk import FormForgedError, NotSignedInError
from gateway.signin.officials import ROLES, Cabinet
from gateway.signin.sessions import Level, Session
from gateway.storage.engine import now
from gateway.web.cabinets.form import Form, read_form
from gateway.web.cabinets.look import look_in
from gateway.web.gate import LANGUAGES, Gate, gate_of

LANGUAGE_COOKIE = "obmin-language"
SESSION_COOKIE = "obmin-session"
CSRF_FIELD = "csrf"
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding, Cookie",
        "X-Content-Type-Options": "nosniff",
    }
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits before the page: the agency that every service knows as its caller, and the human.

    `subject` is set in the personal cabinet alone, `official` in all others. `role` is the official's in
    emergencies. `session` names the session, and opens nothing.
    """

    caller: Caller
    cabinet: Cabinet
    official: OfficialId
    subject: SubjectRef | None
    name: str
    role: str
    cabinets: frozenset[Cabinet]
    level: Level
    authenticated_at: datetime
    language: str
    session: str
    secret: bytes


def language_of_page(request: Request) -> str:
    """Give the language that was chosen on a page; Ukrainian before."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def cookie_name(request: Request) -> str:
    """Name the session's cookie: over HTTPS no other host and no plain page can set it (RFC 6265bis)."""
    return f"__Host-{SESSION_COOKIE}" if gate_of(request).desk.secure else SESSION_COOKIE


async def signed_in(
    request: Request, cabinet: Cabinet, level: Level = Level.LOW, within: timedelta | None = None
) -> SignedIn:
    """Give who sits before the screen, if the cabinet is hers.

    `level` is how sure the identity provider must have been, `within` how long ago at most: for what
    needs it, not for every page.

    Raises:
        NotSignedInError: nobody has signed in, not surely enough or too long ago; becomes the way to do so.
        ForbiddenError: the cabinet is somebody else's.
    """
    gate, key = gate_of(request), request.cookies.get(cookie_name(request), "")
    session = await gate.desk.sessions.find(key) if key else None
    if session is None:
        raise NotSignedInError(level, within)
    who = _recognised(gate, session, key, cabinet, language_of_page(request))
    if who.level < level or (within and now() - who.authenticated_at > within):
        raise NotSignedInError(level, within)
    return who


async def cabinets_of(request: Request) -> frozenset[Cabinet]:
    """Name the cabinets that are open to whoever sits before the screen; none where nobody signed in."""
    gate, key = gate_of(request), request.cookies.get(cookie_name(request), "")
    session = await gate.desk.sessions.find(key) if key else None
    return _open_to(gate, session) if session else frozenset()


def _open_to(gate: Gate, session: Session) -> frozenset[Cabinet]:
    """Look up, at every page, what the human and the agency may do now."""
    who = session.who
    official = gate.desk.officials.find(who.agency, who.official)
    listed = official.cabinets if official else frozenset({Cabinet.PERSONAL} if who.subject else ())
    agency = gate.agencies.get(who.agency)
    return frozenset(each for each in listed if agency and ROLES[each] in agency.roles)


def _recognised(gate: Gate, session: Session, key: str, cabinet: Cabinet, language: str) -> SignedIn:
    who, cabinets = session.who, _open_to(gate, session)
    if cabinet not in cabinets:
        raise ForbiddenError
    official = gate.desk.officials.find(who.agency, who.official)
    return SignedIn(
        caller=Caller(gate.agencies[who.agency]),
        cabinet=cabinet,
        official=who.official,
        subject=who.subject,
        name=official.name if official else "",
        role=official.role if official else "",
        cabinets=cabinets,
        level=who.level,
        authenticated_at=who.authenticated_at,
        language=language,
        session=session.digest.hex()[:16],
        secret=_secret_of(key),
    )


def page(
    request: Request,
    who: SignedIn | None,
    template: str,
    status: int = 200,
    *,
    language: str = "",
    **context: object,
) -> Response:
    """Make a page; without `who` one that everybody may see, in a `language` of its own if it has one."""
    language = language or (who.language if who else language_of_page(request))
    frame = {
        "who": who,
        "cabinet": who.cabinet.value if who else "",
        "zone": gate_of(request).zone,
        "here": request.url.path,
        "again": quote(here_of(request), safe="/"),
        "csrf": lambda: _csrf(who),
    }
    content = look_in(language).render(template, {**frame, **context}).encode()
    headers = {**HEADERS, "Content-Language": language}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status, headers, "text/html; charset=utf-8")


async def form_of(request: Request, who: SignedIn, most: int | None = None) -> Form:
    """Read the form that was posted, of `most` bytes or the deployment's limit, and check where it came from.

    Raises:
        FormForgedError: it has not this session's token.
        BodyTooLargeError, BodyInvalidError: too much, or not a form.
    """
    form = await read_form(request, most or gate_of(request).largest_body)
    _check(form, who.secret)
    return form


async def check_form(request: Request, key: str) -> None:
    """Check that a form came from the session with this id, in whichever cabinet. Raises as `form_of`."""
    _check(await read_form(request, gate_of(request).largest_body), _secret_of(key))


def _check(form: Form, secret: bytes) -> None:
    if not hmac.compare_digest(_unmasked(form.get(CSRF_FIELD)), secret):
        raise FormForgedError


def _secret_of(key: str) -> bytes:
    return hashlib.sha256(b"csrf" + key.encode("utf-8", "surrogatepass")).digest()


def see_other(url: str) -> Response:
    """Send the browser to a page of ours after something was done, so that reloading does it not again."""
    return RedirectResponse(url, 303)


def local(address: str, otherwise: str = "/cabinet/") -> str:
    """Give an address of ours as it is, anything else as `otherwise`: nobody is sent to strangers."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else otherwise


def here_of(request: Request) -> str:
    """Give the address of this page for coming back to it; of one that was posted, without what was asked."""
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return f"{request.url.path}{query}"


def _csrf(who: SignedIn | None) -> Markup:
    """Give the hidden field of a form.

    Masked anew each time, so that a page's compressed length does not betray it (BREACH).
    """
    if who is None:
        return Markup()
    mask = secrets.token_bytes(len(who.secret))
    token = urlsafe_b64encode(mask + _xor(mask, who.secret)).decode()
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def _unmasked(token: str) -> bytes:
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return b""
    half = len(raw) // 2
    return _xor(raw[:half], raw[half:])


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))

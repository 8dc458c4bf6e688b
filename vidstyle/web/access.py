"""Who may ask for what: all rules of access, in one place."""

from __future__ import annotations

import hmac
import ssl
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from vidstyle.errors import InputError
from vidstyle.web.serving import Serving, is_loopback

UPLOAD = 10 * 2**20  # bytes of a style
UPLOAD_PIXELS = 40_000_000
OFFER = 64 * 2**10  # bytes; a browser's is 5 to 10 kB
MESSAGE = 4 * 2**10  # bytes of a controller's message
CANDIDATES = 64  # addresses in an offer, each of which is sent packets
CAMERA_PIXELS = 1920 * 1088  # of a frame
CAMERA_RATE = 90.0  # frames a second, far above what a camera gives
OWN_STYLES = 24  # that a visitor may bring; each takes 3 MB at most

_COOKIE = "vidstyle"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def guard(settings: Serving) -> Middleware:
    """Lets through what the rules allow: a middleware of aiohttp."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        _check_host(request, settings.host)
        _check_origin(request)
        if settings.token is not None and not _shows(request, settings.token):
            return _let_in(request, settings)
        return await handler(request)

    return guarded


async def add_headers(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """What every answer says to the browser: nothing from elsewhere, nothing kept."""
    response.headers.update(_HEADERS)


def certified(settings: Serving) -> ssl.SSLContext | None:
    """The certificate with its key; None without.

    Raises:
        InputError: they cannot be read, or do not fit.
    """
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:  # SSLError is one
        raise InputError(
            f"The certificate {settings.certificate!r} with the key {settings.key!r} cannot be "
            f"used: {error.strerror or error}."
        ) from None
    return context


def _check_host(request: web.Request, host: str) -> None:
    """A name that a stranger's domain server has led here is none of ours ("DNS rebinding").

    Beyond loopback we may have any name, and the token keeps strangers out.
    """
    asked = urlsplit(f"//{request.host}").hostname
    if is_loopback(host) and asked not in {"127.0.0.1", "localhost", "::1", host}:
        raise web.HTTPForbidden(text=f"This page is not at {asked!r}.")


def _check_origin(request: web.Request) -> None:
    """Other pages in the same browser may link here, and nothing else."""
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        raise web.HTTPForbidden(text=f"Requests from {origin} are refused.")
    site = request.headers.get("Sec-Fetch-Site", "none")
    visits = request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in {"none", "same-origin"} and not visits:
        raise web.HTTPForbidden(text="Requests from other sites are refused.")


def _shows(request: web.Request, token: str) -> bool:
    shown = (
        request.cookies.get(_COOKIE) or request.headers.get("Authorization", "")[len("Bearer ") :]
    )
    return hmac.compare_digest(shown.encode(), token.encode())


def _let_in(request: web.Request, settings: Serving) -> web.StreamResponse:
    """Who comes to the page with the token gets it as a cookie; the address is then clean."""
    shown = request.query.get("token", "")
    token = settings.token or ""
    if request.path != "/" or not hmac.compare_digest(shown.encode(), token.encode()):
        raise web.HTTPUnauthorized(text="Come with the token: open the address with /?token=TOKEN.")
    answer = web.HTTPSeeOther("/")
    secure = settings.scheme == "https"
    answer.set_cookie(_COOKIE, token, httponly=True, samesite="Lax", secure=secure)
    raise answer

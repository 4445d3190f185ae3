"""Who may use the live view: its own pages, on this computer."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

HERE = "127.0.0.1"
_NAMES = (HERE, "localhost")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def headers(port: int) -> dict[str, str]:
    """Returns the headers of every answer: no foreign content, no frame, no cache."""
    sockets = " ".join(f"ws://{name}:{port}" for name in _NAMES)
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            f"img-src 'self' blob: data:; connect-src 'self' {sockets}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def origin_check(port: int) -> Middleware:
    """Makes a middleware that refuses requests from other pages and computers.

    A page elsewhere may send its visitors here, by this address or by a name of its
    own that resolves to it (DNS rebinding): Host and Origin reveal that.
    """
    hosts = {f"{name}:{port}" for name in _NAMES}
    origins = {f"http://{host}" for host in hosts}

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if request.headers.get("Host") not in hosts:
            raise web.HTTPForbidden(text="this address is for this computer only")
        if origin not in origins and (origin is not None or socket):
            raise web.HTTPForbidden(text="other sites may not send requests here")
        return await handler(request)

    return checked

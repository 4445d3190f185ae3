"""Who may speak to the live view: pages of its own, on this computer."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

HERE = "127.0.0.1"
_NAMES = (HERE, "localhost")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def headers(port: int) -> dict[str, str]:
    """Lists the headers of every answer.

    Args:
        port: where it listens.

    Returns:
        Header -> value: nothing from elsewhere, no frame around it, nothing kept.
    """
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


def guard(port: int) -> Middleware:
    """Makes what stands before every answer.

    A page elsewhere may send its visitors here, by this address or by a name of its
    own that leads here (DNS rebinding): Host and Origin give it away.

    Args:
        port: where it listens.

    Returns:
        A middleware of aiohttp.
    """
    hosts = {f"{name}:{port}" for name in _NAMES}
    origins = {f"http://{host}" for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if request.headers.get("Host") not in hosts:
            raise web.HTTPForbidden(text="this address is for this computer alone")
        if origin not in origins and (origin is not None or socket):
            raise web.HTTPForbidden(text="pages of other places may not ask here")
        return await handler(request)

    return guarded

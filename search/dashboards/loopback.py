"""Guards servers for this computer only against pages of others."""

from collections.abc import Callable, Iterable
from typing import Any

NAMES = ("127.0.0.1", "localhost")
"""Host names of this computer."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""


def check_origin(application: Application) -> Application:
    """Wraps an application so that it refuses pages of other computers.

    Such a page may send its visitors here, by this address or by a name of its own
    that resolves to it (DNS rebinding). Host and Origin show it.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        hosts = {f"{name}:{environ.get('SERVER_PORT')}" for name in NAMES}
        origin = environ.get("HTTP_ORIGIN")
        is_own = origin is None or origin in {f"http://{host}" for host in hosts}
        if environ.get("HTTP_HOST", "").lower() in hosts and is_own:
            return application(environ, start)
        return refuse(start, "this address is for pages of this computer only")

    return answer


def refuse(start: Callable[..., Any], reason: str) -> Iterable[bytes]:
    """Answers a request with 403 and a reason."""
    start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{reason}\n".encode()]

"""By which names a service may be asked: a page elsewhere must not reach it by a name of its own.

A site whose name its owner lets point to 127.0.0.1 has its pages ask this machine as if it were
that site (DNS rebinding). The browser then says the site's name in `Host`. So a name is answered
that nobody else can own: localhost, an address in digits, which no name server turns into another,
and what the operator has named.
"""

import ipaddress
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MISDIRECTED = 421
LOCAL = "localhost"


class KnownHosts:
    """Refuses requests for a host that this service is not."""

    def __init__(self, app: ASGIApp, named: str = "") -> None:
        """Bind who answers.

        Args:
            app: answers requests for a host that is known.
            named: further names, separated by commas, without ports.
        """
        self._app = app
        self._named = frozenset(filter(None, (_bare(name) for name in named.split(","))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and not self.knows(_hosts(scope)):
            refused = PlainTextResponse(
                "This service does not answer for that host.\n", MISDIRECTED
            )
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def knows(self, hosts: Iterable[str]) -> bool:
        """Tell whether a request names one host, and one that this service answers for."""
        [*every] = hosts
        if len(every) != 1:
            return False
        name = _bare(_without_port(every[0]))
        local = name == LOCAL or name.endswith(f".{LOCAL}")
        return local or name in self._named or _in_digits(name)


def _hosts(scope: Scope) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]


def _without_port(host: str) -> str:
    """Return the host of "name:80" and of "[::1]:80"."""
    if host.startswith("["):
        inside, closed, _ = host[1:].partition("]")
        return inside if closed else ""
    return host.partition(":")[0]


def _bare(name: str) -> str:
    return name.strip().lower().removesuffix(".")


def _in_digits(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

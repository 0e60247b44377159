"""Bodies are bounded, whatever a request says of its own length."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.site.problems import Problem

BODY_BYTES_MAX = 10_000_000


class Bounded:
    """Ends a request whose body is larger than BODY_BYTES_MAX."""

    def __init__(self, app: ASGIApp) -> None:
        """Bind who reads the body."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what it brings."""
        brought = 0

        async def counted() -> Message:
            nonlocal brought
            message = await receive()
            brought += len(message.get("body", b""))
            if brought > BODY_BYTES_MAX:
                most = f"{BODY_BYTES_MAX // 1_000_000} MB"
                raise Problem(413, "Too large", f"A request brings {most} at most.")
            return message

        await self._app(scope, counted, send)

"""What the head of every answer to a browser says of itself."""

from collections.abc import Mapping

from starlette.responses import Response

VARY = "Accept, Accept-Language, Authorization, Cookie"
PERSONAL_HEADERS = {"Cache-Control": "private, no-cache", "Vary": VARY}
"""What somebody may see is nobody else's: their browser alone keeps it, and asks each time."""
SECURITY_HEADERS: Mapping[str, str] = {
    # Nothing from another host, no inline script or style, in no frame.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: a browser would then keep from us, too, where a form was sent from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def with_usual_headers(response: Response) -> Response:
    """Return an answer with the headers that each has unless it says otherwise."""
    usual = {**SECURITY_HEADERS}
    if "Cache-Control" not in response.headers:
        usual |= PERSONAL_HEADERS
    for name, value in usual.items():
        response.headers.setdefault(name, value)
    return response

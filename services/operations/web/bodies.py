"""Reads the body of an export request within its bounds, as it comes and as it is inflated."""

import zlib

from starlette.requests import ClientDisconnect, Request

from shared.site.problems import Problem

WIRE_BYTES_MAX = 4 * 2**20
INFLATED_BYTES_MAX = 16 * 2**20
GZIP = 16 + zlib.MAX_WBITS


async def body_of(request: Request) -> bytes:
    """Return the body, inflated if it came as gzip.

    Raises:
        Problem: it is too large, or no gzip, or compressed in another way.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(415, "Unsupported", f"a body comes as it is or as gzip, not as {encoding}")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > WIRE_BYTES_MAX:
                raise Problem(413, "Too large", f"a body has at most {WIRE_BYTES_MAX} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "Broken off", "the body was broken off") from None
    body = b"".join(parts)
    return inflated(body) if encoding == "gzip" else body


def inflated(body: bytes) -> bytes:
    """Return what a body of gzip holds.

    Raises:
        Problem: it is none, it ends too early, or it holds more than INFLATED_BYTES_MAX.
    """
    inflating = zlib.decompressobj(GZIP)
    try:
        whole = inflating.decompress(body, INFLATED_BYTES_MAX + 1)
    except zlib.error:
        raise Problem(400, "Bad gzip", "the body is no gzip") from None
    if len(whole) > INFLATED_BYTES_MAX:
        raise Problem(413, "Too large", f"a body inflates to at most {INFLATED_BYTES_MAX} bytes")
    if not inflating.eof:
        raise Problem(400, "Bad gzip", "the gzip of the body ends too early")
    return whole

"""Calls under the right of whoever is logged in; what owners answer becomes errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from shared.errors import InvalidData, NotFound, Refused, TandemError, Unavailable, Violation

ERRORS: dict[grpc.StatusCode, type[TandemError]] = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.FAILED_PRECONDITION: Refused,
    grpc.StatusCode.ABORTED: Refused,
    grpc.StatusCode.ALREADY_EXISTS: Refused,
    grpc.StatusCode.PERMISSION_DENIED: Refused,
    grpc.StatusCode.UNAUTHENTICATED: Refused,
}


@contextmanager
def asking(service: str) -> Iterator[None]:
    """Turn what a service answers in place of an answer into an error that a page tells.

    Raises:
        TandemError: the one that fits.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        details = error.details() or error.code().name
        if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
            raise InvalidData([Violation("request", details)]) from None
        kind = ERRORS.get(error.code())
        if kind is None:
            raise Unavailable(f"{service} does not answer: {details}") from None
        raise kind(details) from None

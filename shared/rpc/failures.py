"""The one table from errors to gRPC codes, and the rich status that names fields at fault."""

import logging
import traceback
from collections.abc import Mapping

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from opentelemetry import trace

from shared.errors import (
    IdReused,
    InvalidData,
    NotFound,
    Overloaded,
    Refused,
    TandemError,
    Unavailable,
    VersionConflict,
)

logger = logging.getLogger(__name__)


class Unauthenticated(TandemError):
    """Nobody known is calling."""


class Forbidden(TandemError):
    """The caller's role or scope does not allow it."""


class BadDeadline(TandemError):
    """The call could hang for longer than anybody waits."""


CODES: Mapping[type[TandemError], grpc.StatusCode] = {
    Refused: grpc.StatusCode.FAILED_PRECONDITION,
    VersionConflict: grpc.StatusCode.ABORTED,
    InvalidData: grpc.StatusCode.INVALID_ARGUMENT,
    BadDeadline: grpc.StatusCode.INVALID_ARGUMENT,
    IdReused: grpc.StatusCode.ALREADY_EXISTS,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Forbidden: grpc.StatusCode.PERMISSION_DENIED,
}


def status_of(error: Exception, method: str) -> grpc.Status:
    """Return what the caller is told; what nobody foresaw is logged, and told as INTERNAL.

    Neither the answer nor the log holds the text of an unforeseen error: it may quote what somebody
    sent. The log has its type and where it arose, the answer the trace to look for.
    """
    code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), None)
    if code is None:
        logger.error(
            "call failed with %s\n%s",
            " from ".join(type(cause).__name__ for cause in _causes(error)),
            "".join(traceback.format_tb(error.__traceback__)),
            extra={"method": method},
        )
        trace_id = trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)
        code, text = grpc.StatusCode.INTERNAL, f"something failed inside; see trace {trace_id}"
    else:
        text = str(error)
    status = status_pb2.Status(code=code.value[0], message=text)
    if isinstance(error, InvalidData):
        status.details.append(_bad_request(error))
    told: grpc.Status = rpc_status.to_status(status)
    return told


def _bad_request(error: InvalidData) -> any_pb2.Any:
    violation = error_details_pb2.BadRequest.FieldViolation
    packed = any_pb2.Any()
    packed.Pack(
        error_details_pb2.BadRequest(
            field_violations=[
                violation(field=each.field, description=each.description)
                for each in error.violations
            ]
        )
    )
    return packed


def _causes(error: BaseException) -> list[BaseException]:
    causes = [error]
    while (cause := causes[-1].__cause__) is not None and cause not in causes:
        causes.append(cause)
    return causes

"""Errors as sentences for the person at the keyboard."""

import grpc
import nats.errors

from shared.embedded.data_directory import OperatorError
from shared.errors import TandemError
from shared.publishing import PublishRefused

TOLD = (OperatorError, TandemError)
"""Errors whose text is a sentence for the operator already."""


def sentence(error: BaseException) -> str:
    """Return one sentence that says what went wrong and, where there is one, the way on."""
    match error:
        case OperatorError() | TandemError():
            text = str(error)
        case grpc.RpcError():
            text = _of_grpc(error)
        case PublishRefused():
            text = f"NATS takes none of it: {error}"
        case nats.errors.NoServersError() | nats.errors.TimeoutError():
            text = "NATS does not answer; `tandem status` says what runs"
        case nats.errors.Error():
            text = f"NATS says: {error}"
        case ConnectionError() | TimeoutError():
            text = "the system does not answer; `tandem status` says what runs"
        case FileNotFoundError() | PermissionError() | IsADirectoryError() if error.filename:
            text = f"{error.filename}: {error.strerror}"
        case _:
            told = f": {error}" if str(error) else ""
            text = (
                f"something failed that should not have ({type(error).__name__}{told}); "
                "--debug shows where"
            )
    return _finished(_in_one_line(text))


def _in_one_line(text: str) -> str:
    """Return a text without line breaks; of the log that one quotes, only its last word."""
    first, *others = text.strip().splitlines()
    if first.endswith(":") and others:
        return f"{first} {others[-1].strip()}"
    return " ".join(text.split())


def _of_grpc(error: grpc.RpcError) -> str:
    """Return what a service says, or that it says nothing."""
    code = error.code() if hasattr(error, "code") else None
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return "the service does not answer; `tandem status` says what runs"
    details = error.details() if hasattr(error, "details") else None
    return str(details or error)


def _finished(text: str) -> str:
    """Return the text as a sentence: a capital, unless a name or a path begins it, and a stop."""
    first = text.partition(" ")[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."

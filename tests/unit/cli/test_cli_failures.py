"""Whatever goes wrong is one sentence, with the way on where there is one."""

import grpc
import nats.errors
import pytest

from shared.cli.failures import sentence
from shared.embedded.data_directory import OperatorError
from shared.errors import Refused
from shared.publishing import PublishRefused


class Answer(grpc.RpcError):
    """What a gRPC call that failed raises."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperatorError("Port 4222 is taken: free it."), "Port 4222 is taken: free it."),
        (
            Refused("gent is no member, so it cannot leave"),
            "Gent is no member, so it cannot leave.",
        ),
        (Answer(grpc.StatusCode.NOT_FOUND, "no question 'x'"), "No question 'x'."),
        (
            Answer(grpc.StatusCode.UNAVAILABLE, "ipv4:127.0.0.1:50051: refused"),
            "The service does not answer; `tandem status` says what runs.",
        ),
        (PublishRefused(503, "no stream"), "NATS takes none of it: no stream (503)."),
        (
            nats.errors.NoServersError(),
            "NATS does not answer; `tandem status` says what runs.",
        ),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "The system does not answer; `tandem status` says what runs.",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "facts.jsonl"),
            "facts.jsonl: No such file or directory.",
        ),
        (
            ZeroDivisionError("1/0"),
            "Something failed that should not have (ZeroDivisionError: 1/0); --debug shows where.",
        ),
        (OperatorError("two\n  lines"), "Two lines."),
        (
            OperatorError("x ended with 1; the last lines of x.log:\nTraceback\n  at y\nNo disk"),
            "X ended with 1; the last lines of x.log: No disk.",
        ),
    ],
)
def test_an_error_becomes_one_sentence(error: BaseException, said: str) -> None:
    assert sentence(error) == said

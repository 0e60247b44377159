"""The running system as a client sees it: where everything is, and who we are when we ask."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import typer

from shared.embedded.data_directory import DataDirectory, OperatorError

if TYPE_CHECKING:
    import grpc

ANSWER_SECONDS_MAX = 30.0
VIEWER, STAFF, OPERATOR = "viewer", "staff", "operator"
OWNERS = ("membership", "events", "resources")

T = TypeVar("T")

Data = Annotated[
    Path,
    typer.Option("--data", envvar="TANDEM_DATA", help="The data directory of the system."),
]
DEFAULT_DATA = Path(".tandem")


class NotRunning(OperatorError):
    """No system runs where the command looks for one."""


@dataclass(frozen=True)
class System:
    """A running system, by what its endpoints.json holds."""

    root: Path
    endpoints: Mapping[str, Any]

    def get(
        self, path: str, query: Mapping[str, str | None] | None = None, role: str = VIEWER
    ) -> Any:
        """Return the JSON that reporting answers a path with.

        Raises:
            OperatorError: it refuses, with its own sentence; or nobody answers.
        """
        body = self.fetch(path, query, role)
        try:
            return json.loads(body)
        except ValueError:
            raise OperatorError(f"Reporting answers {path} with no JSON.") from None

    def fetch(
        self, path: str, query: Mapping[str, str | None] | None = None, role: str = VIEWER
    ) -> bytes:
        """Return the bytes that reporting answers a path with.

        Raises:
            OperatorError: it refuses, with its own sentence; or nobody answers.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        headers = {"Authorization": f"Bearer {self.endpoints['tokens'][role]}"}
        status, body = self.ask("reporting", target, headers)
        if status != HTTPStatus.OK:
            raise OperatorError(_refusal(body) or f"Reporting answers {target} with {status}.")
        return body

    def ask(
        self, service: str, target: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return the status and the body with which a service answers a GET.

        Raises:
            NotRunning: nobody answers.
        """
        address = self.endpoints["http"][service]
        connection = HTTPConnection(urlsplit(address).netloc, timeout=ANSWER_SECONDS_MAX)
        try:
            connection.request("GET", target, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise NotRunning(
                f"{service.capitalize()} does not answer at {address}: is the system up? "
                "`tandem status` says what runs."
            ) from error
        finally:
            connection.close()

    @asynccontextmanager
    async def channel(self, service: str, role: str) -> AsyncIterator["grpc.aio.Channel"]:
        """Open a gRPC channel to a service, under the token of a role."""
        from shared.rpc import channel  # takes half a second to load; most commands need none

        opened = channel(self.endpoints["grpc"][service], token=self.endpoints["tokens"][role])
        try:
            yield opened
        finally:
            await opened.close()


def _refusal(body: bytes) -> str | None:
    """Return the sentence of a problem document."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return None


def find(data: Path) -> System:
    """Return the system that runs on a data directory.

    Raises:
        NotRunning: none does.
    """
    directory = DataDirectory.at(data)
    try:
        return System(directory.root, json.loads(directory.endpoints.read_text("utf-8")))
    except FileNotFoundError:
        raise NotRunning(
            f"No system runs on {data}: start it with `tandem up`, or name its --data."
        ) from None


def existing(data: Path) -> DataDirectory:
    """Return a data directory that a system has run on; it need not run now.

    Raises:
        OperatorError: none has.
    """
    directory = DataDirectory.at(data)
    if not directory.credentials.exists():
        raise OperatorError(
            f"{directory.root} is no data directory yet: `tandem up` makes one, or name another "
            "with --data."
        )
    return directory


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run asynchronous work to its end and return what comes back."""
    return asyncio.run(work())


def this_command() -> str:
    """Return what to type for `tandem`: that word, or the path it was called by."""
    called = sys.argv[0]
    return called if "/" in called and Path(called).name == "tandem" else "tandem"

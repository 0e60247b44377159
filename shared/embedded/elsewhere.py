"""Where NATS and PostgreSQL run when `tandem keep` looks after them instead of starting them."""

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from shared.embedded.data_directory import DataDirectory, write_private

GRPC_PORT = 50_051
HTTP_PORT = 8_080
NATS_PORT = 4_222


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where the two servers are; each service runs on a host of its own name.

    Args:
        nats_url: such as nats://nats:4222.
        database_host: a host, or the directory of a socket.
        public_address: where people open the reports.
        public_dashboard: where operators open the dashboard.
    """

    nats_url: str
    database_host: str
    database_port: int
    public_address: str
    public_dashboard: str = "http://localhost:8085"

    @property
    def nats_port(self) -> int:
        """Where NATS is to listen."""
        return urlsplit(self.nats_url).port or NATS_PORT


def remember(directory: DataDirectory, elsewhere: Elsewhere) -> None:
    """Write down where the servers of a data directory run."""
    write_private(directory.servers, json.dumps(asdict(elsewhere), indent=2) + "\n")


def elsewhere(directory: DataDirectory) -> Elsewhere | None:
    """Return where the servers of a data directory run; None when they run in it."""
    if not directory.servers.exists():
        return None
    return Elsewhere(**json.loads(directory.servers.read_text("utf-8")))

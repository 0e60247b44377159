"""NATS: who connects, where to, and what the streams are called.

What the streams are made of is in jetstream.py, and how messages get into them in publishing.py.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import nats
import nats.errors
from nats.aio.client import Client

from shared.pulling import RECONNECT_DELAY_SECONDS

logger = logging.getLogger(__name__)

INTAKE, FACTS = "INTAKE", "FACTS"
OWNERS = ("membership", "events", "resources")
ANSWER_SECONDS_MAX = 5.0
"""How long the broker may take to answer a request."""
PING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class NatsAddress:
    """Where the broker is and who connects; the nkey seed stands in a file only its owner reads."""

    url: str
    name: str
    seed_file: Path


async def connect(
    address: NatsAddress,
    on_closed: Callable[[], Awaitable[None]] | None = None,
    on_error: Callable[[Exception], Awaitable[None]] | None = None,
) -> Client:
    """Return a connection that reconnects for ever.

    Args:
        address: where to, and who connects.
        on_closed: told when it is closed for good.
        on_error: told of what comes to no caller; it is logged when left out.
    """
    return await nats.connect(
        address.url,
        name=address.name,
        nkeys_seed=str(address.seed_file),
        inbox_prefix=f"_INBOX_{address.name}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=RECONNECT_DELAY_SECONDS,
        ping_interval=PING_SECONDS,
        error_cb=on_error or log_error,
        closed_cb=on_closed,
        # Our subjects are made of validated parts, and the server judges them once more.
        skip_subject_validation=True,
    )


async def leave(connection: Client) -> None:
    """Send what is still held and close, though the broker may be away just then.

    Draining would wait for subscriptions that nobody reads.
    """
    steps = [connection.flush, connection.close] if connection.is_connected else [connection.close]
    for step in steps:
        try:
            await step()
        except (nats.errors.Error, OSError) as error:
            logger.warning("nats was away at the farewell: %s", error or type(error).__name__)


async def log_error(error: Exception) -> None:
    """Log what comes to no caller: a refused permission, a slow consumer."""
    logger.warning("nats: %s", str(error) or type(error).__name__)

"""The services, each a process of its own."""

import sys

# Every service speaks to NATS over TCP. The client would also load aiohttp, which it needs for
# WebSockets alone: 6 MB in each process. Told that there is none, it does without.
sys.modules.setdefault("aiohttp", None)  # type: ignore[arg-type]

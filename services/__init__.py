"""The services, each a process of its own."""

import sys

# Every service speaks to NATS over TCP. The client would also load aiohttp, which it needs for
# WebSockets alone: 6 MB in each process. While it loads it is told that there is none.
_hidden = sys.modules.setdefault("aiohttp", None) is None  # type: ignore[arg-type]

import nats.aio.client  # noqa: E402, F401

if _hidden:
    del sys.modules["aiohttp"]

"""gRPC at both ends: `server` guards the way in, `client` the way out, `translation` the words.

A call comes in with a token, a deadline and perhaps a trace; the server admits it, the service's
rpc.py turns it into a command with `received`, executes it, and answers with `to_receipt`.
"""

from shared.rpc.client import channel, serving
from shared.rpc.server import Service, Serving, caller, serve
from shared.rpc.translation import received, to_message, to_receipt

__all__ = [
    "Service",
    "Serving",
    "caller",
    "channel",
    "received",
    "serve",
    "serving",
    "to_message",
    "to_receipt",
]

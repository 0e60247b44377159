"""An OTLP/HTTP receiver that keeps spans: what stands where a collector would stand."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """The spans received so far, by trace: (service, span name)."""

    endpoint: str
    spans: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def take(self, body: bytes) -> None:
        """Keep the spans of one export."""
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = {
                each.key: each.value.string_value for each in of_resource.resource.attributes
            }
            for scope in of_resource.scope_spans:
                for span in scope.spans:
                    known = self.spans.setdefault(span.trace_id.hex(), set())
                    known.add((attributes["service.name"], span.name))


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a free port of this machine until left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Stay silent: the test says what arrived."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

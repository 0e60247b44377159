"""An OTLP/HTTP receiver that keeps spans and lines: what stands where a collector would stand."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource


@dataclass
class Collector:
    """What was received so far.

    Attributes:
        spans: by trace: (service, span name).
        lines: by trace, empty for those of none: (service, what it says).
        bodies: every export, as it came.
    """

    endpoint: str
    spans: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    lines: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    def take(self, path: str, body: bytes) -> None:
        """Keep one export."""
        self.bodies.append(body)
        if path == "/v1/traces":
            self._take_spans(body)
        elif path == "/v1/logs":
            self._take_lines(body)

    def _take_spans(self, body: bytes) -> None:
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in of_resource.scope_spans:
                for span in scope.spans:
                    known = self.spans.setdefault(span.trace_id.hex(), set())
                    known.add((_service(of_resource.resource), span.name))

    def _take_lines(self, body: bytes) -> None:
        for of_resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            for scope in of_resource.scope_logs:
                for line in scope.log_records:
                    known = self.lines.setdefault(line.trace_id.hex(), set())
                    known.add((_service(of_resource.resource), line.body.string_value))


def _service(resource: Resource) -> str:
    return next(
        each.value.string_value for each in resource.attributes if each.key == "service.name"
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Listen on a free port of this machine until left."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(self.path, body)
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

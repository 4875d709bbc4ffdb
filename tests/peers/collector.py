"""A collector of OpenTelemetry's metrics over HTTP, by its published messages: a line of JSON with the URL to send to, then one for each message.

    collector.py [REFUSE]

REFUSE: how many messages it answers with 503 before it takes any. Of a message it tells
{"path": PATH, "headers": {NAME: VALUE}, "resource": {KEY: VALUE}, "metrics": {NAME: {"unit", "description", "kind", "monotonic", "temporality", "points"}}},
or {"refused": N} of one that it refuses. Each point is the message's own JSON.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

MESSAGE_BYTES_MAX = 4 << 20
IDLE_SECONDS_MAX = 60

refuse = int(sys.argv[1]) if len(sys.argv) > 1 else 0


def tell(what):
    print(json.dumps(what), flush=True)


def metric(of):
    kind = of.WhichOneof("data")
    data = getattr(of, kind)
    return {
        "unit": of.unit,
        "description": of.description,
        "kind": kind,
        "monotonic": getattr(data, "is_monotonic", None),
        "temporality": getattr(data, "aggregation_temporality", None),
        "points": [MessageToDict(point) for point in data.data_points],
    }


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS_MAX

    def do_POST(self):
        global refuse
        size = int(self.headers["Content-Length"])
        assert size <= MESSAGE_BYTES_MAX, size
        body = self.rfile.read(size)
        if refuse > 0:
            refuse -= 1
            tell({"refused": refuse})
            self.answer(503, b"not now")
            return
        request = ExportMetricsServiceRequest.FromString(body)
        (resource,) = request.resource_metrics
        (scope,) = resource.scope_metrics
        tell(
            {
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "resource": {pair.key: pair.value.string_value for pair in resource.resource.attributes},
                "metrics": {of.name: metric(of) for of in scope.metrics},
            }
        )
        self.answer(200, ExportMetricsServiceResponse().SerializeToString())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
tell({"url": f"http://127.0.0.1:{server.server_port}"})
server.serve_forever()

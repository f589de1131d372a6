"""DynamoDB and SQS in a process of its own, one stack of Preheat with empty tables, and a count of the calls.

A command under measurement then has its own processor time and memory. moto answers; this module only carries its
answers over HTTP. It answers DescribeStacks itself. Knows no command.
"""

import multiprocessing
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any, Final, cast
from unittest import mock
from xml.sax.saxutils import escape

STACK: Final = "fleet"
REGION: Final = "eu-central-1"
QUEUE_URL: Final = f"https://sqs.{REGION}.amazonaws.com/123456789012/work"
TABLES: Final = {"ModelsTable": "models", "LedgerTable": "ledger", "PlansTable": "plans"}
OUTPUTS: Final = TABLES | {
    "ReconcileRoleArn": "arn:aws:iam::123456789012:role/reconcile",
    "RequestQueueUrl": QUEUE_URL,
    "EventBusName": "bus",
}
INDEX_NAME: Final = 6  # its place among the arguments of moto's query, after the key
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9-]+)/")
_DESCRIBED = """\
<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>\
<member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>\
<CreationTime>2026-11-01T00:00:00Z</CreationTime><Outputs>{outputs}</Outputs></member>\
</Stacks></DescribeStacksResult></DescribeStacksResponse>"""


@dataclass(frozen=True, slots=True)
class AwsServer:
    """A running server. `url`: its address on loopback."""

    url: str
    pipe: Connection

    def count_calls(self) -> Counter[str]:
        """Return the calls since the last count, by operation."""
        self.pipe.send("count")
        found: Counter[str] = self.pipe.recv()
        return found


@contextmanager
def serve() -> Iterator[AwsServer]:
    """Run a server with an empty stack until the end of the block."""
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(its,), daemon=True)
    process.start()
    try:
        yield AwsServer(f"http://127.0.0.1:{mine.recv()}", mine)
    finally:
        process.terminate()
        process.join()


def _run(pipe: Connection) -> None:
    from moto import mock_aws  # noqa: PLC0415 - only the server's own process needs it
    from moto.core.models import botocore_stubber  # noqa: PLC0415 - as above
    from moto.dynamodb.models.table import Table  # noqa: PLC0415 - as above

    calls: Counter[str] = Counter()
    one_at_a_time = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            named = _SERVICE.search(self.headers.get("Authorization", ""))
            service = named[1] if named else "dynamodb"
            with one_at_a_time:
                status, headers, answer = self.answer(service, body)
            self.send_response(int(status))
            for name in ("Content-Type", "x-amz-crc32", "x-amzn-RequestId"):
                if name in headers:
                    self.send_header(name, str(headers[name]))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def answer(self, service: str, body: bytes) -> tuple[int, Any, bytes]:
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            calls[operation or service] += 1
            if service == "cloudformation":
                return 200, {"Content-Type": "text/xml"}, _describe().encode()
            host = f"https://{service}.{REGION}.amazonaws.com/"
            request = _make_request(host, dict(self.headers.items()), body)
            status, headers, answer = cast("Any", botocore_stubber.process_request(request))
            return int(status), headers, answer.encode() if isinstance(answer, str) else answer

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Log nothing."""

    with mock_aws(), mock.patch.object(Table, "query", _narrow(Table.query)):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        pipe.send(server.server_port)
        while pipe.recv() == "count":
            with one_at_a_time:
                pipe.send(Counter(calls))
                calls.clear()


def _narrow(query: Any) -> Any:
    """Return a query of moto's that sees one partition alone. Its own sorts the whole table each time."""

    def query_partition(table: Any, hash_key: Any, *given: Any, **named: Any) -> Any:
        whole, index_name = table.items, given[INDEX_NAME]
        if index_name is None and hash_key is not None:
            table.items = {hash_key: whole.get(hash_key, {})}
        try:
            return query(table, hash_key, *given, **named)
        finally:
            table.items = whole

    return query_partition


def _make_request(url: str, headers: dict[str, str], body: bytes) -> Any:
    from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415 - as above
    from botocore.compat import HTTPHeaders  # noqa: PLC0415 - as above

    kept = HTTPHeaders()
    for name, value in (headers | {"Host": url.split("/")[2]}).items():
        kept[name] = value
    return AWSPreparedRequest("POST", url, kept, body, False)


def _describe() -> str:
    rows = (
        f"<member><OutputKey>{name}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
        for name, value in OUTPUTS.items()
    )
    return _DESCRIBED.format(name=STACK, outputs="".join(rows))

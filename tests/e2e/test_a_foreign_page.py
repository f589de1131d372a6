"""A page of another origin, open in the browser of somebody whose local AWS is up, changes nothing there.

The page tries what a browser lets any page send: forms, requests without CORS, images. If the machine has a browser
(chromium, chrome), it opens the page. Everywhere, the test sends the same requests as a browser does.
"""

import http.client
import http.server
import json
import shutil
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from preheat_local import LocalAws, environment
from preheat_local.aws import client

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ROLE = "made-by-a-page"
TRUST = '{"Version":"2012-10-17","Statement":[]}'
CREATE_ROLE = (
    f"Action=CreateRole&Version=2010-05-08&RoleName={ROLE}&AssumeRolePolicyDocument={urllib.parse.quote(TRUST)}"
)


def attacks(aws: LocalAws) -> list[dict[str, Any]]:
    """Return the requests of the page: reset, create a role, invoke a function, stop time, read the state."""
    local, simulator = aws.endpoint_url, aws.simulator_url
    return [
        {"url": f"{local}/_ministack/reset", "method": "POST", "body": ""},
        {"url": f"{local}/", "method": "POST", "body": CREATE_ROLE},
        {"url": f"{local}/?{CREATE_ROLE}", "method": "GET", "body": None},
        {"url": f"{local}/2015-03-31/functions/{aws.tick_function}/invocations", "method": "POST", "body": "{}"},
        {"url": f"{simulator}/_simulator/reset", "method": "POST", "body": "{}"},
        {
            "url": f"{simulator}/_simulator/time",
            "method": "POST",
            "body": json.dumps({"advance_seconds": 86400 * 3650}),
        },
        {"url": f"{simulator}/_simulator/projects", "method": "POST", "body": json.dumps({"project": ROLE})},
        {"url": f"{simulator}/_simulator/state", "method": "GET", "body": None},
    ]


def facts(aws: LocalAws) -> tuple[set[str], set[str], int]:
    """Return what an attack would change: tables, roles, and the year in the simulator."""
    tables = set(aws.client("dynamodb").list_tables()["TableNames"])
    roles = {role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]}
    parts = urllib.parse.urlsplit(aws.simulator_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", "/_simulator/time")
    now = json.loads(connection.getresponse().read())
    connection.close()
    return tables, roles, int(next(str(value)[:4] for value in now.values() if str(value)[:2] == "20"))


@pytest.mark.parametrize("number", range(8))
def test_what_a_browser_sends_for_a_page_is_refused(local_aws: LocalAws, number: int) -> None:
    before, attack = facts(local_aws), attacks(local_aws)[number]
    parts = urllib.parse.urlsplit(attack["url"])
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Content-Type": "text/plain;charset=UTF-8"}
    if attack["method"] == "POST":  # on a GET without CORS a browser sends no Origin
        headers["Origin"] = "http://127.0.0.1:9999"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request(attack["method"], f"{parts.path}?{parts.query}", attack["body"], headers)
    answer = connection.getresponse()
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    connection.close()
    assert facts(local_aws) == before


def page(aws: LocalAws) -> str:
    """Return a page that tries everything, then asks its own server for /done."""
    return f"""<!doctype html><title>page</title><script>
const attacks = {json.dumps(attacks(aws))};
const send = a => fetch(a.url, {{method: a.method, body: a.body, mode: "no-cors"}});
const read = a => fetch(a.url).then(r => r.text()).then(t => fetch("/read?" + t.length));
Promise.allSettled(attacks.map(send))
  .then(() => Promise.allSettled(attacks.map(read)))
  .then(() => fetch("/done"));
</script>"""


@pytest.fixture
def asked(local_aws: LocalAws) -> Iterator[tuple[str, list[str], threading.Event]]:
    """Serve the page on a port of its own; the requests to its server, and whether the page has finished."""
    paths: list[str] = []
    done, text = threading.Event(), page(local_aws).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            if self.path == "/done":
                done.set()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text if self.path == "/" else b"")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", paths, done
        server.shutdown()


def test_a_page_in_a_browser_changes_and_reads_nothing(
    local_aws: LocalAws, asked: tuple[str, list[str], threading.Event], tmp_path: Path
) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no browser is installed; the test above sends the same requests")
    before, (url, paths, done) = facts(local_aws), asked
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", url]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert done.wait(90), f"the page did not come to its end; it asked for {paths}"
    finally:
        process.terminate()
        process.wait(30)
    assert not [path for path in paths if path.startswith("/read")]
    assert facts(local_aws) == before


def test_guessed_keys_open_nothing(local_aws: LocalAws) -> None:
    assert local_aws.keys != environment.Keys("test", "test")
    for keys in (
        environment.Keys("test", "test"),
        environment.Keys(local_aws.access_key, "test"),
        environment.Keys("000000000000", "test"),
        environment.Keys("111122223333", "test"),
    ):
        for service, call in (("iam", "list_roles"), ("dynamodb", "list_tables"), ("lambda", "list_functions")):
            with pytest.raises(ClientError) as refused:
                getattr(client(local_aws.endpoint_url, service, keys), call)()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)

"""The places of things, and the parts of the surroundings that reach the local AWS."""

import http.server
import socket
import threading
from pathlib import Path

import pytest

from preheat_local import LocalAws, LocalAwsError, environment, find_checkout, loopback

ROOT = Path(__file__).parents[3]
KEYS = environment.Keys("LOCAL0123456789", "drawn-for-this-one")
OF_THE_HOST = {
    "PATH": "/usr/bin",
    "HOME": "/home/operator",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.eu-west-1.amazonaws.com",
    "AWS_DATA_PATH": "/home/operator/models",
    "SAM_CONFIG": "mine",
    "PYTHONPATH": "/home/operator/code",
    "HTTPS_PROXY": "http://proxy:3128",
}


def test_a_checkout_is_found_from_any_folder_in_it() -> None:
    found = find_checkout(ROOT / "layers" / "preheat" / "preheat" / "local")
    assert found.root == ROOT
    assert found.build == ROOT / ".preheat" / "build"


def test_outside_a_checkout_the_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match=f"{tmp_path} is not inside a checkout"):
        find_checkout(tmp_path)


def test_a_missing_tool_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "layers" / "preheat").mkdir(parents=True)
    (tmp_path / "template.yaml").touch()
    with pytest.raises(LocalAwsError, match="sam is missing: run `make setup`"):
        find_checkout(tmp_path).tool(".venv-sam", "sam")


def test_the_state_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREHEAT_STATE", str(tmp_path / "here"))
    assert find_checkout(ROOT).state == tmp_path / "here"
    assert find_checkout(ROOT, state=tmp_path / "there").state == tmp_path / "there"


@pytest.mark.parametrize("name", ["ministack", "simulator", "sam"])
def test_nothing_of_the_hosts_aws_reaches_what_is_started(name: str, tmp_path: Path) -> None:
    made = {
        "ministack": lambda: environment.make_ministack_environment(4578, tmp_path, OF_THE_HOST, KEYS),
        "simulator": lambda: environment.make_simulator_environment(OF_THE_HOST, KEYS),
        "sam": lambda: environment.make_sam_environment(
            tmp_path, tmp_path / "uv", OF_THE_HOST, "http://127.0.0.1:4578", KEYS
        ),
    }[name]()
    host = {key: value for key, value in OF_THE_HOST.items() if key.startswith(("AWS_", "SAM_", "PYTHON"))}
    assert host.items().isdisjoint(made.items())
    assert "AWS_PROFILE" not in made
    assert "AWS_SESSION_TOKEN" not in made


def test_the_functions_inherit_no_proxy(tmp_path: Path) -> None:
    assert "HTTPS_PROXY" not in environment.make_ministack_environment(4578, tmp_path, OF_THE_HOST, KEYS)


def test_a_client_talks_to_the_local_aws_whatever_the_surroundings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.setenv(key, OF_THE_HOST[key])
    client = a_local_aws().client("dynamodb")
    assert client.meta.endpoint_url == "http://127.0.0.1:4578"
    assert client._request_signer._credentials.access_key == KEYS.access_key


def a_local_aws() -> LocalAws:
    outputs = {
        name: f"preheat-{name}"
        for name in (
            "ModelsTable",
            "LedgerTable",
            "PlansTable",
            "WorkQueueUrl",
            "WorkDeadLetterQueueUrl",
            "TickDeadLetterQueueUrl",
            "WatchDeadLetterQueueUrl",
            "TickFunction",
            "ReconcileFunction",
            "WatchFunction",
            "UnpublishedQueueUrl",
            "EventBusName",
            "RequestQueueUrl",
            "RequestDeadLetterQueueUrl",
            "RejectedRequestsQueueUrl",
            "RequestsFunction",
            "PublishFunction",
        )
    }
    return LocalAws.from_outputs("http://127.0.0.1:4578", "http://127.0.0.1:4579", "preheat", outputs, KEYS)


def test_a_local_aws_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    a_local_aws().save(tmp_path / "aws.json")
    assert LocalAws.load(tmp_path / "aws.json") == a_local_aws()


def test_what_is_recorded_is_for_its_owner_alone_because_it_has_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "aws.json"
    path.write_text("{}")
    path.chmod(0o644)
    a_local_aws().save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEYS.secret_key not in repr(a_local_aws())


def test_keys_are_drawn_again_and_are_neither_those_of_a_function_nor_of_an_account() -> None:
    drawn = {environment.Keys.draw() for _ in range(100)}
    assert len({keys.access_key for keys in drawn} | {keys.secret_key for keys in drawn}) == 200
    assert not [keys for keys in drawn if keys.access_key.startswith("ASIA") or keys.access_key.isdecimal()]
    assert min(len(keys.secret_key) for keys in drawn) >= 40
    assert not [keys for keys in drawn if keys.secret_key in repr(keys)]


def test_a_record_that_cannot_be_read_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "aws.json").write_text('{"endpoint_url": 1}')
    with pytest.raises(LocalAwsError, match="run `preheat up`"):
        LocalAws.load(tmp_path / "aws.json")
    with pytest.raises(LocalAwsError, match="run `preheat up`"):
        LocalAws.load(tmp_path / "absent.json")


def test_an_output_that_is_missing_is_named() -> None:
    with pytest.raises(LocalAwsError, match="no output 'ModelsTable'"):
        LocalAws.from_outputs("http://127.0.0.1:1", "http://127.0.0.1:2", "preheat", {}, KEYS)


def test_a_taken_port_is_named_with_its_remedy() -> None:
    with socket.create_server((loopback.HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalAwsError, match=rf"port {port} .* wanted for the simulator, .*: give another"):
            loopback.find_free_port(port, what="the simulator", remedy="give another")


def test_port_0_takes_any_free_port() -> None:
    port = loopback.find_free_port(0, what="the simulator", remedy="")
    assert loopback.find_free_port(port, what="the simulator", remedy="") == port


def test_a_number_that_is_no_port_is_refused() -> None:
    with pytest.raises(LocalAwsError, match="port 70000"):
        loopback.find_free_port(70000, what="the simulator", remedy="give another")


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        del format, args


def test_only_a_good_answer_is_an_answer() -> None:
    with http.server.HTTPServer((loopback.HOST, 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://{loopback.HOST}:{server.server_port}"
        assert loopback.does_answer(f"{url}/health")
        assert not loopback.does_answer(f"{url}/sick")
        server.shutdown()
    assert not loopback.does_answer(f"{url}/health")

"""The simulator as a server: a real client over a loopback socket, the controls, and the process itself."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from preheat.adapters.hosting.service_model import make_lookout_client, make_lookout_session
from preheat_simulator.core.switches import Switches
from preheat_simulator.http.controls import CONTROLS
from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import PortInUseError, RunningSimulator, run_in_thread

ONE = {"project": "weld", "version": "1"}
SHIFT = {"ProjectName": "weld", "ModelVersion": "1"}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSimulator]:
    with run_in_thread(Options.read(models=["weld/1"], start_latency=60, stop_latency=10, scale=0)) as served:
        yield served


@pytest.fixture
def controls(server: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/_simulator/", trust_env=False) as client:
        client.post("reset").raise_for_status()
        yield client


@pytest.fixture
def lookout(server: RunningSimulator) -> Iterator[Any]:
    session = make_lookout_session()
    session.set_credentials("simulator", "simulator")
    client = make_lookout_client(region="eu-central-1", endpoint_url=server.url, session=session)
    yield client
    client.close()


def status(controls: httpx.Client) -> str:
    return str(controls.get("state").json()["models"][0]["status"])


def advance(controls: httpx.Client, seconds: float) -> None:
    controls.post("time", json={"advance_seconds": seconds}).raise_for_status()


def test_a_shift_over_a_socket(lookout: Any, controls: httpx.Client) -> None:
    assert lookout.start_model(**SHIFT, MinInferenceUnits=1)["Status"] == "STARTING_HOSTING"
    advance(controls, 60)
    assert lookout.describe_model(**SHIFT)["ModelDescription"]["Status"] == "HOSTED"
    assert lookout.stop_model(**SHIFT)["Status"] == "STOPPING_HOSTING"
    advance(controls, 10)
    assert lookout.describe_model(**SHIFT)["ModelDescription"]["Status"] == "TRAINED"
    assert controls.get("calls").json()["changed_state"] == {"StartModel": 1, "StopModel": 1}
    assert controls.get("bill").json()["unit_seconds"] == 60


def test_a_lost_answer_closes_the_connection_and_the_retry_starts_nothing(lookout: Any, controls: httpx.Client) -> None:
    controls.post("faults", json={"kind": "answer_lost", "operation": "StartModel"}).raise_for_status()
    answer = lookout.start_model(**SHIFT, MinInferenceUnits=1)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    log = controls.get("calls", params={"operation": "StartModel"}).json()
    assert [(call["http_status"], call["changed_state"], call["replayed"]) for call in log["calls"]] == [
        (None, True, False),
        (202, False, True),
    ]


def test_a_lost_answer_is_not_one_byte(server: RunningSimulator, controls: httpx.Client) -> None:
    controls.post("faults", json={"kind": "answer_lost"}).raise_for_status()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        httpx.get(f"{server.url}/2020-11-20/projects", trust_env=False)


def test_a_percent_sign_in_a_path_reaches_the_service_once_decoded(
    server: RunningSimulator, controls: httpx.Client
) -> None:
    response = httpx.get(f"{server.url}/2020-11-20/projects/weld%2F1", trust_env=False)
    assert response.status_code == 400
    assert "ProjectName: 'weld/1' does not match" in response.json()["Message"]


def test_a_path_that_is_no_operation_says_so(server: RunningSimulator) -> None:
    response = httpx.get(f"{server.url}/bucket/key", trust_env=False)
    assert (response.status_code, response.json()["error"]) == (
        404,
        "GET /bucket/key is no operation that this simulator carries",
    )


def test_projects_and_models_are_added(lookout: Any, controls: httpx.Client) -> None:
    controls.post("projects", json={"project": "empty"}).raise_for_status()
    body = {"project": "paint", "version": "3", "status": "TRAINING", "start_latency": "uniform:600-1200"}
    assert controls.post("models", json=body).json()["start_latency"] == "uniform:600-1200"
    assert [row["ProjectName"] for row in lookout.list_projects()["Projects"]] == ["empty", "paint", "weld"]
    assert lookout.list_models(ProjectName="paint")["Models"][0]["Status"] == "TRAINING"


def test_latencies_are_set_for_all_and_for_one(controls: httpx.Client) -> None:
    controls.post("models", json={"project": "weld", "version": "2"}).raise_for_status()
    assert controls.post("latency", json={"start": 30}).json() == {"start": "30", "stop": "10"}
    assert controls.post("latency", json={**ONE, "start": 5, "stop": 7}).json()["stop_latency"] == "7"
    models = controls.get("state").json()["models"]
    assert [model["start_latency"] for model in models] == ["5", "30"]


def test_time_is_scaled_and_moved(controls: httpx.Client) -> None:
    assert controls.get("time").json()["scale"] == 0
    before = controls.post("time", json={"scale": 60}).json()
    after = controls.post("time", json={"scale": 0, "advance_seconds": 3600}).json()
    assert after["now"] > before["now"]
    assert controls.get("time").json() == after


def test_a_person_and_the_system_act_on_a_model(controls: httpx.Client) -> None:
    assert controls.post("person/start", json={**ONE, "units": 2}).json()["min_units"] == 2
    assert controls.post("update", json={**ONE, "lasts_seconds": 0}).json()["status"] == "STARTING_HOSTING"
    assert controls.post("update", json={**ONE, "lasts_seconds": 5}).json()["status"] == "SYSTEM_UPDATING"
    advance(controls, 5)
    assert controls.post("person/stop", json=ONE).json()["status"] == "STOPPING_HOSTING"
    assert controls.post("status", json={**ONE, "status": "HOSTING_FAILED"}).json()["status"] == "HOSTING_FAILED"
    assert controls.post("delete", json=ONE).json() == {"deleted": "weld/1"}
    assert controls.get("state").json()["models"] == []


def test_switches_and_limits_are_set_by_name(lookout: Any, controls: httpx.Client) -> None:
    assert controls.post("switches", json={"stop_while_trained": "no_op"}).json()["stop_while_trained"] == "no_op"
    assert lookout.stop_model(**SHIFT)["Status"] == "STOPPING_HOSTING"
    assert controls.post("limits", json={"calls_per_second": None, "max_units": 4}).json() == {
        "calls_per_second": None,
        "max_units_per_model": 5,
        "max_hosted_models": None,
        "max_units": 4,
        "list_lag_seconds": 0,
        "usd_per_unit_hour": "4",
    }


def test_a_reset_begins_again(controls: httpx.Client) -> None:
    controls.post("person/start", json=ONE).raise_for_status()
    controls.post("faults", json={"kind": "throttle"}).raise_for_status()
    controls.post("switches", json={"latest": "newest"}).raise_for_status()
    state = controls.post("reset").json()
    assert state["models"][0]["status"] == "TRAINED"
    assert state["faults"] == []
    assert state["switches"] == Switches().format()
    assert controls.get("calls").json()["calls"] == []


def test_faults_are_shown_and_cleared(controls: httpx.Client) -> None:
    armed = controls.post("faults", json={"kind": "stuck", "project": "weld", "times": 2}).json()
    assert [(fault["kind"], fault["operation"], fault["left"]) for fault in armed] == [("stuck", "StartModel", 2)]
    assert controls.get("faults").json() == armed
    assert controls.delete("faults").json() == []


WRONG: list[tuple[str, Any, str]] = [
    ("faults", {"kind": "typhoon"}, "kind: 'typhoon' is not accepted, it takes one of throttle, "),
    ("faults", {}, "kind: None is not accepted"),
    ("faults", {"kind": "throttle", "operation": "Resume"}, "operation: 'Resume' is not accepted"),
    ("faults", {"kind": "throttle", "times": "two"}, "times: 'two' is not accepted, it takes a whole number"),
    ("faults", {"kind": "throttle", "times": 0}, "times 0: it must be 1 or more"),
    ("faults", {"kind": "throttle", "probability": True}, "probability: True is not accepted, it takes a number"),
    ("faults", {"kind": "stuck", "lasts_seconds": -1}, "lasts_seconds: -1 is not accepted"),
    ("faults", {"kind": "throttle", "colour": "red"}, "colour: it is unknown here, accepted are "),
    ("faults", [], "body: a JSON object is accepted"),
    ("models", {"project": "weld"}, "version: None is not accepted, it takes a text"),
    ("models", {"project": "weld", "version": "007"}, "model 'weld/007': it is written PROJECT/VERSION"),
    ("models", ONE, "model weld/1: it exists already"),
    ("models", {**ONE, "version": "2", "status": "STOPPED"}, "status: 'STOPPED' is not accepted"),
    ("projects", {"project": "p a"}, "model 'p a/1'"),
    ("latency", {"start": "soon"}, "start: latency 'soon': accepted are seconds (30), "),
    ("time", {"scale": -1}, "scale -1: it must be within 0"),
    ("time", {"advance_seconds": "1h"}, "advance_seconds: '1h' is not accepted, it takes a number"),
    ("person/start", {**ONE, "units": 0}, "units: 0 is not accepted"),
    ("switches", {"latest": "oldest"}, "switch latest: 'oldest' is not accepted, it takes refuse or newest"),
    ("switches", {"latest": 1}, "latest: 1 is not accepted, it takes a text"),
    ("limits", {"max_units": 0}, "max_units 0: it must be 1 or more"),
    ("limits", {"usd_per_unit_hour": -4}, "usd_per_unit_hour -4: it must be 0 or more"),
    ("reset", {"hard": True}, "hard: it is unknown here, accepted are none"),
]


@pytest.mark.parametrize(("control", "body", "said"), WRONG)
def test_wrong_control_input_is_a_400_that_names_the_field(
    controls: httpx.Client, control: str, body: Any, said: str
) -> None:
    before = controls.get("state").json()
    response = controls.post(control, json=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(said)
    assert controls.get("state").json() == before


def test_a_body_that_is_no_json_is_a_400(controls: httpx.Client) -> None:
    response = controls.post("faults", content=b"{kind")
    assert (response.status_code, response.json()["error"].split("(")[0]) == (400, "body: it is not JSON ")


def test_a_query_that_is_unknown_is_a_400(controls: httpx.Client) -> None:
    assert controls.get("calls", params={"colour": "red"}).status_code == 400


def test_a_model_that_is_not_there_is_a_404(controls: httpx.Client) -> None:
    response = controls.post("delete", json={"project": "weld", "version": "9"})
    assert (response.status_code, "weld/9" in response.json()["error"]) == (404, True)


def test_a_person_who_is_refused_is_a_409(controls: httpx.Client) -> None:
    assert controls.post("person/stop", json=ONE).status_code == 409


def test_a_control_that_is_not_there_is_a_404_that_lists_them(controls: httpx.Client) -> None:
    response = controls.put("faults", json={})
    assert response.status_code == 404
    assert all(f"{method} {path}" in response.json()["error"] for method, path in CONTROLS)


@pytest.mark.parametrize(("number", "sent"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_the_process_says_when_it_listens_and_ends_cleanly_on(number: signal.Signals, sent: str) -> None:
    program = (
        "from preheat_simulator.http.serve import run; run(port=0, models=['weld/1'], start_latency='uniform:1-2')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = re.fullmatch(r"simulator: listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert ready, line
        assert httpx.get(f"{ready[1]}/_simulator/health", trust_env=False).json() == {"status": "ok"}
        post = httpx.post(f"{ready[1]}/_simulator/faults", json={"kind": "answer_lost"}, trust_env=False)
        assert json.loads(post.text)[0]["left"] == 1
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{ready[1]}/2020-11-20/projects", trust_env=False)
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", ""), sent


def test_a_port_in_use_is_an_error_that_names_it(server: RunningSimulator) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(PortInUseError, match=f"port {port} is in use"), run_in_thread(port=port):
        pass

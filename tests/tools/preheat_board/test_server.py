"""The board on loopback and in a file: its answers, its allowed callers, and that it asks nobody else."""

import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import count

import pytest
from tests.tools.conftest import Workbench

from preheat.app.ports.errors import StoreUnavailable
from preheat_board.page import POLICY, wrap
from preheat_board.server import BoardServer, serve_beside


@pytest.fixture
def server() -> Iterator[BoardServer]:
    made = BoardServer(0, lambda: "<p>all is well</p>", "plant-north")
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def get(server: BoardServer, path: str, host: str | None = None) -> tuple[int, str, dict[str, str]]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("GET", path, headers={"Host": host} if host is not None else {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def test_the_page_and_the_board_alone_are_served(server: BoardServer) -> None:
    status, page, headers = get(server, "/")
    assert (status, headers["Content-Security-Policy"]) == (200, POLICY)
    assert "<p>all is well</p>" in page
    assert get(server, "/part")[:2] == (200, "<p>all is well</p>")
    assert get(server, "/etc/passwd")[0] == 404


def test_a_board_is_rendered_once_for_requests_in_quick_succession() -> None:
    rendered = count(1)
    server = BoardServer(0, lambda: f"<p>{next(rendered)}</p>", "plant-north")
    try:
        assert [server.part(), server.part()] == ["<p>1</p>"] * 2
    finally:
        server.server_close()


def test_another_host_name_is_not_answered(server: BoardServer) -> None:
    for host in ("evil.example", f"evil.example:{server.server_port}", "127.0.0.1"):
        assert get(server, "/", host)[0] == 421
    assert get(server, "/", f"localhost:{server.server_port}")[0] == 200


def test_the_page_names_no_other_address() -> None:
    assert re.findall(r"https?://", wrap("", "plant")) == []
    assert "<title>Preheat board: &lt;x&gt;</title>" in wrap("", "<x>")


def test_the_command_writes_the_board_to_a_file(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    path = bench.folder / "board.html"
    result = bench.preheat("board", "--output", str(path))
    assert result.exit_code == 0
    assert 'data-key="weld-seams"' in path.read_text()
    missing = bench.preheat("board", "--output", str(bench.folder / "none" / "board.html"))
    assert (missing.exit_code, "cannot write" in missing.stderr) == (2, True)


def test_a_port_that_is_taken_is_named(bench: Workbench, server: BoardServer) -> None:
    result = bench.preheat("board", "--port", str(server.server_port))
    assert result.exit_code == 2
    assert f"port {server.server_port} is in use" in result.stderr


def test_a_store_that_does_not_answer_is_named_and_never_a_page_of_old_facts() -> None:
    def fail() -> str:
        raise StoreUnavailable("models: <denied>")

    with serve_beside(fail, "plant", 0) as server:
        status, text, headers = get(server, "/part")
        assert (status, text, headers["Content-Type"]) == (503, "models: <denied>", "text/plain; charset=utf-8")
        status, page, _ = get(server, "/")
        assert status == 200
        assert "cannot read its tables: models: &lt;denied&gt;" in page


def test_a_board_beside_takes_another_port_if_its_own_is_in_use_and_ends_with_the_block(server: BoardServer) -> None:
    with serve_beside(lambda: "<p>demo</p>", "demo", server.server_port) as beside:
        assert beside.server_port != server.server_port
        assert get(beside, "/part")[1] == "<p>demo</p>"
    with pytest.raises(ConnectionRefusedError):
        get(beside, "/part")

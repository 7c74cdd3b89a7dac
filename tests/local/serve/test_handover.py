"""The port changes hands: nobody is refused, and whoever is killed leaves things mendable."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from exai_components.serve import handover

pytestmark = pytest.mark.slow

ROW = json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2]]}).encode()
PATH = "/v1/models/iris:predict"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Client:
    """Asks for predictions, or for readiness, without a pause; keeps answers and failures."""

    port: int
    keep_alive: bool
    probe: bool = False
    answers: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not stop.is_set():
            try:
                if self.probe:
                    connection.request("GET", "/v2/health/ready")
                else:
                    connection.request("POST", PATH, ROW, {"content-type": "application/json"})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {body!r}")
                elif self.probe:
                    self.answers.append(0.0)
                else:
                    probabilities = json.loads(body)["predictions"][0]["probabilities"]
                    self.answers.append(probabilities["setosa"])
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            if not self.keep_alive:
                connection.close()
        connection.close()

    def has_more_than(self, count: int) -> bool:
        """Whether so many answers came."""
        return len(self.answers) > count

    def changes(self) -> int:
        """How often an answer differs from the one before."""
        return sum(1 for before, after in pairwise(self.answers) if before != after)


@contextmanager
def firing(port: int) -> Iterator[list[Client]]:
    """Clients of both kinds, asking all the while."""
    clients = [Client(port, keep_alive) for keep_alive in (True, True, False, False)]
    clients.append(Client(port, keep_alive=True, probe=True))
    stop = threading.Event()
    threads = [threading.Thread(target=client.run, args=[stop]) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_for(condition: Callable[[], bool], timeout: float = 15) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def predict(server: Any) -> Any:
    return server.ask("POST", PATH, json.loads(ROW))


def test_several_hand_overs_refuse_nobody(launch: Any, models: Any) -> None:
    port, rounds = free_port(), 4
    current = launch(models / "iris")
    assert current.state() == "loaded"
    assert current.take_over(None, port)[0] == 200
    assert current.state() == "serving"
    with firing(port) as clients:
        for turn in range(rounds):
            successor = launch(models / ("better" if turn % 2 == 0 else "iris"))
            asked = [len(client.answers) for client in clients]
            status, state = successor.take_over(current, port)
            assert (status, state["state"], state["port"]) == (200, "serving", port)
            assert current.ended() == 0
            current = successor
            for client, before in zip(clients, asked, strict=True):
                wait_for(partial(client.has_more_than, before + 20))
    for client in clients:
        assert client.failures == []
        assert len(client.answers) > 100
        assert client.changes() == (0 if client.probe else rounds)
    assert current.log.read_text() == "exai: iris is ready\n"


def test_idle_connections_outlive_a_hand_over_for_a_while(launch: Any, models: Any) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as idle:
        idle.request("GET", "/v2/health/live")
        idle.getresponse().read()
        assert new.take_over(old, port)[0] == 200
        assert old.state() == "draining"
        idle.request("GET", "/v2/health/ready")
        answer = idle.getresponse()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        answer.read()
        idle.request("GET", "/v2/health/live")
        assert idle.getresponse().read()
    assert old.ended() == 0
    assert not old.control.exists()
    assert not handover.fd_path(old.control).exists()


def test_a_dead_predecessors_port_is_bound_anew(launch: Any, models: Any) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    old.process.kill()
    old.ended()
    assert new.take_over(old, port)[0] == 200
    assert predict(new)[0] == 200


def test_a_predecessor_killed_amid_the_hand_over_is_dead_too(launch: Any, models: Any) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    old.process.send_signal(signal.SIGSTOP)
    taken: list[Any] = []
    thread = threading.Thread(target=lambda: taken.append(new.take_over(old, port)))
    thread.start()
    time.sleep(0.5)
    assert new.state() == "loaded"
    old.process.kill()
    thread.join()
    assert taken[0][0] == 200
    assert predict(new)[0] == 200


def test_a_successor_killed_before_it_takes_over_changes_nothing(launch: Any, models: Any) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    new.process.kill()
    new.ended()
    assert (old.state(), predict(old)[0]) == ("serving", 200)


def test_a_successor_that_dies_with_the_socket_in_hand_leaves_the_old_one_serving(
    launch: Any, models: Any
) -> None:
    port = free_port()
    old = launch(models / "iris", port=port)
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(handover.fd_path(old.control)))
    link.sendall(json.dumps({"port": port}).encode())
    _, descriptors, _, _ = socket.recv_fds(link, 4096, 1)  # and it never says that it is ready
    waiting: list[Any] = []
    thread = threading.Thread(target=lambda: waiting.append(predict(old)))
    thread.start()
    time.sleep(0.5)
    assert waiting == []  # queued, not refused
    os.close(descriptors[0])
    link.close()
    thread.join()
    assert waiting[0][0] == 200
    assert old.state() == "serving"


def test_a_successor_that_dies_while_the_old_one_drains_is_replaced_by_it(
    launch: Any, models: Any
) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as idle:
        idle.request("GET", "/v2/health/live")
        idle.getresponse().read()
        assert new.take_over(old, port)[0] == 200
        assert old.state() == "draining"
        new.process.kill()
        new.ended()
        wait_for(lambda: old.state() == "serving")
        assert predict(old)[0] == 200
    third = launch(models / "better")
    assert third.take_over(old, port)[0] == 200
    assert predict(third)[0] == 200
    assert old.ended() == 0


def test_a_successor_that_is_told_to_stop_lets_the_old_one_end(launch: Any, models: Any) -> None:
    port = free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as idle:
        idle.request("GET", "/v2/health/live")
        idle.getresponse().read()
        assert new.take_over(old, port)[0] == 200
        new.process.terminate()
        assert new.ended() == 0
    assert old.ended() == 0


def test_a_strangers_port_is_told_and_can_be_tried_again(launch: Any, models: Any) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        server = launch(models / "iris")
        status, body = server.take_over(None, port)
        assert (status, body["code"]) == (409, "port-in-use")
        assert f"port {port}" in body["error"]
        assert body["hint"]
        assert server.state() == "loaded"
    assert server.take_over(None, port)[0] == 200
    assert predict(server)[0] == 200
    assert server.take_over(None, port)[0] == 200  # again is no mistake
    assert server.take_over(None, free_port())[1]["code"] == "serving"


def test_another_port_is_bound_and_the_old_server_goes_on(launch: Any, models: Any) -> None:
    port, other = free_port(), free_port()
    old, new = launch(models / "iris", port=port), launch(models / "better")
    assert new.take_over(old, other)[0] == 200
    assert predict(new)[0] == 200
    assert (old.state(), predict(old)[0]) == ("serving", 200)
    status, state = old.tell("POST", "/exai/drain")
    assert (status, state["state"], state["port"]) == (200, "draining", None)
    assert old.ended() == 0


@pytest.mark.parametrize("how", ["signal", "control"])
def test_a_drain_answers_what_is_in_flight(launch: Any, models: Any, how: str) -> None:
    server = launch(models / "iris", port=free_port())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        head = f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(ROW)}\r\n\r\n"
        slow.sendall(head.encode() + ROW[:10])
        time.sleep(0.2)
        if how == "signal":
            server.process.terminate()
        else:
            assert server.tell("POST", "/exai/drain")[0] == 200
        time.sleep(1)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)
        assert server.state() == "draining"
        slow.sendall(ROW[10:])
        answer = slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer
    assert server.ended() == 0

"""Listening, and passing a listening socket on."""

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from exai_components.serve import handover
from exai_components.serve.failure import Failure
from exai_components.serve.listener import (
    Listener,
    bind_tcp,
    listen_tcp,
    listen_unix,
)


def code_of(failure: pytest.ExceptionInfo[Failure]) -> str:
    return failure.value.code


def test_a_port_in_use_is_told_before_and_after_binding() -> None:
    with bind_tcp("127.0.0.1", 0) as mine:
        listen_tcp(mine, "127.0.0.1")
        with pytest.raises(Failure, match="in use by another program") as caught:
            bind_tcp("127.0.0.1", mine.getsockname()[1])
        assert code_of(caught) == "port-in-use"
    with bind_tcp("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind_tcp("127.0.0.1", port) as second:
            listen_tcp(first, "127.0.0.1")
            with pytest.raises(Failure) as caught:
                listen_tcp(second, "127.0.0.1")
            assert code_of(caught) == "port-in-use"


def test_a_control_socket_is_for_this_user_only(tmp_path: Path) -> None:
    with listen_unix(tmp_path / "c"):
        assert (tmp_path / "c").stat().st_mode & 0o777 == 0o600
        with pytest.raises(Failure) as caught:
            listen_unix(tmp_path / "c")
        assert code_of(caught) == "control-in-use"


def test_a_dead_processes_control_socket_is_replaced(tmp_path: Path) -> None:
    listen_unix(tmp_path / "c").close()
    assert (tmp_path / "c").exists()
    listen_unix(tmp_path / "c").close()


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("mine")
    with pytest.raises(Failure) as caught:
        listen_unix(tmp_path / "c")
    assert code_of(caught) == "control-in-use"
    assert (tmp_path / "c").read_text() == "mine"


def test_a_path_that_is_too_long_says_so(tmp_path: Path) -> None:
    path = tmp_path / ("x" * handover.LONGEST_PATH)
    with pytest.raises(Failure, match=f"at most {handover.LONGEST_PATH} work") as caught:
        handover.check_control_path(path)
    assert code_of(caught) == "control-path-too-long"


def test_the_longest_path_works_for_both_sockets(tmp_path: Path) -> None:
    path = tmp_path / ("c" * (handover.LONGEST_PATH - len(str(tmp_path)) - 1))
    handover.check_control_path(path)
    with listen_unix(path), listen_unix(handover.fd_path(path)):
        pass


def test_what_was_queued_before_a_close_is_still_accepted() -> None:
    served: list[socket.socket] = []

    async def scenario() -> None:
        sock = bind_tcp("127.0.0.1", 0)
        listen_tcp(sock, "127.0.0.1")
        listener = Listener(sock, served.append)
        clients = [socket.create_connection(("127.0.0.1", listener.port)) for _ in range(5)]
        listener.close()
        for client in clients:
            client.close()

    asyncio.run(scenario())
    assert len(served) == 5
    for each in served:
        each.close()


def test_a_socket_is_passed_and_still_listens(tmp_path: Path) -> None:
    control = tmp_path / "c"
    with bind_tcp("127.0.0.1", 0) as mine, listen_unix(handover.fd_path(control)) as door:
        listen_tcp(mine, "127.0.0.1")
        port = mine.getsockname()[1]

        def predecessor() -> None:
            link, _ = door.accept()
            with link:
                assert handover.same_user(link)
                assert handover.wanted_port(link.recv(4096)) == port
                handover.give(link, mine, port)
                assert link.recv(64) == handover.READY
                link.sendall(handover.YOURS)

        thread = threading.Thread(target=predecessor)
        thread.start()
        handed = handover.ask_for(control, port)
        thread.join()
    with handed.listening, handed.link:
        assert handed.listening.getsockname()[1] == port
        with socket.create_connection(("127.0.0.1", port)):
            handed.listening.accept()[0].close()


@pytest.mark.parametrize("last_word", [b"", handover.KEPT])
def test_after_the_socket_only_a_kept_port_is_not_the_successors(
    tmp_path: Path, last_word: bytes
) -> None:
    with bind_tcp("127.0.0.1", 0) as mine, listen_unix(handover.fd_path(tmp_path / "c")) as door:

        def predecessor() -> None:
            link, _ = door.accept()
            with link:
                link.recv(4096)
                handover.give(link, mine, 1)
                link.sendall(last_word)

        thread = threading.Thread(target=predecessor)
        thread.start()
        if last_word:
            with pytest.raises(handover.Stuck):
                handover.ask_for(tmp_path / "c", 1)
        else:
            handed = handover.ask_for(tmp_path / "c", 1)
            handed.listening.close()
            handed.link.close()
        thread.join()


def test_a_dead_predecessor_is_gone(tmp_path: Path) -> None:
    with pytest.raises(handover.Gone):
        handover.ask_for(tmp_path / "never", 1)
    listen_unix(handover.fd_path(tmp_path / "dead")).close()
    with pytest.raises(handover.Gone):
        handover.ask_for(tmp_path / "dead", 1)


def test_a_predecessor_that_refuses_or_dies_is_gone(tmp_path: Path) -> None:
    with listen_unix(handover.fd_path(tmp_path / "c")) as door:

        def predecessor(words: bytes) -> None:
            link, _ = door.accept()
            with link:
                link.recv(4096)
                link.sendall(words)

        for words in (b"", b'{"refused": "not-serving"}\n'):
            thread = threading.Thread(target=predecessor, args=[words])
            thread.start()
            with pytest.raises(handover.Gone):
                handover.ask_for(tmp_path / "c", 1)
            thread.join()


def test_a_predecessor_that_hangs_is_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PATIENCE", 0.1)
    with listen_unix(handover.fd_path(tmp_path / "c")), pytest.raises(handover.Stuck):
        handover.ask_for(tmp_path / "c", 1)


@pytest.mark.parametrize("request_", [b"", b"{}", b"[1]", b"\xff", b'{"port": "x"}', b"null"])
def test_a_request_without_sense_names_no_port(request_: bytes) -> None:
    assert handover.wanted_port(request_) is None

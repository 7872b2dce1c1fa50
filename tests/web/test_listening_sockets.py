"""Sockets that a process is given: found by address, all used, refused when no setting has them."""

import os
import socket
from contextlib import ExitStack

import pytest

from tests.servers import free_port
from web.listening_sockets import SOCKETS, ListeningSockets, SocketUnused
from web.successor import CHANNEL, Predecessor, PredecessorGone, PredecessorStays


def given(stack: ExitStack, count: int, port: int = 0) -> list[socket.socket]:
    """Listening sockets on one port of this machine."""
    made: list[socket.socket] = []
    for _ in range(count):
        one = socket.create_server(("127.0.0.1", port), reuse_port=True)
        port = one.getsockname()[1]
        made.append(stack.enter_context(one))
    return made


def test_a_given_socket_is_found_by_its_address() -> None:
    with ExitStack() as stack:
        (one,) = given(stack, 1)
        sockets = ListeningSockets([one])
        port = one.getsockname()[1]
        other = stack.enter_context(sockets.listen("127.0.0.1", 0))
        assert other is not one
        assert sockets.listen("127.0.0.1", port) is one
        assert sockets.in_use == [other, one]
        sockets.close_unused()


@pytest.mark.parametrize(
    ("count", "workers", "shares"),
    [(2, 2, [[0], [1]]), (1, 3, [[0], [0], [0]]), (3, 2, [[0, 2], [1]]), (2, 1, [[0, 1]])],
)
def test_workers_use_all_sockets_that_were_given(
    count: int, workers: int, shares: list[list[int]]
) -> None:
    with ExitStack() as stack:
        made = given(stack, count)
        sockets = ListeningSockets(made)
        shared = sockets.listen_shared("127.0.0.1", made[0].getsockname()[1], workers)
        assert shared == [[made[at] for at in share] for share in shares]


def test_without_given_sockets_each_worker_has_one_on_the_same_port() -> None:
    sockets = ListeningSockets()
    shared = sockets.listen_shared("127.0.0.1", 0, 3)
    assert len({one.getsockname() for own in shared for one in own}) == 1
    assert len(sockets.in_use) == 3
    sockets.close()
    assert sockets.in_use == []


def test_a_socket_of_systemd_that_no_setting_names_is_refused() -> None:
    with ExitStack() as stack:
        (one,) = given(stack, 1)
        where = f"127.0.0.1:{one.getsockname()[1]}"
        sockets = ListeningSockets([one], from_systemd=True)
        stack.enter_context(sockets.listen("127.0.0.1", free_port()))
        with pytest.raises(SocketUnused, match=where):
            sockets.close_unused()


def test_an_old_address_of_a_predecessor_is_given_up() -> None:
    with ExitStack() as stack:
        (one,) = given(stack, 1)
        environment = {SOCKETS: str(os.dup(one.fileno()))}
        sockets = ListeningSockets.from_environment(environment)
        assert environment == {}
        sockets.close_unused()
        port = one.getsockname()[1]
        one.close()
        socket.create_server(("127.0.0.1", port)).close()  # nobody has it any more


def test_sockets_that_systemd_gave_another_process_are_not_taken() -> None:
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "HOME": "/"}
    assert ListeningSockets.from_environment(environment).in_use == []
    assert environment == {"HOME": "/"}


def channel() -> tuple[socket.socket, Predecessor]:
    ours, theirs = socket.socketpair()
    return ours, Predecessor.from_environment({CHANNEL: str(theirs.detach())})


async def test_a_successor_whose_predecessor_died_does_not_serve() -> None:
    ours, predecessor = channel()
    ours.close()
    with pytest.raises(PredecessorGone):
        predecessor.tell_ready()
    ours, predecessor = channel()
    ours.close()
    with pytest.raises(PredecessorGone):
        await predecessor.wait_for_end(1)


async def test_a_successor_does_not_wait_for_ever() -> None:
    ours, predecessor = channel()
    with ours, pytest.raises(PredecessorStays):
        await predecessor.wait_for_end(0.05)
    await Predecessor().wait_for_end(0.05)  # without one there is nothing to wait for

"""Deadlines of answers: a connection whose server stays silent is cut off.

A server that is stopped, or a network that acknowledges and delivers nothing, leaves a statement
waiting for as long as TCP lives: keepalives and `tcp_user_timeout` see a peer that acknowledges.
So each connection has a deadline of its own. A statement that has no answer by then loses its
socket: the driver reports a lost connection at once, the pool drops the connection, and the
transaction is over for the server too. A commit that is cut off has an unknown outcome, like any
commit whose connection is lost.

Cancelling the statement instead would wait for the silent server again (the driver asks it to
cancel the statement).
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import psycopg
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

PING_SECONDS: Final = 1.0
"""Time that a server may take for the statement that tries an idle connection."""
_OPTION: Final = "veritem_answer_deadline"
_IS_NEW: Final = "veritem_is_new"


class AnswerDeadline:
    """Cuts off a connection that has no answer `seconds` after the last `restart`."""

    def __init__(self, driver: "psycopg.AsyncConnection[Any]", seconds: float) -> None:
        self._driver = driver
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def restart(self) -> None:
        """Count from now."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds, shut_down, self._driver)

    def stop(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@contextmanager
def _running(deadline: AnswerDeadline) -> Iterator[None]:
    deadline.restart()
    try:
        yield
    finally:
        deadline.stop()


def shut_down(driver: "psycopg.AsyncConnection[Any]") -> None:
    """Shut the socket of a connection down; whoever waits for it gets an error now.

    The descriptor stays open until the driver closes it, so that no other connection takes its
    number meanwhile.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(driver.fileno())) as twin:
        twin.shutdown(socket.SHUT_RDWR)


@asynccontextmanager
async def answered_within(connection: AsyncConnection, seconds: float) -> AsyncIterator[None]:
    """Give each statement in the block, and its commit, `seconds` for an answer."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)  # noqa: S101 - for the type checker
    deadline = AnswerDeadline(driver, seconds)
    await connection.execution_options(**{_OPTION: deadline})
    with _running(deadline):
        yield


def check_idle_connections(engine: AsyncEngine) -> None:
    """Try each idle connection of the pool before it is used, and restart deadlines at statements.

    A connection that fails the try is replaced, and all older ones with it: a restarted server
    causes no error, and a silent one costs `PING_SECONDS`.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def note_new(_: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info[_IS_NEW] = True

    @event.listens_for(engine.sync_engine, "checkout")
    def try_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        if record.info.pop(_IS_NEW, False):
            return
        try:
            connection.run_async(_try_out)
        except psycopg.Error as error:
            raise exc.InvalidatePoolError from error

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def restart_deadline(connection: Connection, *_: object) -> None:
        deadline = connection.get_execution_options().get(_OPTION)
        if deadline is not None:
            deadline.restart()


async def ping_server(driver: "psycopg.AsyncConnection[Any]") -> None:
    """Execute a statement that does nothing; raise `psycopg.Error` without an answer in time."""
    with _running(AnswerDeadline(driver, PING_SECONDS)):
        await driver.execute("SELECT 1")


async def _try_out(driver: "psycopg.AsyncConnection[Any]") -> None:
    """Ping without a transaction."""
    await driver.set_autocommit(True)
    await ping_server(driver)
    await driver.set_autocommit(False)

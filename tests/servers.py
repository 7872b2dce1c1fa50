"""Real servers for the tests: PostgreSQL and Redis on free ports in temporary directories.

No test talks to a server that somebody else runs, and nothing of a test outlives it. The fixtures
that hand these out are in `tests/conftest.py`: one PostgreSQL and one Redis a test process
(so one for each xdist worker), a fresh database for each test that asks.

    def test_something(postgres: PostgresServer) -> None:
        url = postgres.database()          # postgresql://… of an empty database

`kill()` is `kill -9` of the whole server; `start()` brings it back on the same port and files.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_READY_SECONDS = 30.0


class ServerMissing(RuntimeError):
    """A server program is not installed; the message names the package that has it."""


_LISTENING = range(12_000, 32_000)
"""Below the ports that the system gives to outgoing connections, which would take them between."""


def free_port(count: int = 1) -> int:
    """The first of `count` TCP ports in a row that nobody listens on just now."""
    while True:
        first = secrets.choice(_LISTENING)
        with ExitStack() as stack, suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def _program(name: str, package: str, *where: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([*where, os.environ.get("PATH", "")]))
    if found is None:
        raise ServerMissing(f"{name} is not installed: apt-get install {package}")
    return found


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False)
    return [int(line) for line in listed.stdout.split()]


class _Server:
    """A child process with a directory of its own, on a port that stays the same."""

    def __init__(self) -> None:
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="veritem-test-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self) -> Self:
        raise NotImplementedError

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask the server to end (politely unless told), and wait until it has; twice is once."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_READY_SECONDS)
            self._process = None

    def kill(self) -> None:
        """`kill -9`: no goodbye, as when the machine's memory killer strikes."""
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        """Stop the server and remove its directory."""
        with suppress(ProcessLookupError):
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _wait(self, ready: Callable[[], object], log: Path) -> None:
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                ready()
            except (OSError, psycopg.Error) as error:
                dead = self._process is None or self._process.poll() is not None
                if dead or time.monotonic() > until:
                    raise RuntimeError(f"no server: {error}\n{log.read_text()[-2000:]}") from error
                time.sleep(0.02)
            else:
                return


class PostgresServer(_Server):
    """A PostgreSQL cluster; `superuser` may do anything in it, without a password."""

    superuser = "veritem_test"

    def __init__(self, **settings: str) -> None:
        """`settings` are lines of postgresql.conf, for example `fsync="on"`."""
        super().__init__()
        home = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = Path(_program("postgres", "postgresql", *map(str, reversed(home)))).parent
        # PostgreSQL refuses to run as root: then it runs as the user its package made.
        self._user = "postgres" if os.getuid() == 0 else None
        self._data = self.directory / "data"
        self._numbers = count(1)
        if self._user:
            shutil.chown(self.directory, self._user)
        self._run(
            "initdb",
            *("-D", str(self._data), "-U", self.superuser, "-A", "trust", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--no-sync"),
        )
        # What is tested is the death of processes, not of the kernel: no fsync keeps tests fast.
        lines = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "60",
        } | settings
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in lines.items())

    def start(self) -> Self:
        log = self.directory / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(self.bin / "postgres"), "-D", str(self._data)],
                stdout=output,
                stderr=output,
                cwd=self.directory,
                user=self._user,
                start_new_session=True,  # Ctrl-C in the terminal ends the tests, then they end it
            )
        self._wait(lambda: psycopg.connect(self.url("postgres"), connect_timeout=2).close(), log)
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        # SIGINT is the "fast" shutdown: open sessions do not hold it up. After a kill -9 of the
        # postmaster its children end by themselves, but too late for a start right after it.
        kin = _children(self.pid) if how is signal.SIGKILL and self._process else []
        super().stop(how)
        for pid in kin:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in kin):
            time.sleep(0.01)

    def close(self) -> None:
        # Nobody will look at these files again: no last checkpoint of all the tests' databases.
        self.stop(signal.SIGQUIT)
        super().close()

    def url(self, database: str, user: str | None = None) -> str:
        return f"postgresql://{user or self.superuser}@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "template1") -> str:
        """The URL of a fresh database, empty or a copy of `template`."""
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def has_database(self, name: str) -> bool:
        """Whether the cluster has a database of this name."""
        with psycopg.connect(self.url("postgres")) as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            return connection.execute(query, [name]).rowcount == 1

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser, each in a transaction of its own."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.bin / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self.directory,
            user=self._user,
        )


class RedisServer(_Server):
    """A Redis server; by default every answered write is on disk (appendfsync always)."""

    def __init__(self, conf: Path | None = None, **settings: str) -> None:
        """`settings` are lines of redis.conf with `_` for `-`, for example `maxmemory="64mb"`.

        With `conf`, a settings file, the other defaults are those of Redis.
        """
        super().__init__()
        self._program = [_program("redis-server", "redis-server"), *([str(conf)] if conf else [])]
        always = {"port": str(self.port), "dir": str(self.directory)}
        defaults = {"bind": "127.0.0.1", "save": "", "appendonly": "yes", "appendfsync": "always"}
        self._settings = (
            ({} if conf else defaults)
            | always
            | {name.replace("_", "-"): value for name, value in settings.items()}
        )

    def start(self, *, wait: bool = True) -> Self:
        """Start it; without `wait`, return while it may still load its file."""
        log = self.directory / "log"
        arguments = [
            part for name, value in self._settings.items() for part in (f"--{name}", value)
        ]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._program, *arguments],
                stdout=output,
                stderr=output,
                cwd=self.directory,
                start_new_session=True,
            )
        if wait:
            self._wait(self._ping, log)
        return self

    def cli(self, *words: str, stdin: bytes = b"") -> str:
        """What `redis-cli` prints for a command; with `-x` its last word is `stdin`."""
        command = ["redis-cli", "-p", str(self.port), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def _ping(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
        if not answer.startswith((b"+PONG", b"-NOAUTH")):
            raise ConnectionError(f"Redis answers {answer!r}")  # still loading its file


class ChromiumServer(_Server):
    """The system's Chromium without a window; Playwright connects to its address."""

    def start(self) -> Self:
        program = _program("chromium", "chromium")
        log = self.directory / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    program,
                    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                    *("--disable-background-networking", "--disable-component-update"),
                    *(
                        "--disable-sync",
                        "--disable-back-forward-cache",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                    ),
                    f"--user-data-dir={self.directory / 'profile'}",
                    f"--remote-debugging-port={self.port}",
                ],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close(), log)
        return self

    @property
    def url(self) -> str:
        """Where its DevTools protocol is served."""
        return f"http://127.0.0.1:{self.port}"

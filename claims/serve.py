"""The claim service as a process: socket, signals, metrics, graceful shutdown."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvloop
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from claims.checker import PinChecker
from claims.server import ClaimServer
from claims.settings import SHORTEST_SECRET, ClaimSettings
from ledger import open_ledger
from ledger.clock import SteadyClock
from stamps.errors import VeritemError
from stamps.pin_ring import PinRing
from web.aiohttp_server import guarded_server
from web.claim_exchange import get_socket_path
from web.client_address import TrustedProxies
from web.connection_guard import ConnectionLimits
from web.errors import AddressTaken
from web.listening_sockets import ListeningSockets
from web.metrics import render_metrics
from web.metrics_server import serve_metrics
from web.request_counter import MemoryRequestCounter
from web.service_process import ServiceProcess
from web.sockets import socket_url

_SOCKET_MODE: Final = 0o660
_CONNECTIONS: Final = 1_000
_LIMITS: Final = ConnectionLimits(
    head_seconds=5.0,
    idle_seconds=60.0,
    write_seconds=5.0,
    connections=_CONNECTIONS,
    # Resolvers on this machine are one network.
    connections_per_network=_CONNECTIONS,
)
_DRAIN_SECONDS: Final = 5.0


class WeakSecret(VeritemError):
    """The secret of the claim service is missing or too short."""

    code = "weak-secret"
    message = "claims.secret has under {characters} characters"


@asynccontextmanager
async def run_claims(
    checker: PinChecker, settings: ClaimSettings, sockets: ListeningSockets | None = None
) -> AsyncIterator[str]:
    """Serve until the block ends, and yield the address; questions under way are answered first.

    Raises `WeakSecret`, `AddressTaken`.
    """
    secret = settings.secret.get_secret_value()
    if len(secret) < SHORTEST_SECRET:
        raise WeakSecret(characters=SHORTEST_SECRET)
    server = ClaimServer(checker, secret=secret, concurrent=settings.concurrent)
    sockets = sockets or ListeningSockets()
    with (
        _listen(settings.address, sockets) as listening,
        sockets.listen(settings.admin_host, settings.admin_port) as admin,
    ):
        metrics = ClaimMetrics(checker, server)

        async def render() -> bytes:
            return render_metrics(metrics)

        async with (
            guarded_server(
                server.create_app(),
                listening,
                _LIMITS,
                drain_seconds=_DRAIN_SECONDS,
                proxies=TrustedProxies((), "x-forwarded-for"),
            ),
            serve_metrics(render, admin),
        ):
            is_unix = listening.family == socket.AF_UNIX
            yield settings.address if is_unix else socket_url(listening)


def serve(
    settings: ClaimSettings,
    *,
    pins: PinRing,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM, SIGINT or a successor; `ready` is called with the address.

    Budgets of tries are in memory: a restart forgets them. Raises `WeakSecret`, `AddressTaken` and
    the errors of `open_ledger`.
    """

    async def work() -> None:
        process.handle_signals()
        clock = SteadyClock()
        seconds = settings.ledger_answer_seconds
        async with await open_ledger(
            settings.ledger, clock=clock, answer_seconds=seconds
        ) as ledger:
            checker = PinChecker(
                ledger,
                pins,
                settings,
                counter=MemoryRequestCounter(clock),
                clock=clock,
                secret=secrets.token_bytes(32),
            )
            async with run_claims(checker, settings, process.sockets) as address:
                ready(address)
                await process.serve_until_stopped()

    process = ServiceProcess.from_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


class ClaimMetrics(Collector):
    """The metrics of a claim service."""

    def __init__(self, checker: PinChecker, server: ClaimServer) -> None:
        self._checker = checker
        self._server = server

    def collect(self) -> Iterable[Metric]:
        """The metrics as Prometheus families."""
        answers = CounterMetricFamily("veritem_claim_answers", "Questions", labels=["result"])
        for result, count in self._checker.answers.items():
            answers.add_metric([result], count)
        yield answers
        yield CounterMetricFamily(
            "veritem_claim_refused", "Requests without the secret", value=self._server.refused
        )


def _listen(address: str, sockets: ListeningSockets) -> socket.socket:
    """The given socket of an address, or one that is bound now. Raises `AddressTaken`."""
    path = get_socket_path(address)
    if path is None:
        parts = urlsplit(address)
        return sockets.listen(parts.hostname or "", parts.port or 0)
    given = sockets.find_unix(path)
    if given is not None:
        return given
    made = _bind(address, path)
    sockets.add(made)
    return made


def _bind(address: str, path: Path) -> socket.socket:
    """A Unix socket at `path`. Raises `AddressTaken`."""
    if _is_served(path.as_posix()):
        raise AddressTaken(address=address, why="another process serves it")
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)  # of a process that was killed
        made.bind(path.as_posix())
        path.chmod(_SOCKET_MODE)
    except OSError as error:
        made.close()
        raise AddressTaken(address=address, why=error.strerror or str(error)) from error
    made.setblocking(False)
    return made


def _is_served(path: str) -> bool:
    """Whether a process listens at a Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True

"""One process of the desk: its socket, signals and graceful shutdown."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvloop

from desk.app import create_app
from desk.dependencies import DeskDependencies
from desk.settings import DeskSettings
from issuer import Issuer, Signer
from ledger import open_ledger
from ledger.ledger import now_ms
from stamps.key_ring import KeyRing
from web.aiohttp_server import guarded_server
from web.connection_guard import ConnectionLimits


@asynccontextmanager
async def run_desk(dependencies: DeskDependencies) -> AsyncIterator[str]:
    """Serve until the block ends, and yield the address; requests under way finish first."""
    settings = dependencies.settings
    with _bind(settings.host, settings.port) as listening:
        url = _url_of(listening)
        async with guarded_server(
            create_app(dependencies),
            listening,
            ConnectionLimits(),
            drain_seconds=settings.drain_seconds,
        ):
            yield url


def serve(
    settings: DeskSettings,
    *,
    keys: KeyRing,
    signer: Signer,
    secret: bytes,
    stamp_host: str,
    stamp_scheme: str = "https",
    ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called with the address.

    `secret` (32 bytes) signs the sessions; another one ends them all.
    """

    async def work() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        async with await open_ledger(settings.ledger) as ledger:
            dependencies = DeskDependencies(
                ledger=ledger,
                issuer=Issuer(ledger, keys, signer),
                secret=secret,
                clock=now_ms,
                stamp_host=stamp_host,
                stamp_scheme=stamp_scheme,
                settings=settings,
            )
            async with run_desk(dependencies) as url:
                ready(url)
                await stop.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _url_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

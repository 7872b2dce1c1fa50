"""One process of the desk: its socket, signals, and an orderly end."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvloop
from aiohttp import web

from desk.app import create_app
from desk.dependencies import DeskDependencies
from desk.settings import DeskSettings
from issuer import Issuer, Signer
from ledger import open_ledger
from ledger.ledger import now_ms
from stamps.key_ring import KeyRing


@asynccontextmanager
async def serving(parts: DeskDependencies) -> AsyncIterator[str]:
    """Serve `parts` until the block ends, and tell the address; requests under way finish first."""
    settings = parts.settings
    runner = web.AppRunner(
        create_app(parts), access_log=None, shutdown_timeout=settings.drain_seconds
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        yield _url(runner)
    finally:
        await runner.cleanup()


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
    """Serve until SIGTERM or SIGINT; `ready` is told the address.

    `secret` (32 bytes) signs the sessions; with another one everybody signs in again.
    """

    async def work() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        async with await open_ledger(settings.ledger) as ledger:
            issuer = Issuer(ledger, keys, signer)
            parts = DeskDependencies(
                ledger, issuer, secret, now_ms, stamp_host, stamp_scheme, settings
            )
            async with serving(parts) as url:
                ready(url)
                await stop.wait()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def _url(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return f"http://[{host}]:{port}" if family == socket.AF_INET6 else f"http://{host}:{port}"

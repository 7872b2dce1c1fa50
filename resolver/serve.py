"""The service as processes: sockets, signals, and an orderly end."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvloop
from aiohttp import web

from detection.rules import Rules
from resolver.admin import create_admin
from resolver.batch_cache import BatchCache
from resolver.bootstrap import open_dependencies
from resolver.dependencies import ResolverDependencies
from resolver.handlers.bodies import BODY_LIMIT
from resolver.handlers.context import HandlerContext
from resolver.handlers.routes import create_router
from resolver.http.server import HttpServer
from resolver.settings import ResolverSettings
from resolver.sockets import bound, url_of
from resolver.workers import Supervisor
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from web.connection_guard import ConnectionGuard, ConnectionLimits

_BACKLOG = 1024


@dataclass(frozen=True)
class Serving:
    """Where a running service listens."""

    url: str
    admin_url: str
    context: HandlerContext


@asynccontextmanager
async def serving(
    parts: ResolverDependencies, sockets: "Listening | None" = None
) -> AsyncIterator[Serving]:
    """Serve `parts` until the block ends; requests under way are then finished."""
    settings = parts.settings
    listening = sockets or Listening.open(settings)
    context = HandlerContext(parts)
    limits = ConnectionLimits(
        head_seconds=settings.head_seconds,
        idle_seconds=settings.idle_seconds,
        write_seconds=settings.write_seconds,
        connections=settings.connections,
        connections_per_network=settings.connections_per_network,
    )
    guard = ConnectionGuard(limits, context.proxies.is_trusted)
    server = HttpServer(
        create_router(context).respond,
        guard,
        body_limit=BODY_LIMIT,
        body_seconds=settings.body_seconds,
        read_headers=context.locator.read_headers,
    )
    admin = web.AppRunner(create_admin(context), access_log=None)
    await admin.setup()
    async with following(parts.batch_cache), guard:
        listener = await asyncio.get_running_loop().create_server(
            server, sock=listening.public, backlog=_BACKLOG
        )
        try:
            await web.SockSite(admin, listening.admin).start()
            yield Serving(url_of(listening.public), url_of(listening.admin), context)
        finally:
            # A successor of this process needs the admin port at once; the public one is shared.
            await admin.cleanup()
            listener.close()
            await server.drain(settings.drain_seconds)


@asynccontextmanager
async def following(hot: BatchCache) -> AsyncIterator[None]:
    """Follow the ledger's changes while the block runs."""
    task = asyncio.create_task(hot.follow_changes(), name="follow the ledger")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True)
class Listening:
    """The two sockets of a process, bound and not yet accepting."""

    public: socket.socket
    admin: socket.socket

    @classmethod
    def open(cls, settings: ResolverSettings, worker: int = 0) -> "Listening":
        """Bind both; with several workers the public one is shared, the admin one is its own.

        Raises `AddressTaken`.
        """
        shared = settings.workers > 1
        admin_port = settings.admin_port and settings.admin_port + worker
        return cls(
            bound(settings.host, settings.port, shared=shared),
            bound(settings.admin_host, admin_port),
        )


def serve(
    settings: ResolverSettings,
    *,
    keys: KeyRing,
    public_keys: PublicKeys,
    rules: Callable[[], Rules],
    secret: bytes,
    ready: Callable[[str, str], None] = lambda _url, _admin: None,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reads the rules anew.

    `rules` is called at the start and at each SIGHUP; `ready` is told both addresses once all
    workers serve (of the admin ports the first). Raises `WorkerFailed`, and with one worker
    what it could not start for.
    """

    def work(settings: ResolverSettings, worker: int, told: Callable[[str, str], None]) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings, worker, keys, public_keys, rules, secret, told))

    if settings.workers == 1:
        work(settings, 0, ready)
        return
    # Bound and never listening: it keeps the port for the workers, also while one is replaced.
    with bound(settings.host, settings.port, shared=True) as held:
        fixed = settings.model_copy(update={"port": held.getsockname()[1]})
        admin = f"http://{settings.admin_host}:{settings.admin_port}"
        Supervisor(
            settings.workers,
            lambda worker, told: work(fixed, worker, lambda _url, _admin: told()),
            settings.drain_seconds,
        ).run(lambda: ready(url_of(held), admin))


async def _serve(
    settings: ResolverSettings,
    worker: int,
    keys: KeyRing,
    public_keys: PublicKeys,
    rules: Callable[[], Rules],
    secret: bytes,
    ready: Callable[[str, str], None],
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    opened = open_dependencies(
        settings, keys=keys, public_keys=public_keys, rules=rules(), secret=secret
    )
    sockets = Listening.open(settings, worker)
    async with opened as parts, serving(parts, sockets) as running:
        loop.add_signal_handler(signal.SIGHUP, parts.current_rules.reload, rules)
        _settle_heap()
        ready(running.url, running.admin_url)
        await stop.wait()


def _settle_heap() -> None:
    """Spare the garbage collector what will never be garbage.

    After the start some 130,000 objects are there to stay (modules, tables, pages); a full walk of
    them holds up whoever asks just then for 0.1 s (measured), and for nothing once they are frozen.
    A request leaves hardly a cycle behind, so young objects may gather for longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)

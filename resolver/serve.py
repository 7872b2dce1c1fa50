"""Runs the public service: sockets, signals, workers and graceful shutdown."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvloop

from detection.rules import Rules
from resolver.batch_cache import BatchCache
from resolver.bootstrap import open_dependencies
from resolver.claims import OpenClaimService
from resolver.dependencies import ResolverDependencies
from resolver.handlers.bodies import BODY_LIMIT
from resolver.handlers.context import HandlerContext
from resolver.handlers.routes import create_router
from resolver.http.server import HttpServer
from resolver.http.server_context import ServerContext
from resolver.settings import ResolverSettings
from resolver.workers import HEARTBEAT_SECONDS, Supervisor
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from web.connection_guard import ConnectionGuard
from web.file_limit import raise_file_limit
from web.heap import settle_heap
from web.metrics import ConnectionMetrics
from web.metrics_server import serve_metrics
from web.sockets import bind_socket, socket_url

_BACKLOG = 1024


@dataclass(frozen=True)
class RunningService:
    """The addresses of a service that runs, and what its handlers share."""

    url: str
    admin_url: str
    context: HandlerContext


@asynccontextmanager
async def run_service(
    dependencies: ResolverDependencies, sockets: "ServiceSockets | None" = None
) -> AsyncIterator[RunningService]:
    """Serve until the block ends; requests under way are then finished."""
    settings = dependencies.settings
    listening = sockets or ServiceSockets.open(settings)
    context = HandlerContext(dependencies)
    guard = ConnectionGuard(settings.make_limits(), context.proxies.is_trusted)
    context.metrics.connections = ConnectionMetrics(guard)
    server = HttpServer(
        ServerContext(
            create_router(context).respond,
            guard,
            body_limit=BODY_LIMIT,
            body_seconds=settings.body_seconds,
            read_headers=context.locator.read_headers,
        )
    )

    async def render() -> bytes:
        return context.metrics.render()

    async with follow_changes(dependencies.batch_cache), guard, context.health.running():
        listener = await asyncio.get_running_loop().create_server(
            server, sock=listening.public, backlog=_BACKLOG
        )
        try:
            # A successor of this process needs the admin port at once; the public one is shared.
            async with serve_metrics(render, listening.admin):
                yield RunningService(
                    socket_url(listening.public), socket_url(listening.admin), context
                )
        finally:
            listener.close()
            await server.drain(settings.drain_seconds)


@asynccontextmanager
async def follow_changes(batch_cache: BatchCache) -> AsyncIterator[None]:
    """Keep the batch cache current while the block runs."""
    task = asyncio.create_task(batch_cache.follow_changes(), name="follow the ledger")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(frozen=True)
class ServiceSockets:
    """The two sockets of a process, bound and not yet accepting."""

    public: socket.socket
    admin: socket.socket

    @classmethod
    def open(cls, settings: ResolverSettings, worker: int = 0) -> "ServiceSockets":
        """Bind both. Several workers share the public port; each has an admin port of its own.

        Raises `AddressTaken`.
        """
        shared = settings.workers > 1
        admin_port = settings.admin_port and settings.admin_port + worker
        return cls(
            bind_socket(settings.host, settings.port, shared=shared),
            bind_socket(settings.admin_host, admin_port),
        )


def serve(
    settings: ResolverSettings,
    *,
    keys: KeyRing,
    open_claims: OpenClaimService,
    public_keys: PublicKeys,
    rules: Callable[[], Rules],
    secret: bytes,
    ready: Callable[[str, str], None] = lambda _url, _admin: None,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP reloads the rules.

    `rules` is called at the start and at each SIGHUP. `ready` is called with the public URL and the
    URL of the first admin port once all workers serve. Raises `WorkerFailed`; with one worker, the
    error that prevents its start.
    """

    def work(
        settings: ResolverSettings,
        worker: int,
        ready: Callable[[str, str], None],
        beat: Callable[[], None] | None = None,
    ) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                _serve(settings, worker, keys, open_claims, public_keys, rules, secret, ready, beat)
            )

    raise_file_limit(settings.connections)
    if settings.workers == 1:
        work(settings, 0, ready)
        return
    # This socket never listens. It reserves the port, also while a worker is replaced.
    with bind_socket(settings.host, settings.port, shared=True) as reserved:
        fixed = settings.model_copy(update={"port": reserved.getsockname()[1]})
        admin = f"http://{settings.admin_host}:{settings.admin_port}"
        Supervisor(
            settings.workers,
            lambda worker, report: work(fixed, worker, lambda _url, _admin: report(), report),
            settings.drain_seconds,
            silent_seconds=settings.silent_seconds,
        ).run(lambda: ready(socket_url(reserved), admin))


async def _repeat(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _serve(
    settings: ResolverSettings,
    worker: int,
    keys: KeyRing,
    open_claims: OpenClaimService,
    public_keys: PublicKeys,
    rules: Callable[[], Rules],
    secret: bytes,
    ready: Callable[[str, str], None],
    beat: Callable[[], None] | None,
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    opened = open_dependencies(
        settings,
        keys=keys,
        open_claims=open_claims,
        public_keys=public_keys,
        rules=rules(),
        secret=secret,
    )
    sockets = ServiceSockets.open(settings, worker)
    async with opened as dependencies, run_service(dependencies, sockets) as running:
        loop.add_signal_handler(signal.SIGHUP, dependencies.current_rules.reload, rules)
        settle_heap()
        ready(running.url, running.admin_url)
        # Heartbeats go on while the worker drains; the loop's end cancels them.
        beats = asyncio.create_task(_repeat(beat), name="heartbeat") if beat else None  # noqa: F841
        await stop.wait()

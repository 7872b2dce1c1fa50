"""Runs the public service: sockets, signals, workers and graceful shutdown."""

import asyncio
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
from resolver.settings import IN_PROCESS_HISTORY, ResolverSettings
from resolver.workers import HEARTBEAT_SECONDS, Supervisor
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from web.connection_guard import ConnectionGuard
from web.file_limit import raise_file_limit
from web.heap import settle_heap
from web.listening_sockets import ListeningSockets
from web.metrics import ConnectionMetrics
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url

_BACKLOG = 1024
_UPLOAD_SLOTS = 8
"""Forms with a file that a process keeps at one time: 48 MB at most."""


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
            upload_path="/v1/reports",
            upload_slots=_UPLOAD_SLOTS,
        )
    )

    async def render() -> bytes:
        return context.metrics.render()

    async with follow_changes(dependencies.batch_cache), guard, context.health.running():
        loop = asyncio.get_running_loop()
        listeners = [
            await loop.create_server(server, sock=public, backlog=_BACKLOG)
            for public in listening.public
        ]
        try:
            # A successor of this process needs the admin port at once; the public one is shared.
            async with serve_metrics(render, listening.admin):
                yield RunningService(listening.url, socket_url(listening.admin), context)
        finally:
            for listener in listeners:
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
    """The sockets of a process, bound and not yet accepting.

    A worker has several public ones after a supervisor of more workers was replaced.
    """

    public: list[socket.socket]
    admin: socket.socket

    @property
    def url(self) -> str:
        """The URL of the public port."""
        return socket_url(self.public[0])

    @classmethod
    def open(cls, settings: ResolverSettings) -> "ServiceSockets":
        """Bind those of a single process. Raises `AddressTaken`."""
        return cls.open_all(settings, ListeningSockets())[0]

    @classmethod
    def open_all(
        cls, settings: ResolverSettings, sockets: ListeningSockets
    ) -> "list[ServiceSockets]":
        """Take or bind those of all workers. They share the public port, not the admin port.

        Raises `AddressTaken`.
        """
        public = sockets.listen_shared(settings.host, settings.port, settings.workers)
        return [
            cls(
                own,
                sockets.listen(
                    settings.admin_host, settings.admin_port and settings.admin_port + worker
                ),
            )
            for worker, own in enumerate(public)
        ]

    def close_others(self, sockets: ListeningSockets) -> None:
        """Close this process's copies of the sockets of other workers."""
        for one in sockets.in_use:
            if one is not self.admin and one not in self.public:
                one.close()


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
    """Serve until SIGTERM, SIGINT or a successor (SIGUSR2); SIGHUP reloads the rules.

    `rules` is called at the start and at each SIGHUP. `ready` is called with the public URL and the
    URL of the first admin port once all workers serve. Raises `WorkerFailed`; with one worker, the
    error that prevents its start.
    """

    def work(
        process: ServiceProcess,
        own: ServiceSockets,
        ready: Callable[[str, str], None],
        beat: Callable[[], None] | None = None,
    ) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(
                _serve(
                    settings,
                    process,
                    own,
                    keys,
                    open_claims,
                    public_keys,
                    rules,
                    secret,
                    ready,
                    beat,
                )
            )

    process = ServiceProcess.from_environment()
    raise_file_limit(settings.connections)
    sockets = process.sockets
    opened = ServiceSockets.open_all(settings, sockets)
    if settings.workers == 1:
        work(process, opened[0], ready)
        return

    def be_worker(number: int, report: Callable[[], None]) -> None:
        own = opened[number]
        own.close_others(sockets)
        worker = ServiceProcess(is_replaceable=False)
        work(worker, own, lambda _url, _admin: report(), report)

    # The supervisor keeps the sockets open, also while a worker is replaced; it never accepts.
    admin = f"http://{settings.admin_host}:{settings.admin_port}"
    Supervisor(
        settings.workers,
        be_worker,
        settings.drain_seconds,
        silent_seconds=settings.silent_seconds,
        process=process,
    ).run(lambda: ready(opened[0].url, admin))


async def _repeat(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(HEARTBEAT_SECONDS)


async def _serve(
    settings: ResolverSettings,
    process: ServiceProcess,
    sockets: ServiceSockets,
    keys: KeyRing,
    open_claims: OpenClaimService,
    public_keys: PublicKeys,
    rules: Callable[[], Rules],
    secret: bytes,
    ready: Callable[[str, str], None],
    beat: Callable[[], None] | None,
) -> None:
    process.handle_signals()
    first_rules = rules()
    if settings.history == IN_PROCESS_HISTORY:
        # Two processes would each see half of the scans, and take a token once each.
        await process.wait_for_predecessor(settings.drain_seconds)
    opened = open_dependencies(
        settings,
        keys=keys,
        open_claims=open_claims,
        public_keys=public_keys,
        rules=first_rules,
        secret=secret,
    )
    async with opened as dependencies, run_service(dependencies, sockets) as running:
        process.handle_signals(lambda: dependencies.current_rules.reload(rules))
        settle_heap()
        ready(running.url, running.admin_url)
        # Heartbeats go on while the worker drains; the loop's end cancels them.
        beats = asyncio.create_task(_repeat(beat), name="heartbeat") if beat else None  # noqa: F841
        await process.serve_until_stopped()

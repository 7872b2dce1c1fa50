"""One process of the desk: its socket, signals and graceful shutdown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import NamedTuple

import uvloop

from desk.app import create_app, create_runtime
from desk.dependencies import DeskDependencies
from desk.settings import DeskSettings
from detection.rules import Rules
from issuer import Issuer, NumberMark, Signer, StampKeys
from ledger import open_ledger
from ledger.clock import SteadyClock
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import LoadKeys, SecretSeal
from notices.head_watch import FindHead
from notices.serve import run_worker
from notices.settings import NoticeSettings
from services.notices.mail_addresses import make_mail_tools
from services.notices.mail_digests import StaffMailRules
from web.aiohttp_server import guarded_server
from web.file_limit import raise_file_limit
from web.heap import settle_heap
from web.listening_sockets import ListeningSockets
from web.metrics import ConnectionMetrics, TurnMetrics, render_metrics
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url


class DeskAddresses(NamedTuple):
    """The addresses of a desk that runs."""

    url: str
    admin_url: str
    """Address of the metrics."""


@asynccontextmanager
async def run_desk(
    dependencies: DeskDependencies, sockets: ListeningSockets | None = None
) -> AsyncIterator[DeskAddresses]:
    """Serve until the block ends, and yield the addresses; requests under way finish first.

    Raises `AddressTaken`.
    """
    settings = dependencies.settings
    sockets = sockets or ListeningSockets()
    with (
        sockets.listen(settings.host, settings.port) as listening,
        sockets.listen(settings.admin_host, settings.admin_port) as admin,
    ):
        runtime = create_runtime(dependencies)
        async with guarded_server(
            create_app(runtime),
            listening,
            settings.make_limits(),
            drain_seconds=settings.drain_seconds,
            proxies=settings.make_proxies(),
        ) as guard:
            collectors = ConnectionMetrics(guard), TurnMetrics(runtime.turns)

            async def render() -> bytes:
                return render_metrics(*collectors)

            async with serve_metrics(render, admin):
                yield DeskAddresses(socket_url(listening), socket_url(admin))


def serve(
    settings: DeskSettings,
    *,
    keys: StampKeys,
    signer: Signer,
    mark: NumberMark | None,
    secret: bytes,
    otp_keys: LoadKeys,
    webhook_keys: LoadKeys,
    notices: NoticeSettings,
    find_head: FindHead | None = None,
    rules: Rules,
    stamp_host: str,
    stamp_scheme: str = "https",
    ready: Callable[[str, str], None] = lambda _url, _admin: None,
) -> None:
    """Serve until SIGTERM, SIGINT or a successor.

    `ready` is called with the addresses of desk and metrics. `mark` is None where the keys are in
    no store. `secret` (32 bytes) signs the sessions; another one ends them all. The newest of
    `otp_keys` seals the secrets of one-time codes that another key or none sealed; that of
    `webhook_keys` those of new webhooks. Messages are sent by this process where `notices` says so.
    Raises `AddressTaken`.
    """

    async def work() -> None:
        process.handle_signals()
        clock = SteadyClock()
        async with await open_ledger(
            settings.ledger,
            clock=clock,
            otp_keys=otp_keys,
            answer_seconds=settings.ledger_answer_seconds,
        ) as ledger:
            await ledger.staff.seal_otp_secrets()
            await ledger.report_contacts.seal_all()
            dependencies = DeskDependencies(
                ledger=ledger,
                issuer=Issuer(ledger, keys, signer, mark),
                secret=secret,
                clock=clock,
                stamp_host=stamp_host,
                stamp_scheme=stamp_scheme,
                settings=settings,
                webhook_seal=SecretSeal(SEAL_PURPOSE, webhook_keys),
                rules=rules,
                mail=make_mail_tools(webhook_keys, is_on=notices.sends_mail),
            )
            worker: AbstractAsyncContextManager[object] = (
                run_worker(
                    ledger, notices, webhook_keys, clock, StaffMailRules(ledger, clock), find_head
                )
                if notices.in_desk
                else nullcontext()
            )
            async with worker, run_desk(dependencies, process.sockets) as addresses:
                settle_heap()
                ready(*addresses)
                await process.serve_until_stopped()

    process = ServiceProcess.from_environment()
    raise_file_limit(settings.connections)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())

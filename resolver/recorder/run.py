"""The recorder as a process: signals, metrics port, orderly end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import uvloop

from detection.rules import Rules
from ledger import open_ledger
from ledger.clock import SteadyClock
from resolver.current_rules import CurrentRules
from resolver.metrics import clock_family
from resolver.recorder.recorder import Recorder
from resolver.redis import open_store
from resolver.settings import ResolverSettings
from stamps.key_ring import KeyRing
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url


def run_recorder(
    settings: ResolverSettings,
    rules: Callable[[], Rules],
    ready: Callable[[str], None] = lambda _: None,
    keys: KeyRing | None = None,
) -> None:
    """Record from the stream at `settings.journal` into `settings.ledger` until SIGTERM or SIGINT.

    `rules` is called at the start and at each SIGHUP; `ready` is called with the address of the
    metrics. `keys` open the codes of signed scans; without them signed scans are put aside. Raises
    `AddressTaken`, `RedisEvicts`, `RedisForgets`.
    """
    process = ServiceProcess.from_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run_recorder(process, settings, rules, ready, keys))


async def _run_recorder(
    process: ServiceProcess,
    settings: ResolverSettings,
    rules: Callable[[], Rules],
    ready: Callable[[str], None],
    keys: KeyRing | None,
) -> None:
    listening = process.sockets.listen(settings.admin_host, settings.recorder_admin_port)
    current_rules = CurrentRules(rules())
    process.handle_signals(lambda: current_rules.reload(rules))
    store = open_store(settings.journal)
    clock = SteadyClock(confirm_seconds=settings.clock_confirm_seconds)
    seconds = settings.ledger_answer_seconds
    async with await open_ledger(settings.ledger, clock=clock, answer_seconds=seconds) as ledger:
        generation = await ledger.generations.hold()
        with suppress(ConnectionError):  # the store connects later by itself
            await store.ready()
        recorder = Recorder(
            store,
            ledger,
            current_rules,
            group_size=settings.recorder_max_scans,
            keys=keys,
            loss_accepted=settings.redis_loss_accepted,
            generation=generation.id,
        )
        recorder.metrics.families.append(lambda: clock_family(clock))
        await recorder.evidence_settings.check_at_start()
        async with serve_metrics(recorder.render_metrics, listening):
            ready(socket_url(listening))
            async with recorder.health.running(), process.serving() as stop:
                await recorder.run(stop)
    await store.close()

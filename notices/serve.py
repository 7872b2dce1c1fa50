"""The notice service as a process: signals, metrics, orderly end; and beside the desk."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import structlog
import uvloop
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ledger import Ledger, open_ledger
from ledger.clock import SteadyClock
from ledger.secret_seal import LoadKeys, SecretSeal
from ledger.webhooks import SEAL_PURPOSE
from notices.settings import NoticeSettings
from notices.webhook_sender import WebhookSender
from notices.worker import NoticeWorker
from web.metrics import render_metrics
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def run_worker(
    ledger: Ledger, settings: NoticeSettings, keys: LoadKeys, clock: Callable[[], int]
) -> AsyncIterator[NoticeWorker]:
    """Relay and send beside other work until the block ends."""
    stop = asyncio.Event()
    async with WebhookSender(seconds=settings.answer_seconds) as sender:
        worker = NoticeWorker(
            ledger,
            SecretSeal(SEAL_PURPOSE, keys),
            sender,
            concurrent=settings.concurrent,
            answer_seconds=settings.answer_seconds,
            clock=clock,
        )
        task = asyncio.create_task(worker.run(stop), name="notices")
        task.add_done_callback(_report_end)
        try:
            yield worker
        finally:
            stop.set()
            await asyncio.gather(task, return_exceptions=True)


def serve(
    settings: NoticeSettings, *, keys: LoadKeys, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Send notices until SIGTERM, SIGINT or a successor; `ready` gets the metrics' address.

    Raises `AddressTaken` and the errors of `open_ledger`.
    """

    async def work() -> None:
        process.handle_signals()
        clock = SteadyClock()
        seconds = settings.ledger_answer_seconds
        with process.sockets.listen(settings.admin_host, settings.admin_port) as admin:
            async with (
                await open_ledger(settings.ledger, clock=clock, answer_seconds=seconds) as ledger,
                run_worker(ledger, settings, keys, clock) as worker,
            ):
                metrics = NoticeMetrics(worker)

                async def render() -> bytes:
                    return render_metrics(metrics)

                async with serve_metrics(render, admin):
                    ready(socket_url(admin))
                    await process.serve_until_stopped()

    process = ServiceProcess.from_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


class NoticeMetrics(Collector):
    """The metrics of a notice worker."""

    def __init__(self, worker: NoticeWorker) -> None:
        self._worker = worker

    def collect(self) -> Iterable[Metric]:
        """The metrics as Prometheus families."""
        attempts = CounterMetricFamily(
            "veritem_notice_attempts", "Deliveries to webhooks", labels=["result"]
        )
        for result, count in self._worker.results.items():
            attempts.add_metric([result], count)
        yield attempts


def _report_end(task: "asyncio.Task[None]") -> None:
    """Log the error of a worker that ended by itself, which is a defect."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("notices stopped", exc_info=task.exception())

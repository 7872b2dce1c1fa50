"""The notice service as a process: signals, metrics, orderly end; and beside the desk."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

import structlog
import uvloop
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ledger import Ledger, open_ledger
from ledger.clock import SteadyClock
from ledger.notices.mail_links import MailLinks
from ledger.notices.mails import SEAL_PURPOSE as MAIL_SEAL
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import LoadKeys, SecretSeal
from notices.head_watch import FindHead, HeadWatch
from notices.mail_sender import MailConnection, MailServer
from notices.mail_worker import MailRules, MailWorker, MailWriter
from notices.settings import NoticeSettings
from notices.webhook_sender import WebhookSender
from notices.webhook_worker import WebhookWorker
from web.metrics import render_metrics
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def run_worker(
    ledger: Ledger,
    settings: NoticeSettings,
    keys: LoadKeys,
    clock: Callable[[], int],
    rules: MailRules,
    find_head: FindHead | None = None,
    sender: WebhookSender | None = None,
) -> AsyncIterator["Workers"]:
    """Relay and send beside other work until the block ends.

    `find_head` finds the newest chain head outside; None where no folder of heads is named.
    `sender` sends to webhooks; None: one that connects to public addresses alone.
    """
    stop = asyncio.Event()
    async with sender or WebhookSender(seconds=settings.answer_seconds) as opened:
        worker = WebhookWorker(
            ledger,
            SecretSeal(SEAL_PURPOSE, keys),
            opened,
            concurrent=settings.concurrent,
            answer_seconds=settings.answer_seconds,
            clock=clock,
        )
        mail = make_mail_worker(ledger, settings, keys, clock, rules)
        tasks = [asyncio.create_task(worker.run(stop), name="notices")]
        if mail is not None:
            tasks.append(asyncio.create_task(mail.run(stop), name="mail"))
        if find_head is not None:
            watch = HeadWatch(ledger, find_head, clock)
            tasks.append(asyncio.create_task(watch.run(stop), name="watch chain heads"))
        for task in tasks:
            task.add_done_callback(_report_end)
        try:
            yield Workers(worker, mail)
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)


class Workers(NamedTuple):
    """The workers of one process."""

    webhooks: WebhookWorker
    mail: MailWorker | None
    """None where no mail is sent."""


def make_mail_worker(
    ledger: Ledger,
    settings: NoticeSettings,
    keys: LoadKeys,
    clock: Callable[[], int],
    rules: MailRules,
    tls: ssl.SSLContext | None = None,
) -> MailWorker | None:
    """The worker that sends mail; None where no mail server is named."""
    if not settings.sends_mail:
        return None
    server = MailServer(
        settings.mail_server,
        settings.mail_password.get_secret_value(),
        settings.mail_starttls == "required",
    )
    seconds = settings.mail_seconds
    seal, links = SecretSeal(MAIL_SEAL, keys), MailLinks(keys)
    return MailWorker(
        ledger,
        rules,
        MailWriter(settings.mail_from, settings.desk_url, seal, links),
        lambda: MailConnection(server, seconds=seconds, tls=tls),
        seconds=seconds,
        clock=clock,
    )


def serve(
    settings: NoticeSettings,
    *,
    keys: LoadKeys,
    make_rules: Callable[[Ledger, Callable[[], int]], MailRules],
    find_head: FindHead | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Send notices until SIGTERM, SIGINT or a successor; `ready` gets the metrics' address.

    `make_rules` makes the rules of who is told what by mail.

    Raises `AddressTaken` and the errors of `open_ledger`.
    """

    async def work() -> None:
        process.handle_signals()
        clock = SteadyClock()
        seconds = settings.ledger_answer_seconds
        with process.sockets.listen(settings.admin_host, settings.admin_port) as admin:
            async with (
                await open_ledger(settings.ledger, clock=clock, answer_seconds=seconds) as ledger,
                run_worker(
                    ledger, settings, keys, clock, make_rules(ledger, clock), find_head
                ) as workers,
            ):
                metrics = NoticeMetrics(workers)

                async def render() -> bytes:
                    return render_metrics(metrics)

                async with serve_metrics(render, admin):
                    ready(socket_url(admin))
                    await process.serve_until_stopped()

    process = ServiceProcess.from_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


class NoticeMetrics(Collector):
    """The metrics of a process that sends notices."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def collect(self) -> Iterable[Metric]:
        """The metrics as Prometheus families."""
        attempts = CounterMetricFamily(
            "veritem_notice_attempts", "Deliveries to webhooks", labels=["result"]
        )
        for result, count in self._workers.webhooks.results.items():
            attempts.add_metric([result], count)
        yield attempts
        mail = self._workers.mail
        sent = CounterMetricFamily("veritem_mail_attempts", "Mails to people", labels=["result"])
        for result, count in mail.results.items() if mail is not None else ():
            sent.add_metric([result], count)
        yield sent


def _report_end(task: "asyncio.Task[None]") -> None:
    """Log the error of a worker that ended by itself, which is a defect."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("notices stopped", exc_info=task.exception())

"""The signer as a process: its lock, signals and metrics port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import uvloop

from issuer.heads.key import HeadKey
from issuer.heads.place import HeadPlace
from issuer.heads.service import HeadService
from issuer.heads.signer import HeadSigner
from issuer.heads.state import SignerState
from ledger import Ledger, open_ledger
from ledger.clock import SteadyClock
from web.metrics_server import serve_metrics
from web.service_process import ServiceProcess
from web.sockets import socket_url

_ANSWER_SECONDS: Final = 30.0
"""Time that PostgreSQL may take for an answer: nobody waits for the signer, and proofs are long."""


@asynccontextmanager
async def run_service(service: HeadService) -> AsyncIterator[asyncio.Task[None]]:
    """Sign and push while the block runs; yields the task, which ends early only by a defect."""
    task = asyncio.create_task(service.run(), name="chain heads")
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def run_signer(
    ledger_url: str,
    directory: Path,
    key: HeadKey,
    places: Sequence[HeadPlace],
    *,
    interval_seconds: float,
    admin: tuple[str, int],
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Sign and push until SIGTERM, SIGINT or a successor.

    `ready` is called with the address of the metrics.

    Raises:
        NoSignerState, SignerBusy: this process cannot sign in `directory`.
        AddressTaken: the metrics port is in use.
    """

    async def work(ledger: Ledger, service: HeadService) -> None:
        listening = process.sockets.listen(*admin)
        async with (
            serve_metrics(service.metrics.render, listening),
            run_service(service) as task,
        ):
            ready(socket_url(listening))
            async with process.serving() as stop:
                stopped = asyncio.create_task(stop.wait())
                await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)

    async def run() -> None:
        process.handle_signals()
        await process.wait_for_predecessor(0)  # there is one signer at a time
        with SignerState.lock(directory, key.public_keys()) as state:
            clock = SteadyClock()
            async with await open_ledger(
                ledger_url, clock=clock, answer_seconds=_ANSWER_SECONDS
            ) as ledger:
                signer = HeadSigner(key, state, clock)
                service = HeadService(
                    ledger, signer, places, clock, interval_seconds=interval_seconds
                )
                await work(ledger, service)

    process = ServiceProcess.from_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())

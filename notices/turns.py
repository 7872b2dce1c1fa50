"""Turns of workers: what a worker does again and again until it is stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from stamps.errors import VeritemError

_TICK_SECONDS: Final = 1.0
"""Longest time until an event is relayed."""
_TROUBLE_SECONDS: Final = 5.0
"""Pause after the ledger did not answer."""

_log = structlog.get_logger(__name__)


async def run_turns(
    start_turn: Callable[[], Awaitable[object]], stop: asyncio.Event, *, trouble: str
) -> None:
    """Start a turn every second until `stop` is set; one that is refused is logged as `trouble`."""
    while not stop.is_set():
        wait = _TICK_SECONDS
        try:
            await start_turn()
        except VeritemError as refusal:
            _log.warning(trouble, why=str(refusal))
            wait = _TROUBLE_SECONDS
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)

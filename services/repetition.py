"""Repetition: what a service does again and again beside its requests."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from stamps.errors import VeritemError


async def repeat_forever(
    act: Callable[[], Awaitable[object]],
    *,
    seconds: float,
    log: structlog.stdlib.BoundLogger,
    trouble: str,
) -> None:
    """Call `act` until cancelled, with a pause after each call.

    A call that is refused (`VeritemError`) is logged as `trouble` with the reason; the next call
    tries again.
    """
    while True:
        try:
            await act()
        except VeritemError as error:
            log.warning(trouble, why=str(error))
        await asyncio.sleep(seconds)

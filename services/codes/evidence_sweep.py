"""Sweep of files of evidence that no piece names: uploads that were cut off, and erased ones.

A file is stored before the piece that names it, and storing it again renews its age. A young file
may be one whose piece is being written, so only files of some age are removed.
"""

import asyncio
import time
from collections.abc import Collection
from typing import Final

import structlog

from attachments import OriginalStore
from ledger import Ledger
from services.repetition import repeat_forever

LEAST_DAYS: Final = 2
_DAY_SECONDS: Final = 86_400
_SETTLED_SECONDS: Final = 300
"""Age from which no request is still writing the piece of a file: a write has its deadline."""
_log = structlog.get_logger(__name__)


async def remove_unnamed(
    ledger: Ledger,
    originals: OriginalStore,
    hashes: Collection[str],
    seconds: float = _SETTLED_SECONDS,
) -> list[str]:
    """Remove those of these files that no piece names and that are old enough; return which."""
    kept = await ledger.code_evidence.list_kept(hashes)
    oldest = time.time() - seconds
    return [
        one
        for one in hashes
        if one not in kept and await asyncio.to_thread(originals.remove_if_older, one, oldest)
    ]


async def sweep_evidence(
    ledger: Ledger, originals: OriginalStore, *, days: int = LEAST_DAYS
) -> list[str]:
    """Remove the files that no piece has named for `days` days; return their hashes."""
    seconds = max(days, LEAST_DAYS) * _DAY_SECONDS
    oldest = time.time() - seconds
    old = await asyncio.to_thread(
        lambda: [one for one in originals.list_hashes() if originals.is_older(one, oldest)]
    )
    return await remove_unnamed(ledger, originals, old, seconds)


async def sweep_evidence_daily(ledger: Ledger, originals: OriginalStore) -> None:
    """Sweep every day until cancelled; a ledger that fails is tried again."""

    async def sweep() -> None:
        await sweep_evidence(ledger, originals)

    await repeat_forever(sweep, seconds=_DAY_SECONDS, log=_log, trouble="unnamed files wait")

"""Sweep of photos that nothing names: uploads whose lot was never saved.

A photo is stored before the lot that names it, so only photos of some age are removed. Storing a
photo again renews its age: one that is uploaded now and named in a minute stays, whenever it was
stored first. Names are read after the photos were listed.
"""

import asyncio
import time
from typing import Final

from attachments import AttachmentStore
from attachments.copies import list_attachments
from ledger import Ledger

LEAST_DAYS: Final = 2
"""The forms of staff, which may name a photo, are kept for a day."""
_DAY_SECONDS: Final = 86_400


async def sweep_photos(ledger: Ledger, store: AttachmentStore, *, days: int) -> list[str]:
    """Remove the photos that nothing has named for `days` days; return their hashes."""
    oldest = time.time() - max(days, LEAST_DAYS) * _DAY_SECONDS
    old = await asyncio.to_thread(
        lambda: [one for one in list_attachments(store.folder) if store.is_older(one, oldest)]
    )
    if not old:
        return []
    named = await ledger.named_photos.list_hashes()
    return [
        one
        for one in old
        if one not in named and await asyncio.to_thread(store.remove_if_older, one, oldest)
    ]

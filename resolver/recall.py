"""Rebuilding dossiers from the ledger: the memory is a cache, and this is how it is filled."""

import asyncio
from collections import defaultdict
from typing import Final

from ledger import Ledger, ScanRow
from ledger.errors import StorageFailed
from resolver.clock import Clock
from resolver.errors import MemoryDown, Unavailable
from resolver.hot import Hot
from resolver.memory.port import BRANCH, Branch, Recall
from stamps.dossier import EMPTY, Dossier
from stamps.errors import NotOurs
from stamps.place import Place
from stamps.rules import Rules
from stamps.sighting import Sighting, Via
from stamps.witness import witness

IN_APP: Final = "in-app"
IN_FEED: Final = "in-feed"
"""The agent class of a page opened in a chat app's own browser: perhaps a link sent on."""
_BREATH: Final = 64
"""Stamps that are rebuilt at one go."""


def opened_in(agent_class: str | None) -> tuple[bool, bool]:
    """Whether a page was opened in a chat app's own browser, and whether out of a feed's."""
    is_feed = agent_class == IN_FEED
    return is_feed or agent_class == IN_APP, is_feed


def sighting_of(row: ScanRow) -> Sighting:
    """A scan of the journal as the judge saw it."""
    chat, feed = opened_in(row.agent_class)
    place = None
    if row.lat is not None and row.lon is not None:
        place = Place(row.lat, row.lon, row.accuracy_m or 0.0)
    return Sighting(
        at=row.at,
        device=row.device,
        net=row.net,
        place=place,
        country=row.country,
        via=Via(row.via),
        province=row.province,
        chat=chat,
        feed=feed,
    )


def recalling(ledger: Ledger, hot: Hot, rules: Rules, clock: Clock, once_seconds: int) -> Recall:
    """The recall that memories are given: the branch's scans, witnessed again in time order."""

    async def recall(batch: int, branch: int) -> Branch:
        lo, recent = branch * BRANCH, clock() - once_seconds * 1000
        scans = defaultdict(list)
        try:
            for row in await ledger.scans.of_span(batch, lo, lo + BRANCH):
                scans[row.index].append(row)
        except StorageFailed as error:
            raise MemoryDown from error
        records, names = {}, []
        for number, (index, rows) in enumerate(scans.items()):
            if number % _BREATH == 0:  # a branch of viral stamps must not hold up everybody else
                await asyncio.sleep(0)
            records[index] = (await _rebuilt(hot, batch, index, rows, rules)).pack()
            names += [(index, row.id) for row in rows if row.at > recent]
        return Branch(records, names)

    return recall


async def _rebuilt(hot: Hot, batch: int, index: int, rows: list[ScanRow], rules: Rules) -> Dossier:
    try:
        known = await hot.issued(batch, index)
    except (NotOurs, Unavailable) as error:
        raise MemoryDown from error
    dossier = EMPTY
    for row in rows:
        dossier = witness(dossier, sighting_of(row), known.facts, rules)
    return dossier

"""The links of GS1 keys that a process knows, kept current with the ledger.

At its first use the directory loads the ids of all link sets, eight bytes of each. A key without
links is then known to have none, so a flood of made-up keys costs no query. Sets are loaded as they
are asked for, once for all who wait, and kept in a bounded cache; `admit` limits who makes the
ledger be asked. A change in the ledger drops its set, as a recall reloads a batch
(`resolver.change_notifications`).

Where there are more sets than the index holds, every key may have links: then the cache also keeps,
for a while, which have none.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from ledger import ChangeSet, Ledger, PublishedLinks
from ledger.clock import Clock
from ledger.storage.storage_errors import StorageFailed
from resolver.errors import Unavailable
from resolver.single_flight import SingleFlight
from traceability.links.anchor import list_anchors_above, name_link_set
from traceability.links.link_set import LinkSet
from web.bounded_cache import BoundedCache

MOST_INDEXED: Final = 200_000
"""Link sets whose ids are kept; each takes some 80 bytes."""
_PAGE: Final = 5_000
_CACHED: Final = 4_096
_MAX_AGE_MS: Final = 60_000
"""A disabled organisation is no change of its links; its sets leave the cache by their age."""
_DIGITS: Final = 16
"""Of the hexadecimal digits of an id: 64 bits."""

_Ids = tuple[str, ...]
_NOTHING: Final = LinkSet("", "", ())


class LinkDirectory:
    """The links of one process. Its owner calls `forget_changed` with every change."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._index: set[int] = set()
        self._is_loaded = False
        self._is_full = False
        """Whether there are more sets than the index holds."""
        self._sets = BoundedCache[str, LinkSet](_CACHED, ttl_ms=_MAX_AGE_MS, clock=clock)
        self._changes = 0
        """Number of changes: what was read before a change is not cached after it."""
        self._index_flights = SingleFlight[str, None](self._load_index)
        self._set_flights = SingleFlight[_Ids, dict[str, LinkSet]](self._load_sets)

    async def find_levels(self, anchor: str, admit: Callable[[], Awaitable[None]]) -> list[LinkSet]:
        """The links of an anchor and of those above it, the most specific first.

        `admit` is called before the ledger is asked for links. Raises what `admit` raises, and
        `Unavailable`.
        """
        if not self._is_loaded:
            await self._ask(self._index_flights.fetch(""))
        ids = [name_link_set(one) for one in list_anchors_above(anchor)]
        known = [id_ for id_ in ids if self._is_full or _shorten(id_) in self._index]
        found = {id_: kept for id_ in known if (kept := self._sets.get(id_)) is not None}
        missing = tuple(id_ for id_ in known if id_ not in found)
        if missing:
            await admit()
            found |= await self._ask(self._set_flights.fetch(missing))
        return [found[id_] for id_ in known if found[id_].links]

    def forget_changed(self, changed: ChangeSet) -> None:
        """Drop the sets that changed in the ledger."""
        if not changed.link_sets and not changed.link_owners:
            return
        self._changes += 1
        for id_ in changed.link_sets:
            self._sets.remove(id_)
            self._add_to_index((id_,))
        if changed.link_owners:  # links may lead to other hosts now
            self._sets.clear()

    async def _load_index(self, _: str) -> None:
        after = ""
        while not self._is_full:
            page = await self._ledger.link_sets.list_ids(after=after, limit=_PAGE)
            self._add_to_index(page)
            if len(page) < _PAGE:
                break
            after = page[-1]
        self._is_loaded = True

    async def _load_sets(self, ids: _Ids) -> dict[str, LinkSet]:
        changes = self._changes
        rows = await self._ledger.link_sets.get_published(ids)
        loaded = {id_: _read_row(rows[id_]) if id_ in rows else _NOTHING for id_ in ids}
        if changes == self._changes:
            for id_, link_set in loaded.items():
                self._sets.put(id_, link_set)
        return loaded

    async def _ask(self, question: Awaitable[Any]) -> Any:
        try:
            return await question
        except StorageFailed as error:
            raise Unavailable(what="the ledger") from error

    def _add_to_index(self, ids: Collection[str]) -> None:
        self._index.update(map(_shorten, ids))
        if len(self._index) > MOST_INDEXED:
            self._is_full = True
            self._index.clear()


def _shorten(id_: str) -> int:
    return int(id_[:_DIGITS], 16)


def _read_row(row: PublishedLinks) -> LinkSet:
    return LinkSet.from_documents(row.anchor, row.description, row.links, row.hosts)

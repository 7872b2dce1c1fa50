"""Opens the dependencies that settings name, in the order in which they need each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from detection.rules import Rules
from ledger import Ledger, open_ledger
from ledger.clock import Clock, SteadyClock
from ledger.storage.urls import get_sqlite_path
from resolver.batch_cache import BatchCache
from resolver.claims import OpenClaimService
from resolver.current_rules import CurrentRules
from resolver.dependencies import ResolverDependencies
from resolver.history import HistoryStore, RebuildPartition
from resolver.history.memory import MemoryHistoryStore
from resolver.history.process_lock import ProcessLock
from resolver.history.rebuild import HistoryRebuild
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Journal
from resolver.journal.direct import DirectJournal
from resolver.journal.stream import StreamJournal
from resolver.privacy.redis_request_counter import RedisRequestCounter
from resolver.redis import RedisStore, RedisUrl, is_redis_url, open_store, parse_redis_url
from resolver.redis.server_settings import EvidenceSettings, check_volatile
from resolver.scan_commit import AtomicCommit, ScanCommit, SequentialCommit
from resolver.scan_weights import ScanWeigher
from resolver.scan_weights.exchange import WeightExchange
from resolver.settings import (
    DIRECT_JOURNAL,
    IN_PROCESS_HISTORY,
    IN_PROCESS_MEMORY,
    ResolverSettings,
)
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from web.request_counter import MemoryRequestCounter, RequestCounter


@asynccontextmanager
async def open_dependencies(
    settings: ResolverSettings,
    *,
    keys: KeyRing,
    open_claims: OpenClaimService,
    public_keys: PublicKeys,
    rules: Rules,
    secret: bytes,
    clock: Clock | None = None,
) -> AsyncIterator[ResolverDependencies]:
    """Open the dependencies of one process; they are closed in the reverse order.

    Raises `AlreadyServed`, `MemoryPersists`, `RedisEvicts`, `RedisForgets`, the errors of
    `open_ledger`, and `StorageFailed`: the ledger's generation cannot be read.
    """
    clock = clock or SteadyClock(confirm_seconds=settings.clock_confirm_seconds)
    current_rules = CurrentRules(rules)
    async with AsyncExitStack() as stack:
        if settings.history == IN_PROCESS_HISTORY:
            _lock_ledger(settings.ledger, stack)
        ledger = await stack.enter_async_context(
            await open_ledger(
                settings.ledger, clock=clock, answer_seconds=settings.ledger_answer_seconds
            )
        )
        generation = (await ledger.generations.hold()).id
        batch_cache = BatchCache(
            ledger,
            clock,
            current_rules,
            batches=settings.cached_batches,
            lots=settings.cached_lots,
            refresh_seconds=settings.refresh_seconds,
            stale_seconds=settings.stale_seconds,
            measure_scan_rate=settings.measure_scan_rate,
        )
        stores = RedisStores()
        # Before the journal, so that a Redis that both use is closed after it.
        scan_weigher = ScanWeigher(current_rules)
        if settings.network_memory != IN_PROCESS_MEMORY:
            await stack.enter_async_context(
                _exchange_weights(await stores.get(settings.network_memory), scan_weigher, clock)
            )
        rebuild = HistoryRebuild(
            ledger, batch_cache, current_rules, clock, settings.token_seconds
        ).rebuild_partition
        history_store = await open_history_store(settings, rebuild, clock, stores, generation)
        stack.push_async_callback(history_store.close)
        journal = await open_journal(settings, ledger, current_rules, stores, keys, generation)
        stack.push_async_callback(journal.close)
        evidence_settings = await check_evidence_settings(settings, stores)
        request_counter = await open_request_counter(settings, clock, stores)
        claims = open_claims(ledger, request_counter, clock, secret)
        stack.push_async_callback(claims.close)
        yield ResolverDependencies(
            keys=keys,
            claims=claims,
            public_keys=public_keys,
            ledger=ledger,
            batch_cache=batch_cache,
            history_store=history_store,
            journal=journal,
            scan_commit=choose_commit(settings, history_store, journal),
            current_rules=current_rules,
            request_counter=request_counter,
            evidence_settings=evidence_settings,
            scan_weigher=scan_weigher,
            clock=clock,
            secret=secret,
            settings=settings,
        )


class RedisStores:
    """The Redis connections of a process, one for each URL."""

    def __init__(self) -> None:
        self._opened: dict[RedisUrl, RedisStore] = {}

    async def get(self, url: str) -> RedisStore:
        """The store at `url`. If the server does not answer yet, it connects later by itself."""
        parsed = parse_redis_url(url)
        store = self._opened.get(parsed)
        if store is None:
            store = self._opened[parsed] = open_store(url)
            with suppress(ConnectionError):
                await store.ready()
        return store


async def check_evidence_settings(
    settings: ResolverSettings, stores: RedisStores
) -> dict[str, EvidenceSettings]:
    """The settings of each Redis that keeps evidence, by dependency.

    Raises `RedisEvicts`, `RedisForgets`.
    """
    by_store: dict[RedisStore, EvidenceSettings] = {}
    found = {}
    for name, url in (("history", settings.history), ("journal", settings.journal)):
        if is_redis_url(url):
            store = await stores.get(url)
            if store not in by_store:
                by_store[store] = EvidenceSettings(
                    store, loss_accepted=settings.redis_loss_accepted
                )
                await by_store[store].check_at_start()
            found[name] = by_store[store]
    return found


def choose_commit(
    settings: ResolverSettings, history_store: HistoryStore, journal: Journal
) -> ScanCommit:
    """`AtomicCommit` on one Redis server; a script cannot reach two servers of a cluster."""
    if isinstance(history_store, RedisHistoryStore) and isinstance(journal, StreamJournal):
        at = parse_redis_url(settings.history)
        if at == parse_redis_url(settings.journal) and not at.cluster:
            return AtomicCommit(history_store, journal)
    return SequentialCommit(history_store, journal)


async def open_history_store(
    settings: ResolverSettings,
    rebuild: RebuildPartition,
    clock: Clock,
    stores: RedisStores,
    generation: str,
) -> HistoryStore:
    """The history store at `settings.history`, for the ledger's generation of this id."""
    if settings.history == IN_PROCESS_HISTORY:
        return MemoryHistoryStore(
            rebuild,
            clock,
            stamps=settings.history_stamps,
            tokens=settings.history_tokens,
            token_seconds=settings.token_seconds,
        )
    store = await stores.get(settings.history)
    return RedisHistoryStore(
        store, rebuild, token_seconds=settings.token_seconds, generation=generation
    )


async def open_request_counter(
    settings: ResolverSettings, clock: Clock, stores: RedisStores
) -> RequestCounter:
    """The counter of rate limits: in the Redis of the history store, else in the process."""
    local = MemoryRequestCounter(clock)
    if settings.history == IN_PROCESS_HISTORY:
        return local
    return RedisRequestCounter(await stores.get(settings.history), local)


async def open_journal(
    settings: ResolverSettings,
    ledger: Ledger,
    rules: CurrentRules,
    stores: RedisStores,
    keys: KeyRing,
    generation: str,
) -> Journal:
    """The journal at `settings.journal`, for the ledger's generation of this id."""
    if settings.journal == DIRECT_JOURNAL:
        return DirectJournal(ledger, rules, settings.journal_queue_size, keys)
    return StreamJournal(
        await stores.get(settings.journal),
        capacity=settings.journal_queue_size,
        stream_capacity=settings.stream_max_length,
        generation=generation,
    )


@asynccontextmanager
async def _exchange_weights(
    store: RedisStore, weigher: ScanWeigher, clock: Clock
) -> AsyncIterator[None]:
    """Exchange weights in the background. Raises `MemoryPersists`."""
    await check_volatile(store)
    task = asyncio.create_task(
        WeightExchange(store, weigher, clock).run(), name="exchange scan weights"
    )
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.close()


def _lock_ledger(ledger: str, stack: AsyncExitStack) -> None:
    path = get_sqlite_path(ledger)
    if path is not None:
        stack.callback(ProcessLock(path).release)

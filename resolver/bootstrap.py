"""Opens the dependencies that settings name, in the order in which they need each other."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

from detection.rules import Rules
from ledger import Ledger, open_ledger
from ledger.urls import get_sqlite_path
from resolver.batch_cache import BatchCache
from resolver.clock import Clock, SteadyClock
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
from resolver.privacy.request_counter import MemoryRequestCounter, RequestCounter
from resolver.redis import RedisStore, open_store
from resolver.scan_commit import AtomicCommit, ScanCommit, SequentialCommit
from resolver.settings import ResolverSettings
from stamps.errors import VeritemError
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys


class UnknownBackend(VeritemError):
    """No adapter of the port has this URL."""

    code = "unknown-backend"
    message = "there is no {port} at {url}; allowed: {allowed}"


@asynccontextmanager
async def open_dependencies(
    settings: ResolverSettings,
    *,
    keys: KeyRing,
    public_keys: PublicKeys,
    rules: Rules,
    secret: bytes,
    clock: Clock | None = None,
) -> AsyncIterator[ResolverDependencies]:
    """Open the dependencies of one process; they are closed in the reverse order.

    Raises `AlreadyServed`, `UnknownBackend`, and the errors of `open_ledger`.
    """
    clock = clock or SteadyClock()
    current_rules = CurrentRules(rules)
    async with AsyncExitStack() as stack:
        if settings.history.startswith("memory:"):
            _lock_ledger(settings.ledger, stack)
        ledger = await stack.enter_async_context(await open_ledger(settings.ledger))
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
        rebuild = HistoryRebuild(
            ledger, batch_cache, current_rules, clock, settings.token_seconds
        ).rebuild_partition
        history_store = await open_history_store(settings, rebuild, clock, stores)
        stack.push_async_callback(history_store.close)
        journal = await open_journal(settings, ledger, current_rules, stores, keys)
        stack.push_async_callback(journal.close)
        yield ResolverDependencies(
            keys=keys,
            public_keys=public_keys,
            ledger=ledger,
            batch_cache=batch_cache,
            history_store=history_store,
            journal=journal,
            scan_commit=choose_commit(settings, history_store, journal),
            current_rules=current_rules,
            request_counter=await open_request_counter(settings, clock, stores),
            clock=clock,
            secret=secret,
            settings=settings,
        )


class RedisStores:
    """The Redis connections of a process, one for each URL."""

    def __init__(self) -> None:
        self._opened: dict[str, RedisStore] = {}

    async def get(self, url: str) -> RedisStore:
        """The store at `url`. If the server does not answer yet, it connects later by itself."""
        store = self._opened.get(url)
        if store is None:
            store = self._opened[url] = open_store(url)
            with suppress(ConnectionError):
                await store.ready()
        return store


def choose_commit(
    settings: ResolverSettings, history_store: HistoryStore, journal: Journal
) -> ScanCommit:
    """`AtomicCommit` on one Redis server; a script can not reach two servers of a cluster."""
    one_server = urlsplit(settings.history).scheme in ("redis", "rediss")
    if (
        settings.history == settings.journal
        and one_server
        and isinstance(history_store, RedisHistoryStore)
        and isinstance(journal, StreamJournal)
    ):
        return AtomicCommit(history_store, journal)
    return SequentialCommit(history_store, journal)


async def open_history_store(
    settings: ResolverSettings, rebuild: RebuildPartition, clock: Clock, stores: RedisStores
) -> HistoryStore:
    """The history store at `settings.history`. Raises `UnknownBackend`."""
    match urlsplit(settings.history).scheme:
        case "memory":
            return MemoryHistoryStore(
                rebuild,
                clock,
                stamps=settings.history_stamps,
                tokens=settings.history_tokens,
                token_seconds=settings.token_seconds,
            )
        case "redis" | "rediss" | "redis+cluster":
            store = await stores.get(settings.history)
            return RedisHistoryStore(store, rebuild, token_seconds=settings.token_seconds)
    allowed = "memory://, redis://, rediss://, redis+cluster://"
    raise UnknownBackend(port="history store", url=settings.history, allowed=allowed)


async def open_request_counter(
    settings: ResolverSettings, clock: Clock, stores: RedisStores
) -> RequestCounter:
    """The counter of rate limits: in the Redis of the history store, else in the process."""
    local = MemoryRequestCounter(clock)
    if urlsplit(settings.history).scheme == "memory":
        return local
    return RedisRequestCounter(await stores.get(settings.history), local)


async def open_journal(
    settings: ResolverSettings,
    ledger: Ledger,
    rules: CurrentRules,
    stores: RedisStores,
    keys: KeyRing,
) -> Journal:
    """The journal at `settings.journal`. Raises `UnknownBackend`."""
    match urlsplit(settings.journal).scheme:
        case "direct":
            return DirectJournal(ledger, rules, settings.journal_queue_size, keys)
        case "redis" | "rediss" | "redis+cluster":
            return StreamJournal(
                await stores.get(settings.journal),
                capacity=settings.journal_queue_size,
                stream_capacity=settings.stream_max_length,
            )
    allowed = "direct://, redis://, rediss://, redis+cluster://"
    raise UnknownBackend(port="journal", url=settings.journal, allowed=allowed)


def _lock_ledger(ledger: str, stack: AsyncExitStack) -> None:
    path = get_sqlite_path(ledger)
    if path is not None:
        stack.callback(ProcessLock(path).release)

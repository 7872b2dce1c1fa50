"""Opening the rooms that settings name, in the order in which they need each other."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from detection.rules import Rules
from ledger import Ledger, open_ledger
from resolver.batch_cache import BatchCache
from resolver.clock import Clock, SteadyClock
from resolver.commit import AtomicCommit, ScanCommit, SequentialCommit
from resolver.current_rules import CurrentRules
from resolver.dependencies import ResolverDependencies
from resolver.history import HistoryStore, RebuildHistory
from resolver.history.memory import MemoryHistoryStore
from resolver.history.process_lock import ProcessLock
from resolver.history.rebuild import make_rebuild
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Journal
from resolver.journal.direct import DirectJournal
from resolver.journal.stream import StreamJournal
from resolver.privacy.redis_request_counter import RedisRequestCounter
from resolver.privacy.request_counter import MemoryRequestCounter, RequestCounter
from resolver.redis import RedisStore, open_store
from resolver.settings import ResolverSettings
from stamps.errors import VeritemError
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys


class UnknownBackend(VeritemError):
    """The URL names no adapter of this port."""

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
    """Everything that one process of the service is made of; closed in the reverse order.

    Raises `AlreadyServed`, `UnknownBackend`, and what the ledger raises when it is not there.
    """
    clock = clock or SteadyClock()
    current_rules = CurrentRules(rules)
    async with AsyncExitStack() as stack:
        if settings.memory.startswith("memory:"):
            _keep_alone(settings.ledger, stack)
        ledger = await stack.enter_async_context(await open_ledger(settings.ledger))
        hot = BatchCache(
            ledger,
            clock,
            current_rules,
            batches=settings.hot_batches,
            lots=settings.hot_lots,
            refresh_seconds=settings.refresh_seconds,
            stale_seconds=settings.stale_seconds,
            measure_share=settings.measure_share,
        )
        stores = Stores()
        recall = make_rebuild(ledger, hot, current_rules, clock, settings.token_seconds)
        memory = await open_memory(settings, recall, clock, stores)
        stack.push_async_callback(memory.close)
        journal = await open_journal(settings, ledger, current_rules, stores)
        stack.push_async_callback(journal.close)
        yield ResolverDependencies(
            keys=keys,
            public_keys=public_keys,
            ledger=ledger,
            batch_cache=hot,
            history_store=memory,
            journal=journal,
            scan_commit=choose_commit(settings, memory, journal),
            current_rules=current_rules,
            request_counter=await open_request_counter(settings, clock, stores),
            clock=clock,
            secret=secret,
            settings=settings,
        )


class Stores:
    """Redis by its URL: memory and journal at the same one share its connection."""

    def __init__(self) -> None:
        self._opened: dict[str, RedisStore] = {}

    async def at(self, url: str) -> RedisStore:
        """The store at `url`; one that does not answer yet connects by itself."""
        store = self._opened.get(url)
        if store is None:
            store = self._opened[url] = open_store(url)
            with suppress(ConnectionError):
                await store.ready()
        return store


def choose_commit(settings: ResolverSettings, memory: HistoryStore, journal: Journal) -> ScanCommit:
    """Both at once where they are one server; the servers of a cluster have no common script."""
    one_server = urlsplit(settings.memory).scheme in ("redis", "rediss")
    if (
        settings.memory == settings.journal
        and one_server
        and isinstance(memory, RedisHistoryStore)
        and isinstance(journal, StreamJournal)
    ):
        return AtomicCommit(memory, journal)
    return SequentialCommit(memory, journal)


async def open_memory(
    settings: ResolverSettings, recall: RebuildHistory, clock: Clock, stores: Stores
) -> HistoryStore:
    """The memory at `settings.memory`. One that does not answer yet is waited for by itself."""
    match urlsplit(settings.memory).scheme:
        case "memory":
            return MemoryHistoryStore(
                recall,
                clock,
                stamps=settings.memory_stamps,
                names=settings.tokens_remembered,
                once_seconds=settings.token_seconds,
            )
        case "redis" | "rediss" | "redis+cluster":
            store = await stores.at(settings.memory)
            return RedisHistoryStore(store, recall, once_seconds=settings.token_seconds)
    allowed = "memory://, redis://, rediss://, redis+cluster://"
    raise UnknownBackend(port="memory", url=settings.memory, allowed=allowed)


async def open_request_counter(
    settings: ResolverSettings, clock: Clock, stores: Stores
) -> RequestCounter:
    """The counter of rate limits: in the Redis of the history store, else in the process."""
    local = MemoryRequestCounter(clock)
    if urlsplit(settings.memory).scheme == "memory":
        return local
    return RedisRequestCounter(await stores.at(settings.memory), local)


async def open_journal(
    settings: ResolverSettings, ledger: Ledger, rules: CurrentRules, stores: Stores
) -> Journal:
    """The journal at `settings.journal`."""
    match urlsplit(settings.journal).scheme:
        case "direct":
            return DirectJournal(ledger, rules, settings.journal_waiting)
        case "redis" | "rediss" | "redis+cluster":
            return StreamJournal(
                await stores.at(settings.journal),
                most=settings.journal_waiting,
                stream_most=settings.stream_most,
            )
    allowed = "direct://, redis://, rediss://, redis+cluster://"
    raise UnknownBackend(port="journal", url=settings.journal, allowed=allowed)


def _keep_alone(ledger: str, stack: AsyncExitStack) -> None:
    url = make_url(ledger)
    if url.get_backend_name() == "sqlite" and url.database:
        stack.callback(ProcessLock(Path(url.database)).release)

"""A dictionary of bounded size: least recently used entries leave first, old entries expire.

>>> now = 0
>>> cache = BoundedCache[str, int](2, ttl_ms=100, clock=lambda: now)
>>> cache.put("a", 1), cache.put("b", 2), cache.get("a"), cache.put("c", 3)
(None, None, 1, None)
>>> cache.get("a"), cache.get("b"), cache.get("c")
(1, None, 3)
>>> now = 100
>>> cache.get("a") is None, len(cache)
(True, 1)

An `OrderedDict` finds its oldest entry in constant time. A plain dictionary searches from the front
over every entry that was ever removed there: after ten minutes of load that stalled the event loop
for a second (measured).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """At most `size` entries; with `ttl_ms` an entry expires so long after `put` (by `clock`)."""

    def __init__(
        self, size: int, *, ttl_ms: int | None = None, clock: Callable[[], int] | None = None
    ) -> None:
        if size < 1:
            raise ValueError("size: must be at least 1")
        if (ttl_ms is None) != (clock is None):
            raise ValueError("ttl_ms and clock: give both or neither")
        self._size = size
        self._ttl_ms = ttl_ms
        self._clock = clock
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._expires_at: dict[K, int] = {}

    def __len__(self) -> int:
        """The number of entries, expired ones that nobody has asked for included."""
        return len(self._entries)

    def __iter__(self) -> Iterator[K]:
        """The keys, least recently used first."""
        return iter(self._entries)

    def items(self) -> Iterable[tuple[K, V]]:
        """The entries, least recently used first; expired ones are among them."""
        return self._entries.items()

    def __contains__(self, key: K) -> bool:
        """Whether `get` would find the key; its place in the order stays."""
        return self.peek(key) is not None

    def get(self, key: K) -> V | None:
        """The value of `key`, which becomes the most recently used; None without one."""
        value = self.peek(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def peek(self, key: K) -> V | None:
        """The value of `key`, whose place in the order stays; None without one."""
        value = self._entries.get(key)
        if value is not None and self._clock is not None and self._expires_at[key] <= self._clock():
            self.remove(key)
            return None
        return value

    def put(self, key: K, value: V) -> None:
        """Set the value of `key`, which becomes the most recently used."""
        entries = self._entries
        entries[key] = value
        entries.move_to_end(key)
        if self._clock is not None and self._ttl_ms is not None:
            now = self._clock()
            self._expires_at[key] = now + self._ttl_ms
            while self._expires_at[next(iter(entries))] <= now:
                self.pop_oldest()
        if len(entries) > self._size:
            self.pop_oldest()

    def update(self, key: K, value: V) -> None:
        """Change the value of a key that is there; its place and its expiry stay."""
        self._entries[key] = value

    def remove(self, key: K) -> V | None:
        """Remove `key` and return its value; None without one."""
        self._expires_at.pop(key, None)
        return self._entries.pop(key, None)

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()
        self._expires_at.clear()

    def pop_oldest(self) -> V:
        """Remove the least recently used entry and return its value. Raises KeyError if empty."""
        key, value = self._entries.popitem(last=False)
        self._expires_at.pop(key, None)
        return value

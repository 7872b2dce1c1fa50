"""A Redis Cluster: sends each command to the server that owns its key's slot.

A key's slot is CRC-16/XMODEM of its hash tag (`{…}`) modulo 16384 (Redis cluster specification).
The map of slots is read on first use and after every `MOVED`; `ASK` is followed for one command.
While a slot migrates, a script with several keys is retried (`TRYAGAIN`).
"""

import asyncio
from binascii import crc_hqx
from typing import Any, Final

from resolver.redis.connection import Word
from resolver.redis.errors import RedisRefused
from resolver.redis.node import RedisNode
from resolver.redis.script import Script
from resolver.redis.store import run_on

SLOTS: Final = 16_384
_REDIRECTIONS: Final = 5
_RETRY_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses before each retry while a slot migrates."""


def compute_slot(key: bytes) -> int:
    """The slot of a key.

    >>> compute_slot(b"123456789"), compute_slot(b"a{tag}b") == compute_slot(b"{tag}")
    (12739, True)
    """
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return crc_hqx(key, 0) % SLOTS


class RedisCluster:
    """A cluster; `nodes` are asked first for the map of slots."""

    def __init__(
        self, nodes: list[tuple[str, int]], *, setup: tuple[tuple[Word, ...], ...] = ()
    ) -> None:
        self._seeds = nodes
        self._setup = setup
        self._nodes: dict[tuple[str, int], RedisNode] = {}
        self._owners: list[tuple[str, int]] = []
        self._loading = asyncio.Lock()

    async def call(self, key: bytes, *words: Word) -> Any:
        """See `RedisStore`."""

        async def command(node: RedisNode) -> Any:
            return await node.call(*words)

        return await self._follow(key, command)

    async def run(self, script: Script, keys: tuple[bytes, ...], *words: Word) -> Any:
        """See `RedisStore`; the keys share a hash tag."""

        async def command(node: RedisNode) -> Any:
            return await run_on(node, script, keys, words)

        return await self._follow(keys[0], command)

    async def ready(self) -> None:
        """See `RedisStore`."""
        await self._load_slots(self._owners)

    async def close(self) -> None:
        """See `RedisStore`."""
        for node in self._nodes.values():
            await node.close()

    async def _follow(self, key: bytes, command: Any) -> Any:
        known = self._owners
        if not known:
            await self._load_slots(known)
        address = self._owners[compute_slot(key)]
        asking = False
        pauses, redirections = iter(_RETRY_SECONDS), 0
        while redirections < _REDIRECTIONS:
            node = await self._node(address)
            try:
                if asking:
                    asked = node.call("ASKING")
                    answer = await command(node)
                    await asked
                    return answer
                return await command(node)
            except ConnectionError:
                # A replica may have replaced the owner: read the map again.
                self._owners = []
                raise
            except RedisRefused as refusal:
                code, _, rest = str(refusal).partition(" ")
                if code == "TRYAGAIN" and (pause := next(pauses, None)) is not None:
                    await asyncio.sleep(pause)
                    continue
                if code not in ("MOVED", "ASK"):
                    raise
                redirections += 1
                host, _, port = rest.rpartition(" ")[2].rpartition(":")
                address = (host or address[0], int(port))
                asking = code == "ASK"
                if not asking:
                    await self._load_slots(self._owners)
        raise ConnectionError("too many redirections")

    async def _node(self, address: tuple[str, int]) -> RedisNode:
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = RedisNode(*address, setup=self._setup)
            node.start()
        if not node.connected:
            await node.ready()
        return node

    async def _load_slots(self, before: list[tuple[str, int]]) -> None:
        """Read the map of slots, unless another task has replaced `before` meanwhile."""
        async with self._loading:
            if self._owners is not before:
                return
            for address in [*self._nodes, *self._seeds]:
                try:
                    node = await self._node(address)
                    ranges = await node.call("CLUSTER", "SLOTS")
                except (ConnectionError, RedisRefused):
                    continue
                owners = [address] * SLOTS
                covered = 0
                for low, high, (host, port, *_), *_ in ranges:
                    owner = ((host or address[0].encode()).decode(), int(port))
                    owners[low : high + 1] = [owner] * (high - low + 1)
                    covered += high - low + 1
                if covered == SLOTS:
                    self._owners = owners
                    return
            raise ConnectionError("no node of the cluster knows all slots")

"""Redis Cluster: which server a key lives on, learnt from the cluster and from its redirections.

A key's slot is CRC-16/XMODEM of its hash tag (`{…}`) modulo 16384; the map of slots is read on
the first use and after every `MOVED`; `ASK` is followed for the one command. While a slot's keys
are on their way to another server, a script that needs several is tried again (`TRYAGAIN`).
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
_PATIENCE: Final = (0.8, 0.4, 0.2, 0.1, 0.05, 0.02)
"""Pauses (seconds, the last one first) while keys of a slot transition."""


def slot_of(key: bytes) -> int:
    """The slot of a key.

    >>> slot_of(b"123456789"), slot_of(b"a{tag}b") == slot_of(b"{tag}")
    (12739, True)
    """
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return crc_hqx(key, 0) % SLOTS


class RedisCluster:
    """A cluster; `nodes` are where to ask first."""

    def __init__(
        self, nodes: list[tuple[str, int]], *, prepare: tuple[tuple[Word, ...], ...] = ()
    ) -> None:
        self._seeds = nodes
        self._prepare = prepare
        self._nodes: dict[tuple[str, int], RedisNode] = {}
        self._owners: list[tuple[str, int]] = []
        self._learning = asyncio.Lock()

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
        await self._learn(self._owners)

    async def close(self) -> None:
        """See `RedisStore`."""
        for node in self._nodes.values():
            await node.close()

    async def _follow(self, key: bytes, command: Any) -> Any:
        known = self._owners
        if not known:
            await self._learn(known)
        address = self._owners[slot_of(key)]
        asking = False
        patience, redirections = list(_PATIENCE), 0
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
                # The owner may have died and a replica taken its place: ask the others.
                self._owners = []
                raise
            except RedisRefused as refusal:
                code, _, rest = str(refusal).partition(" ")
                if code == "TRYAGAIN" and patience:
                    await asyncio.sleep(patience.pop())
                    continue
                if code not in ("MOVED", "ASK"):
                    raise
                redirections += 1
                host, _, port = rest.rpartition(" ")[2].rpartition(":")
                address = (host or address[0], int(port))
                asking = code == "ASK"
                if not asking:
                    await self._learn(self._owners)
        raise ConnectionError("redirected in a circle")

    async def _node(self, address: tuple[str, int]) -> RedisNode:
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = RedisNode(*address, prepare=self._prepare)
            node.start()
        if not node.connected:
            await node.ready()
        return node

    async def _learn(self, before: list[tuple[str, int]]) -> None:
        """Read the map of slots, unless somebody has while we waited."""
        async with self._learning:
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

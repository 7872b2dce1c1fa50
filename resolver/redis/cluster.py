"""A Redis Cluster: sends each command to the server that owns its key's slot.

A key's slot is CRC-16/XMODEM of its hash tag (`{…}`) modulo 16384 (Redis cluster specification).
The map of slots is read on first use, and again after `MOVED`, `CLUSTERDOWN` or a lost connection;
`ASK` is followed for one command.
While a slot migrates, a script with several keys is retried (`TRYAGAIN`).
"""

import asyncio
from binascii import crc_hqx
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from resolver.redis.connection import Word
from resolver.redis.errors import REACTIONS, NotRun, Reaction, RedisRefused, UnfitServer
from resolver.redis.node import RedisNode
from resolver.redis.script import Script
from resolver.redis.store import run_on
from resolver.single_flight import SingleFlight

SLOTS: Final = 16_384
_REDIRECTIONS: Final = 5
_RETRY_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses before each retry while a slot migrates."""
_RELOAD_SECONDS: Final = 0.1

Command = Callable[[RedisNode, bool], Awaitable[Any]]
"""Sends one command to a node; the flag says whether the node is asked for a slot that moves."""


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


Address = tuple[str, int]


class RedisCluster:
    """A cluster; `nodes` are asked first for the map of slots.

    The map in use is never emptied. While it is read again, keys of healthy nodes are served.
    """

    def __init__(
        self,
        nodes: list[Address],
        *,
        setup: tuple[tuple[Word, ...], ...] = (),
        tls: bool = False,
    ) -> None:
        self._seeds = nodes
        self._setup = setup
        self._tls = tls
        self._nodes: dict[Address, RedisNode] = {}
        self._owners: list[Address] | None = None
        """Address of the owner of each slot; None until the map was read."""
        self._loads = SingleFlight[None, list[Address]](self._load_slots)
        self._reloading: asyncio.Task[None] | None = None

    async def call(self, key: bytes, *words: Word) -> Any:
        """See `RedisStore`."""

        async def command(node: RedisNode, _: bool) -> Any:
            return await node.call(*words)

        return await self._follow(key, command)

    async def run(self, script: Script, keys: tuple[bytes, ...], *words: Word) -> Any:
        """See `RedisStore`; the keys share a hash tag."""

        async def command(node: RedisNode, asking: bool) -> Any:
            if asking:  # ASKING is for one command: there is no second one for a missing script
                return await node.call("EVAL", script.source, len(keys), *keys, *words)
            return await run_on(node, script, keys, words)

        return await self._follow(keys[0], command)

    async def get_tags(self) -> Sequence[bytes]:
        """See `RedisStore`: the smallest number whose slot a server owns, for each server."""
        owners = self._owners or await self._loads.fetch(None)
        missing = set(owners)
        tags = []
        for tag in map(b"%d".__mod__, range(SLOTS)):
            owner = owners[compute_slot(tag)]
            if owner in missing:
                missing.discard(owner)
                tags.append(tag)
            if not missing:
                break
        return tags

    async def ready(self) -> None:
        """See `RedisStore`."""
        await self._loads.fetch(None)

    async def close(self) -> None:
        """See `RedisStore`."""
        if self._reloading is not None:
            self._reloading.cancel()
        for node in self._nodes.values():
            await node.close()

    async def _follow(self, key: bytes, command: Command) -> Any:
        owners = self._owners or await self._loads.fetch(None)
        address = owners[compute_slot(key)]
        asking = False
        pauses, redirections = iter(_RETRY_SECONDS), 0
        while redirections < _REDIRECTIONS:
            try:
                node = await self._node(address)
                if asking:
                    asked = node.call("ASKING")
                    answer = await command(node, True)
                    await asked
                    return answer
                return await command(node, False)
            except ConnectionError:
                # A replica may have replaced the owner.
                self._reload_slots()
                raise
            except RedisRefused as refusal:
                code, _, rest = str(refusal).partition(" ")
                if code == "TRYAGAIN" and (pause := next(pauses, None)) is not None:
                    await asyncio.sleep(pause)
                    continue
                if REACTIONS.get(refusal.code) is Reaction.RELOAD_SLOTS:
                    self._reload_slots()
                    raise UnfitServer(str(refusal)) from None
                if code not in ("MOVED", "ASK"):
                    raise
                redirections += 1
                host, _, port = rest.rpartition(" ")[2].rpartition(":")
                address = (host or address[0], int(port))
                asking = code == "ASK"
                if not asking:
                    self._reload_slots()
        raise ConnectionError("too many redirections")

    async def _node(self, address: Address) -> RedisNode:
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = RedisNode(*address, setup=self._setup, tls=self._tls)
            node.start()
        if not node.connected:
            await node.ready()
        return node

    def _reload_slots(self) -> None:
        """Read the map of slots again in the background, at most once in `_RELOAD_SECONDS`."""
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._reload(), name="slots of the cluster")

    async def _reload(self) -> None:
        with suppress(ConnectionError):  # the next command that fails asks again
            await self._loads.fetch(None)
        await asyncio.sleep(_RELOAD_SECONDS)

    async def _load_slots(self, _: None) -> list[Address]:
        """Read the map of slots from the first node that can tell, and use it."""
        # First those that answer now: a node that is gone for good costs the wait for it.
        known = sorted(self._nodes, key=lambda address: not self._nodes[address].connected)
        for address in [*known, *self._seeds]:
            try:
                node = await self._node(address)
                # A node on the minority's side of a divided network knows a map too: an old one.
                if b"cluster_state:ok" not in await node.call("CLUSTER", "INFO"):
                    continue
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
                return owners
        raise NotRun("no node of the cluster knows the owners of all slots")

"""The port to Redis, for one server or a cluster."""

from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Protocol

from resolver.redis.connection import Word
from resolver.redis.errors import RedisRefused
from resolver.redis.node import RedisNode
from resolver.redis.script import Script


class RedisStore(Protocol):
    """Sends commands to the server that has their key."""

    def call(self, key: bytes, *words: Word) -> Awaitable[Any]:
        """Run a command on the server of `key`. Raises ConnectionError, `RedisRefused`."""

    async def run(self, script: Script, keys: tuple[bytes, ...], *words: Word) -> Any:
        """Run a script whose keys are on one server. Raises ConnectionError, `RedisRefused`."""

    async def get_tags(self) -> Sequence[bytes]:
        """A hash tag for each server: a key with `{TAG}` is on that server.

        Raises ConnectionError.
        """

    async def ready(self) -> None:
        """Wait for the first connection. Raises ConnectionError."""

    async def close(self) -> None:
        """Close the connections."""


class SingleStore:
    """A single server."""

    def __init__(self, node: RedisNode) -> None:
        self._node = node

    def call(self, key: bytes, *words: Word) -> Awaitable[Any]:
        """See the port."""
        return self._node.call(*words)

    def run(
        self, script: Script, keys: tuple[bytes, ...], *words: Word
    ) -> Coroutine[Any, Any, Any]:
        """See the port."""
        return run_on(self._node, script, keys, words)

    async def get_tags(self) -> Sequence[bytes]:
        """See the port."""
        return (b"0",)

    async def ready(self) -> None:
        """See the port."""
        await self._node.ready()

    async def close(self) -> None:
        """See the port."""
        await self._node.close()


async def run_on(
    node: RedisNode, script: Script, keys: tuple[bytes, ...], words: tuple[Word, ...]
) -> Any:
    """Run a script on one server, which is sent the source if it does not have it."""
    try:
        return await node.call("EVALSHA", script.sha, len(keys), *keys, *words)
    except RedisRefused as refusal:
        if not str(refusal).startswith("NOSCRIPT"):
            raise
    return await node.call("EVAL", script.source, len(keys), *keys, *words)

"""Runs the script of a check while memory is held for some hundred scans.

Redis refuses a write for the memory that is in use before it, and the requests under way count too.
So a small write alone passes a check while the scans beside it are refused.
"""

import secrets
from typing import Final

from resolver.redis.connection import Word
from resolver.redis.script import Script, load_script
from resolver.redis.store import RedisStore

_HELD_BYTES: Final = 128 * 1024
"""Zeros that Redis makes itself: neither the network nor the append-only file carries them."""
_HELD_MS: Final = 5_000
"""A process that dies in a check holds the memory no longer."""
_HOLD_MEMORY: Final = load_script("resolver.redis", "hold_memory")
_PROCESS: Final = secrets.token_hex(6).encode()


async def run_write_check(
    store: RedisStore, tag: bytes, script: Script, keys: tuple[bytes, ...], *words: Word
) -> None:
    """Run a script on the server of `tag`. Raises ConnectionError, `RedisRefused`."""
    held = b"veritem:{%b}:check:%b" % (tag, _PROCESS)
    await store.run(_HOLD_MEMORY, (held,), _HELD_BYTES, _HELD_MS)
    try:
        await store.run(script, keys, *words)
    finally:
        await store.call(held, b"DEL", held)

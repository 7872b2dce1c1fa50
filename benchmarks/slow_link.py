"""A slow network: a TCP proxy with the delay and the rate of a slow 3G link.

All connections share the rate, as all connections of a phone do. Chromium's own emulation leaves
out what a service worker fetches, so the link is outside of the browser.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

BYTES_PER_SECOND: Final = 400_000 / 8
ROUND_TRIP: Final = 0.4
"""Seconds."""
_SEGMENT: Final = 1460


class SlowLink:
    """The link to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free_at = 0.0
        """When the link has sent what was given to it, by the monotonic clock."""
        self.received = 0
        """Bytes that the client received, headers included."""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[str]:
        """Take connections until the block ends; yields the address."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP)  # the handshake
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(
                self._pump(reader, far_writer, is_down=False),
                self._pump(far_reader, writer, is_down=True),
            )
        # A browser that ends closes all connections at once.
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_down: bool
    ) -> None:
        """Carry one direction: at the rate where it is down, with half of the round trip."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, content = await waiting.get()
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if not content:
                    writer.close()
                    return
                writer.write(content)
                await writer.drain()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliver())
            while True:
                content = await reader.read(_SEGMENT)
                if is_down:
                    self.received += len(content)
                    now = time.monotonic()
                    self._free_at = max(self._free_at, now) + len(content) / BYTES_PER_SECOND
                    await asyncio.sleep(max(0.0, self._free_at - now))
                waiting.put_nowait((time.monotonic() + ROUND_TRIP / 2, content))
                if not content:
                    return

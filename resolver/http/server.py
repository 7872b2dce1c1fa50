"""The HTTP/1.1 server of the public service: makes its connections and drains them."""

import asyncio
from typing import Final, cast

from resolver.http.connection import HttpConnection
from resolver.http.server_context import ServerContext
from web.connection_guard import wait_for_last_requests


class HttpServer:
    """Makes the connections of one process; an instance is a protocol factory of asyncio.

    It does not extend `ServerContext`: mypyc's code crashes in a constructor inherited from another
    module.
    """

    def __init__(self, context: ServerContext) -> None:
        self.context: Final = context

    def __call__(self) -> asyncio.Protocol:
        """A connection for a client that has just come."""
        return cast(asyncio.Protocol, HttpConnection(self.context))

    async def drain(self, seconds: float) -> None:
        """Finish the requests under way and close all connections; after `seconds` abort them.

        Connections that wait for their client stay open for a moment: a request that is on its way
        is answered, with `Connection: close`. Closing at once would lose it.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        self.context.is_draining = True
        await wait_for_last_requests(self.context.guard, seconds)
        for connection in self._connections():
            connection.drain()
        while self.context.tasks or self._connections():
            if loop.time() >= end:
                break
            await asyncio.sleep(0.01)
        late = list(self.context.tasks)
        for task in late:
            task.cancel()
        for connection in self._connections():
            connection.abort()
        await asyncio.gather(*late, return_exceptions=True)

    def _connections(self) -> list[HttpConnection]:
        return [c for c in self.context.guard.connections if isinstance(c, HttpConnection)]

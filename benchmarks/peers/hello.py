"""The peer `aiohttp_hello`: an aiohttp application that returns a body of the same size.

On uvloop, one route, no middleware, no access log: the cost of aiohttp alone.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop
from aiohttp import web

from benchmarks.checkout import ROOT, read_address
from benchmarks.programs import start_program, stop_program


@contextmanager
def run_hello(size: int, core: int) -> Iterator[str]:
    """Run the application on one core, answering `size` bytes; yields its address."""
    command = [sys.executable, "-m", "benchmarks.peers.hello", json.dumps(size)]
    program = start_program(command, core, ROOT)
    try:
        yield read_address(program, "aiohttp_hello")
    finally:
        stop_program(program)


async def serve(size: int) -> None:
    """Serve `size` bytes at `/hello` for GET and POST."""
    body = b"h" * size

    async def hello(request: web.Request) -> web.Response:
        if request.method == "POST":
            await request.read()
        return web.Response(body=body, content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/hello", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    await web.SockSite(runner, listening, backlog=1024).start()
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(json.loads(sys.argv[1])))

"""Clients that ask a service steadily, over new and over open connections; each failure is kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

Ask = Callable[[aiohttp.ClientSession], Awaitable[None]]
"""One request or several; raises `AssertionError` for an answer that is not right."""


@dataclass
class SteadyLoad:
    """Half of the clients keep their connections open, half open one for each question.

    aiohttp repeats a GET by itself when an open connection is lost, and never a POST: so a POST
    must be among the questions.
    """

    ask: Ask
    clients: int = 6
    pause: float = 0.05
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0
    """The longest time of a question, in seconds."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ask while the block runs, and finish the questions that are under way."""
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self._ask(n % 2 == 0, stop)) for n in range(self.clients)]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def until(self, more: int, seconds: float = 60) -> None:
        """Wait until so many questions more were answered."""
        goal = self.answered + more
        async with asyncio.timeout(seconds):
            while self.answered < goal and not self.failures:  # noqa: ASYNC110 - clients count
                await asyncio.sleep(0.01)

    async def _ask(self, keeps: bool, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(limit=1, force_close=not keeps)
        async with aiohttp.ClientSession(connector=connector) as session:
            while not stop.is_set():
                began = loop.time()
                try:
                    await self.ask(session)
                    self.answered += 1
                except (aiohttp.ClientError, OSError, AssertionError) as error:
                    self.failures.append(repr(error))
                self.longest = max(self.longest, loop.time() - began)
                await asyncio.sleep(self.pause)

"""The two services as an attacker finds them: processes of their own, with few files and patience.

Limits and deadlines are short, so that an attack is over in seconds. Attackers come from many
addresses of the loopback network.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from tests.desk.running_desk import furnished as furnish_desk
from tests.resolver.house import code_of
from tests.resolver.house import furnished as furnish_resolver

FILES: Final = 300
"""Open files that a target may have: 172 of them are left for connections."""
NETWORKS: Final = tuple(f"127.0.0.{n}" for n in range(10, 20))
"""The addresses of somebody hostile with ten networks."""
LIMITS: Final[dict[str, Any]] = {
    "head_seconds": 1.0,
    "body_seconds": 1.0,
    "idle_seconds": 1.0,
    "write_seconds": 1.0,
    "connections_per_network": 100,
    "drain_seconds": 1.0,
}
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Target:
    """A service under attack."""

    name: str
    url: str
    admin_url: str
    process: subprocess.Popen[str]
    honest: str
    """A path that anybody may ask for."""
    post: str
    """A path that takes a body."""
    unread: bytes
    """Requests whose answers are more than the system keeps for a client that does not read."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def metrics(self) -> dict[str, float]:
        """The metrics of the target's connections."""
        with urllib.request.urlopen(f"{self.admin_url}/metrics") as answer:  # noqa: S310 - ours
            lines = answer.read().decode().splitlines()
        pairs = (line.split() for line in lines if line.startswith("veritem_connections"))
        return {name.removeprefix("veritem_connections"): float(value) for name, value in pairs}

    def processor_seconds(self) -> float:
        """Processor time that the target has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK

    def memory_bytes(self) -> int:
        """Memory that the target holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    async def connect(
        self, source: str = NETWORKS[0], **options: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from an address of the loopback network."""
        return await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(source, 0), **options
        )

    async def talk(self, raw: bytes, seconds: float = 5.0, source: str = NETWORKS[0]) -> bytes:
        """All that comes back for some bytes until the target closes or time is up."""
        reader, writer = await self.connect(source)
        answer = b""
        try:
            writer.write(raw)
            async with asyncio.timeout(seconds):
                while piece := await reader.read(65536):
                    answer += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return answer

    async def ask_honestly(self) -> float:
        """Ask for the honest page over a new connection; the seconds that it took."""
        began = time.monotonic()
        raw = f"GET {self.honest} HTTP/1.1\r\nHost: v.vn\r\nConnection: close\r\n\r\n".encode()
        answer = await self.talk(raw, source="127.0.0.1")
        assert answer.startswith(b"HTTP/1.1 200 "), (self.name, answer[:200])
        return time.monotonic() - began


@asynccontextmanager
async def served_meanwhile(target: Target, worst: float = 3.0) -> AsyncIterator[None]:
    """Honest people come while the block attacks; all are answered, none later than `worst`."""
    times = [await target.ask_honestly()]

    async def come() -> None:
        while True:
            times.append(await target.ask_honestly())
            await asyncio.sleep(0.05)

    task = asyncio.create_task(come())
    try:
        yield
        times.append(await target.ask_honestly())
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if not isinstance(outcome, asyncio.CancelledError):
        raise outcome  # type: ignore[misc]  # an honest request failed
    assert max(times) < worst, sorted(times)[-5:]


def each_network() -> Iterator[str]:
    """The attacker's addresses, in turns without an end."""
    return cycle(NETWORKS)


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: v.vn\r\n\r\n".encode()


@contextmanager
def run_target(name: str, directory: Path, **changes: Any) -> Iterator[Target]:
    """A service in a process of its own with the limits of this module."""
    ledger = directory / "ledger.db"
    settings = {"ledger": f"sqlite:///{ledger}", "port": 0, "admin_port": 0, **LIMITS, **changes}
    if name == "resolver":
        batches = asyncio.run(furnish_resolver(ledger))
        command = ["tests.resolver.process", "serve"]
        honest, post = f"/S/{code_of(batches.active, 1)}", "/v1/scans"
        unread = _get(honest) * 600
    else:
        asyncio.run(furnish_desk(ledger))
        settings["bundles"] = str(directory / "bundles")
        command = ["tests.desk.process"]
        honest, post = "/sign-in", "/sign-in"
        unread = _get("/api/openapi.json") * 100
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (directory / "log").read_text()
        url, admin_url = json.loads(line)
        yield Target(name, url, admin_url, process, honest, post, unread)
    finally:
        process.terminate()
        process.wait(15)
        if process.stdout is not None:
            process.stdout.close()
    said = (directory / "log").read_text()
    assert "limit on open files" in said
    for defect in ("Traceback", "request failed", "connection failed", "unregistered error"):
        assert defect not in said, said[-3000:]

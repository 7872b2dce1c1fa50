"""What the resolve benchmark is run on: a furnished service, its peers, and wrk to drive them.

The server under test has one core to itself, everything else (wrk, Redis) shares the other.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.compiled import CHECKOUT, compiled
from benchmarks.load.processes import family
from benchmarks.quota import held
from ledger import LotRow, Order, open_ledger
from resolver import ResolverSettings
from resolver.privacy.tokens import ScanTokens
from stamps.key_ring import EpochKeys, KeyRing
from stamps.lifecycle import Transition
from stamps.signature import PublicKeys
from tests.servers import free_port
from traceability.lot import Lot

HERE: Final = Path(__file__).parent
RING: Final = KeyRing([EpochKeys.derive(0, b"b" * 32)])
SIGNER: Final = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC: Final = PublicKeys({0: SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)})
SECRET: Final = b"benchmark secret of 32 bytes ..."
_CONF: Final = HERE.parent / "ops/redis.conf"
CODES: Final = 20_000
"""Different stamps that are looked at, none of them scanned yet: most are opened once, before their
first scan."""
SCANNED: Final = 100_000
"""Different stamps that are scanned, enough that most scans are a stamp's first or second, whoever
ran before."""
STAMPS: Final = CODES + SCANNED + 10_000
_RUN: Final = 30_000
"""Scans that a run starts after where the one before it did: more than one run makes."""
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5",
    "User-Agent": "Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/126 Mobile",
}
"""What a phone sends; the peers are sent the same."""

_LOT: Final[dict[str, Any]] = {
    "code": "DL-2026-0912",
    "product": {"code": "ri6", "name": {"vi": "Sầu riêng Ri6"}, "image": "/ri6.jpg"},
    "producer": {"name": "Hộ Y Bih Niê", "kind": "household", "address": {"ward": "24169"}},
    "growing_area": {"code": "VN-ĐLOR-0123", "name": "Ea Kao", "lat": 12.62, "lon": 108.03},
    "packing_house": {"code": "VN-ĐLPH-0012", "name": "HTX Krông Pắc", "lat": 12.7, "lon": 108.3},
    "stages": [
        {"stage": stage, "at": at, "location": "VN-ĐLOR-0123", "product": "ri6"}
        for stage, at in (
            ("grown", "2026-01-10T00:00:00Z"),
            ("harvested", "2026-09-10T22:30:00Z"),
            ("packed", "2026-09-12T02:15:00Z"),
        )
    ],
    "shelf_life_days": 3650,
    "standards": [{"name": "VietGAP"}],
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One run of wrk: requests (and a second), latencies in seconds, answers that were no 2xx."""

    rate: float
    requests: int
    p50: float
    p95: float
    p99: float
    errors: int


async def furnish(url: str, stamps: int) -> int:
    """Migrate the ledger at `url` and give it one activated batch of `stamps`; its number."""
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        lot = Lot.from_document(_LOT)
        await ledger.lots.save(LotRow(lot.code, lot.document(), ()))
        await ledger.orders.add(Order("o1", stamps, "sealed", requested_by="a"))
        await ledger.orders.approve("o1", actor="b")
        batch = await ledger.batches.add(
            order="o1", count=stamps, grade="sealed", epoch=0, host="V.VN", actor="i", key="b"
        )
        for move, bound in ((Transition.PRINT, None), (Transition.ACTIVATE, lot.code)):
            await ledger.transitions.apply(
                batch.number, 0, stamps, move, actor="a", key=str(move), lot=bound
            )
        return batch.number


class Ground:
    """A ledger with one activated batch, files for wrk, and a Redis server."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ledger = f"sqlite:///{directory / 'ledger.db'}"
        self.batch = asyncio.run(furnish(self.ledger, STAMPS))
        codes = [code.decode() for code in RING.seal(self.batch, 0, STAMPS)]
        self.codes, self.scanned = codes[:CODES], codes[CODES : CODES + SCANNED]
        self.others = codes[CODES + SCANNED :]
        self._runs = 0
        self.redis_port = 0

    def settings(self, **changes: Any) -> ResolverSettings:
        """The service on this ground: one worker, memory and journal on Redis."""
        redis = f"redis://127.0.0.1:{self.redis_port}"
        base = ResolverSettings(
            ledger=self.ledger, memory=redis, journal=redis, port=0, admin_port=0
        )
        return replace(base, **changes)

    def paths(self, name: str, paths: Sequence[str]) -> Path:
        """A file of targets for wrk, one a line."""
        file = self.directory / name
        file.write_text("\n".join(paths) + "\n")
        return file

    def bodies(self, count: int, seconds: int = 600) -> Path:
        """A file of bodies for `POST /v1/scans`, each with a token of its own for `seconds`.

        Each run goes on among the stamps where the last one stopped.
        """
        tokens = ScanTokens(SECRET, seconds)
        at = int(time.time() * 1000)
        file = self.directory / "bodies"
        with file.open("wb") as out:
            for number in range(self._runs * _RUN, self._runs * _RUN + count):
                code = self.scanned[number * 7919 % SCANNED]
                body = {"code": code, "token": tokens.issue(code, at), "place": None}
                out.write(orjson.dumps(body) + b"\n")
        self._runs += 1
        return file


@contextmanager
def ground() -> Iterator[Ground]:
    """The ground with a Redis server (no persistence: its disk is not what is measured)."""
    directory = Path(tempfile.mkdtemp(prefix="veritem-bench-"))
    made = Ground(directory)
    made.redis_port = free_port()
    options = ["--port", str(made.redis_port), "--dir", str(directory)]
    on_disk = ["--save", "", "--appendonly", "no"]
    redis = started(["redis-server", str(_CONF), *options, *on_disk], LOAD_CORE)
    listening(made.redis_port)
    try:
        yield made
    finally:
        ended(redis)
        shutil.rmtree(directory, ignore_errors=True)


def started(
    command: Sequence[str], core: int | None, home: Path = CHECKOUT
) -> subprocess.Popen[str]:
    """A program on one core (None: on any), started in `home`."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    return subprocess.Popen(
        [*pinned, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=home,
    )


def listening(port: int) -> None:
    """Wait until somebody listens on a port of the loopback."""
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on port {port}")


def ended(program: subprocess.Popen[str]) -> None:
    """SIGTERM, then wait."""
    program.send_signal(signal.SIGTERM)
    program.wait(30)
    if program.stdout is not None:
        program.stdout.close()


@contextmanager
def server(
    module: str,
    argument: Any,
    core: int | None = SERVER_CORE,
    home: Path = CHECKOUT,
    share: float | None = None,
) -> Iterator[str]:
    """A Python module as a server: it is told its settings and says its address on a line.

    Each of its processes is held to a `share` of a core, where one is given.
    """
    program = started([sys.executable, "-m", module, json.dumps(argument)], core, home)
    try:
        assert program.stdout is not None  # noqa: S101 - it is a pipe
        line = program.stdout.readline().strip()
        if not line.startswith("http"):
            raise RuntimeError(f"{module} did not start")
        with nullcontext() if share is None else held(family(program.pid), share):
            yield line
    finally:
        ended(program)


@contextmanager
def resolver(
    settings: ResolverSettings,
    core: int | None = SERVER_CORE,
    *,
    interpreted: bool = False,
    share: float | None = None,
) -> Iterator[str]:
    """The service in a process of its own: its hot path compiled, unless `interpreted`."""
    home = CHECKOUT if interpreted else compiled()
    with server("benchmarks.peers.ourselves", asdict(settings), core, home, share) as url:
        yield url


def wrk(
    url: str,
    seconds: float,
    *,
    script: str = "paths",
    connections: int = 64,
    core: int | None = LOAD_CORE,
    **environment: Any,
) -> Measured:
    """Drive `url` from the load core (None: any); `script` is one of `benchmarks/wrk/`."""
    command = [] if core is None else ["taskset", "-c", str(core)]
    command += ["wrk", "-t1", f"-c{connections}"]
    command += [f"-d{max(1, round(seconds))}s", "--latency", "-s", str(HERE / f"wrk/{script}.lua")]
    done = subprocess.run(
        [*command, url],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    told = json.loads(line)
    p50, p95, p99 = (told[name] / 1e6 for name in ("p50", "p95", "p99"))
    return Measured(told["rate"], told["requests"], p50, p95, p99, told["errors"])


def size_of(url: str) -> int:
    """Bytes of the body that a phone is sent (compressed, as it comes)."""
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return len(response.read())

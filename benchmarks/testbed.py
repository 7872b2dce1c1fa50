"""The service under test of `resolve`: keys, a ledger with one batch, scans, a Redis server.

The server under test has its own core; wrk and Redis share the other.
"""

import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.checkout import ROOT, Checkout
from benchmarks.errors import BenchmarkError
from benchmarks.load_generator import ScanLoad
from benchmarks.programs import start_program, stop_program, wait_for_port
from ledger import KeyOwner, Ledger, LinkSetRow, LotRow, Order, Organisation, open_ledger
from resolver.privacy.tokens import ScanTokens
from stamps.key_ring import EpochKeys, KeyRing
from stamps.lifecycle import Transition
from stamps.signature import PublicKeys
from tests.accounts import add_accounts
from tests.servers import free_port
from traceability.gs1_values import compute_check_digit
from traceability.links.anchor import name_link_set
from traceability.links.link_set import LinkTarget
from traceability.lot import Lot

KEY_RING: Final = KeyRing([EpochKeys.derive(0, b"b" * 32)])
SIGNER: Final = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC_KEYS: Final = PublicKeys({
    0: SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
})  # fmt: skip
SECRET: Final = b"benchmark secret of 32 bytes ..."
BATCH: Final = 1
"""Number of the batch in a new ledger."""
VIEWED: Final = 20_000
"""Stamps whose pages are requested without scans, as for most stamps before their first scan."""
SCANNED: Final = 400_000
"""Scanned stamps; their number keeps most scans among the first of a stamp."""
LINKED: Final = 200
"""Trade items that have links: fewer than one network may have loaded in a minute."""
STAMPS: Final = VIEWED + SCANNED + 10_000
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
_REDIS_CONF: Final = ROOT / "ops/redis.conf"
_TOKEN_SECONDS: Final = 3_600
_STRIDE: Final = 7_919
"""Distance between the stamps of successive scans: a prime that divides no number of codes here."""
HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5",
    "User-Agent": "Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/126 Mobile",
}
"""Request headers of a phone, for the service and the peers."""

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


async def furnish_ledger(url: str, stamps: int) -> int:
    """Migrate the ledger at `url`, add one activated batch of `stamps` and return its number."""
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        lot = Lot.from_document(_LOT)
        await ledger.lots.save(LotRow(lot.code, lot.to_document(), ()))
        await add_accounts(ledger, "a", "b")
        await ledger.orders.add(Order("o1", stamps, "sealed", requested_by="a"))
        await ledger.orders.approve("o1", actor="b")
        batch = await ledger.batches.add(
            order="o1", count=stamps, grade="sealed", epoch=0, host="V.VN", actor="i", key="b"
        )
        for transition, bound in ((Transition.PRINT, None), (Transition.ACTIVATE, lot.code)):
            await ledger.transitions.apply(
                batch.number, 0, stamps, transition, actor="a", key=str(transition), lot=bound
            )
        await _add_links(ledger)
        return batch.number


def list_linked_items() -> list[str]:
    """The anchors of the trade items that have links."""
    digits = (f"0893500{number:06}" for number in range(LINKED))
    return [f"/01/{number}{compute_check_digit(number)}" for number in digits]


async def _add_links(ledger: Ledger) -> None:
    """Add six links to each trade item, and say where links may lead."""
    await ledger.organisations.add(Organisation("kp", "packer", "HTX Krông Pắc"))
    owner = KeyOwner("kp", ("893500",), ("kp.example",))
    await ledger.key_owners.replace(owner, seen=KeyOwner("kp"), actor="a")
    links = [
        LinkTarget(kind, f"https://kp.example/{kind}/{tag}", f"Sầu riêng {tag}", (tag,))
        for kind in ("pip", "recipeInfo")
        for tag in ("vi", "en", "zh-Hans")
    ]
    documents = [link.to_document() for link in links]
    for anchor in list_linked_items():
        row = LinkSetRow(name_link_set(anchor), anchor, "kp", "Sầu riêng Ri6", documents)
        await ledger.link_sets.add(row, actor="a")


def write_scan_bodies(out: Path, codes: Sequence[str], first: int, count: int) -> None:
    """Write bodies of `POST /v1/scans`, each with its own token, from number `first` on."""
    tokens, at = ScanTokens(SECRET, _TOKEN_SECONDS), int(time.time() * 1000)
    with out.open("wb") as file:
        for number in range(first, first + count):
            code = codes[number * _STRIDE % len(codes)]
            body = {"code": code, "token": tokens.issue(code, at), "place": None}
            file.write(orjson.dumps(body) + b"\n")


def seal_codes(stamps: int) -> list[str]:
    """Return the codes of the batch that `furnish_ledger` creates."""
    return [code.decode() for code in KEY_RING.seal(BATCH, 0, stamps)]


def write_targets(file: Path, targets: Sequence[str]) -> Path:
    """Write targets for wrk, one a line."""
    file.write_text("\n".join(targets) + "\n")
    return file


class Testbed:
    """A checkout's service with its own ledger and Redis server, in a directory."""

    def __init__(self, checkout: Checkout, directory: Path, redis_port: int) -> None:
        self._checkout = checkout
        self.directory = directory
        self._next_scan = 0
        self.redis_port = redis_port
        self._ledger = f"sqlite:///{directory / 'ledger.db'}"
        argument = {"ledger": self._ledger, "stamps": STAMPS}
        if checkout.run_command("furnish", argument, compiled=False) != BATCH:
            raise BenchmarkError("the first batch of a ledger does not have number 1")
        self._scanned = write_targets(
            directory / "scanned", seal_codes(STAMPS)[VIEWED : VIEWED + SCANNED]
        )

    def run_service(
        self,
        *,
        core: int | None = SERVER_CORE,
        compiled: bool = True,
        share: float | None = None,
        **options: Any,
    ) -> AbstractContextManager[str]:
        """Run the service (options: `workers`, `embedded`) and yield its address."""
        argument: Mapping[str, Any] = {
            "ledger": self._ledger,
            "redis": f"redis://127.0.0.1:{self.redis_port}",
            **options,
        }
        return self._checkout.run_service(argument, core=core, compiled=compiled, share=share)

    def scan_load(self, url: str) -> ScanLoad:
        """A load of scans for one of this testbed's servers, from the load core."""
        return ScanLoad(url, self._write_bodies, core=LOAD_CORE)

    def _write_bodies(self, count: int) -> Path:
        """Write the next bodies; each run continues at the stamp after the last run."""
        out = self.directory / "bodies"
        self._checkout.run_command("bodies", compiled=False, argument={
            "codes": str(self._scanned), "first": self._next_scan, "count": count, "out": str(out),
        })  # fmt: skip
        self._next_scan += count
        return out


@contextmanager
def run_testbed(checkout: Checkout) -> Iterator[Testbed]:
    """Run a testbed with a Redis server that does not write to disk."""
    directory = Path(tempfile.mkdtemp(prefix="veritem-bench-"))
    port = free_port()
    options = ["--port", str(port), "--dir", str(directory), "--save", "", "--appendonly", "no"]
    conf = directory / "redis.conf"
    # As it is shipped, without its password.
    lines = _REDIS_CONF.read_text(encoding="utf-8").splitlines()
    conf.write_text("\n".join(line for line in lines if not line.startswith("include ")))
    redis = start_program(["redis-server", str(conf), *options], LOAD_CORE, ROOT)
    try:
        wait_for_port(port)
        yield Testbed(checkout, directory, port)
    finally:
        stop_program(redis)
        shutil.rmtree(directory, ignore_errors=True)


def measure_body(url: str) -> int:
    """Return the size of the compressed body in bytes."""
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return len(response.read())

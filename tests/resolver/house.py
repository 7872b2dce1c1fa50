"""A whole service in a temporary directory: ledger, batches in every state, keys, resolver."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from claims import open_in_process
from detection.rules import Rules
from ledger import Grade, Ledger, LotRow, Order, VersionNote, open_ledger
from resolver import ResolverSettings, RunningService, open_dependencies, run_service
from resolver.dependencies import ResolverDependencies
from stamps.lifecycle import Transition
from stamps.signature import MESSAGE_PREFIX, PublicKeys, encode_signature
from tests.accounts import add_accounts
from tests.ledger.world import allow_recall
from tests.resolver.orchard import PINS, RING, SECRET, lot
from traceability import Lot, find_missing_items

SIGNER = Ed25519PrivateKey.from_private_bytes(b"i" * 32)
PUBLIC = PublicKeys({0: SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)})
HANOI = {"lat": 21.0285, "lon": 105.8542, "accuracy_m": 30}
SAIGON = {"lat": 10.7769, "lon": 106.7009, "accuracy_m": 30}
PHONE = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "vi", "Accept-Encoding": "gzip"}
JSON = {"Accept": "application/json"}

_keys = count(1)
_networks = count(1)


class Clock:
    """A clock that the test transitions; it starts where the orchard's lot is fresh."""

    def __init__(self, now: int = 1_789_200_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += int(minutes * 60_000)


def code_of(batch: int, index: int) -> str:
    return str(RING.seal(batch, index, index + 1)[0].decode())


def signature_of(code: str) -> str:
    return encode_signature(SIGNER.sign(MESSAGE_PREFIX + code.encode()))


@dataclass
class Batches:
    """The numbers of the batches that `furnish` made."""

    active: int = 0
    printed: int = 0
    void: int = 0
    suspended: int = 0
    recalled: int = 0
    sealed: int = field(default=0)
    """Activated, without PINs."""


async def a_batch(
    ledger: Ledger, stamps: int, has_pin: bool = True, grade: Grade = "sealed", **more: Any
) -> int:
    order = await ledger.orders.add(
        Order(f"o{next(_keys)}", stamps, grade, has_pin=has_pin, requested_by="an")
    )
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.approve(order.id, actor="binh")
    batch = await ledger.batches.add(
        order=order.id, count=stamps, grade=grade, epoch=0, host="veritem.vn",
        has_pin=has_pin, actor="issuer", key=f"k{next(_keys)}", **more,
    )  # fmt: skip
    return batch.number


async def transition(
    ledger: Ledger, batch: int, step: Transition, lo: int = 0, hi: int = 100, **more: Any
) -> None:
    key = f"k{next(_keys)}"
    if step is Transition.RECALL:
        key = await allow_recall(ledger, ranges=((batch, lo, hi),))
    await ledger.transitions.apply(batch, lo, hi, step, actor="test", key=key, **more)


async def save_lot(ledger: Ledger, **changes: Any) -> Lot:
    """Save the orchard's lot with some of its document changed; a correction if it is bound."""
    made = lot(**changes)
    note = VersionNote(tuple(changes), reason="typing-error")
    row = LotRow(made.code, made.to_document(), find_missing_items(made))
    await ledger.lots.save(row, lambda _: note)
    return made


async def furnish(ledger: Ledger, at: int, gtin: str | None = None, **lot_changes: Any) -> Batches:
    """A lot and a batch of 100 stamps in each state; the recalled one has a lot of its own."""
    made = await save_lot(ledger, **lot_changes)
    # A recalled lot cannot be saved again: each furnishing has one of its own.
    recalled_code = f"{lot_changes['code']}-R" if "code" in lot_changes else "DL-2026-0901"
    recalled = await save_lot(ledger, **{**lot_changes, "code": recalled_code})
    found = Batches()
    for name in ("active", "printed", "void", "suspended", "recalled", "sealed"):
        number = await a_batch(ledger, 100, has_pin=name != "sealed", gtin=gtin)
        setattr(found, name, number)
        if name == "void":
            await transition(ledger, number, Transition.VOID, reason="stolen", at=at)
            continue
        await transition(ledger, number, Transition.PRINT, at=at)
        if name != "printed":
            bound = recalled if name == "recalled" else made
            await transition(ledger, number, Transition.ACTIVATE, lot=bound.code, at=at)
    await transition(ledger, found.suspended, Transition.SUSPEND, reason="inspection", at=at)
    await transition(ledger, found.recalled, Transition.RECALL, reason="food-safety", at=at)
    return found


@dataclass
class House:
    """A running service and what a test needs to talk to it."""

    directory: Path
    clock: Clock
    dependencies: ResolverDependencies
    batches: Batches
    serving: RunningService
    session: aiohttp.ClientSession

    @property
    def ledger(self) -> Ledger:
        return self.dependencies.ledger

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        response = await self.session.get(
            self.serving.url + path, headers=headers, allow_redirects=False
        )
        await response.read()
        return response

    async def post(self, path: str, body: Any, **headers: str) -> aiohttp.ClientResponse:
        response = await self.session.post(self.serving.url + path, json=body, headers=headers)
        await response.read()
        return response

    async def token(self, code: str) -> str:
        response = await self.get(f"/S/{code}", **JSON)
        token: str = (await response.json())["token"]
        return token

    async def scan(self, code: str, place: Any = None, **headers: str) -> aiohttp.ClientResponse:
        """Open the page and confirm the scan, as somebody new on a network of their own."""
        return await self.confirm(code, await self.token(code), place, **headers)

    async def confirm(
        self, code: str, token: str, place: Any = None, **headers: str
    ) -> aiohttp.ClientResponse:
        """Confirm the scan of a page with its token, as somebody new on a network of their own."""
        number = next(_networks)
        headers.setdefault("X-Forwarded-For", f"10.{number >> 8 & 255}.{number & 255}.1")
        body = {"code": code, "token": token, "place": place}
        self.session.cookie_jar.clear()
        return await self.post("/v1/scans", body, **headers)


_templates: dict[str | None, tuple[bytes, Batches]] = {}


async def furnished(path: Path, gtin: str | None = None) -> Batches:
    """A furnished ledger at `path`; made once in a test process, then copied."""
    if gtin not in _templates:
        async with await open_ledger(f"sqlite:///{path}", clock=Clock()) as ledger:
            await ledger.migrate()
            batches = await furnish(ledger, Clock()(), gtin)
        _templates[gtin] = _bytes_of(path), batches
    made, batches = _templates[gtin]
    _copy(made, path)
    return batches


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()


def _copy(made: bytes, path: Path) -> None:
    path.write_bytes(made)


def _browser() -> aiohttp.ClientSession:
    # Cookies are for names by default; here they are for 127.0.0.1 too.
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


@asynccontextmanager
async def a_house(
    directory: Path, batches: Batches | None = None, **changes: Any
) -> AsyncIterator[House]:
    """A service on a furnished ledger; `batches` says that it is furnished already."""
    clock = Clock()
    open_claims = changes.pop("open_claims", open_in_process(PINS))
    if batches is not None:
        pass
    elif "ledger" in changes:
        async with await open_ledger(changes["ledger"], clock=clock) as ledger:
            await ledger.migrate()
            batches = await furnish(ledger, clock())
    else:
        batches = await furnished(directory / "ledger.db", changes.pop("gtin", None))
    url = f"sqlite:///{directory / 'ledger.db'}"
    settings = ResolverSettings(
        **{
            "ledger": url,
            "attachments": directory / "attachments",
            "report_spool": directory / "spool",
            "port": 0,
            "admin_port": 0,
            "refresh_seconds": 0.05,
            "drain_seconds": 0.2,  # browsers keep their connections
            "trusted_proxies": ("127.0.0.1",),
            **changes,
        }
    )
    opened = open_dependencies(
        settings,
        keys=RING,
        open_claims=open_claims,
        public_keys=PUBLIC,
        rules=Rules(),
        secret=SECRET,
        clock=clock,
    )
    async with opened as parts, run_service(parts) as running, _browser() as session:
        yield House(directory, clock, parts, batches, running, session)

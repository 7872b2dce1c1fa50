"""A ledger with an approved order, and fixed keys."""

from pathlib import Path

from issuer import Issuer, Signer, StampKeys
from ledger import Ledger, Order, ProductRow, open_ledger
from stamps.key_ring import EpochKeys, KeyRing
from tests.accounts import add_accounts

AT = 1_790_000_000_000
HOST = "VERITEM.VN"
GTIN = "08935000000014"
MASTER, SEED = bytes(range(32)), bytes(range(32, 64))


def ring(*epochs: int) -> KeyRing:
    return KeyRing(EpochKeys.derive(epoch, MASTER) for epoch in epochs or (0,))


def signer(*epochs: int) -> Signer:
    return Signer(dict.fromkeys(epochs or (0,), SEED))


_migrated: list[bytes] = []


async def opened(path: Path) -> Ledger:
    """The ledger at `path`; a new one is a copy of one that the process migrated once."""
    if not _copy_migrated(path):
        async with await open_ledger(f"sqlite:///{path}") as ledger:
            await ledger.migrate()
        _keep_migrated(path)
    return await open_ledger(f"sqlite:///{path}", clock=lambda: AT)


def _copy_migrated(path: Path) -> bool:
    """Whether there is a ledger at `path` now."""
    if _migrated and not path.exists():
        path.write_bytes(_migrated[0])
    return path.exists()


def _keep_migrated(path: Path) -> None:
    _migrated.append(path.read_bytes())


async def approved(ledger: Ledger, order: Order) -> Order:
    """The order, requested by mai and approved by tuan."""
    await ledger.orders.add(order)
    await add_accounts(ledger, order.requested_by, "tuan")
    return await ledger.orders.approve(order.id, "tuan")


async def durian(ledger: Ledger, gtin: str | None = GTIN) -> ProductRow:
    return await ledger.products.add(ProductRow("ri6", {"vi": "Sầu riêng Ri6"}, gtin))


def issuer(ledger: Ledger) -> Issuer:
    return Issuer(ledger, StampKeys.derive({0: MASTER}), signer())

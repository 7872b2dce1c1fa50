"""A ledger with an issuer, organisations, a product and a context for each role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from issuer import Issuer, Signer, StampKeys
from ledger import Ledger, Organisation, PlaceRow, ProductRow, RecordedTransition, open_ledger
from services import Actor, ServiceContext
from services.batches import batches, print_reports
from services.batches.batches import BatchRequest
from services.lots import lots
from services.orders import orders
from services.orders.orders import OrderRequest
from services.proposals import proposals
from services.stamps import activation, recalls
from tests.accounts import add_accounts

NOW: Final = 1_790_000_000_000
KEYS: Final = StampKeys.derive({0: b"m" * 32})
RING: Final = KEYS.ring
SIGNER: Final = Signer({0: b"i" * 32})
ACTORS: Final = {
    "press": Actor("press", "print_house", "in-mekong"),
    "other-press": Actor("other-press", "print_house", "in-hanoi"),
    "packer": Actor("packer", "packer", "krong-pac"),
    "packer2": Actor("packer2", "packer", "krong-pac"),
    "other-packer": Actor("other-packer", "packer", "tan-phuoc"),
    "inspector": Actor("inspector", "inspector"),
    "authority": Actor("authority", "authority"),
    "issuer": Actor("issuer", "issuer"),
    "operator": Actor("operator", "demo"),
    "second": Actor("second", "demo"),
}
_keys = count(1)


def new_key() -> str:
    return f"k{next(_keys)}"


def lot_document(code: str = "L1", **changes: Any) -> dict[str, Any]:
    def stage(name: str, at: str, location: str) -> dict[str, str]:
        return {"stage": name, "at": at, "location": location, "product": "ri6"}

    return {
        "code": code,
        "product": {
            "code": "ri6",
            "name": {"vi": "Sầu riêng Ri6", "en": "Durian Ri6"},
            "image": "/durian.jpg",
        },
        "producer": {
            "name": "Hộ ông Y Bih Niê",
            "kind": "household",
            "address": {"line": "Buôn Kao", "ward": "24169"},
        },
        "growing_area": {"code": "VN-ĐLOR-0123", "lat": 12.62, "lon": 108.03},
        "packing_house": {"code": "VN-ĐLPH-0012", "lat": 12.70, "lon": 108.30},
        "stages": [
            stage("grown", "2026-01-10T00:00:00Z", "VN-ĐLOR-0123"),
            stage("harvested", "2026-09-10T22:30:00Z", "VN-ĐLOR-0123"),
            stage("packed", "2026-09-12T02:15:00Z", "VN-ĐLPH-0012"),
        ],
        "shelf_life_days": 20,
        "standards": [{"name": "VietGAP", "certificate": "VG-24-117"}],
        **changes,
    }


def foreign_document(code: str) -> dict[str, Any]:
    """A lot that `other-packer` describes, incomplete."""
    return lot_document(code, packing_house=None, stages=[])


@dataclass
class Office:
    """A ledger and a context for each actor."""

    ledger: Ledger
    issuer: Issuer
    now: int = NOW

    def context(self, who: str) -> ServiceContext:
        return ServiceContext(self.ledger, ACTORS[who], lambda: self.now, self.issuer)

    async def issue_batch(self, stamps: int = 100, **changes: Any) -> int:
        request = OrderRequest(
            **{
                "count": stamps,
                "grade": "sealed",
                "product": "ri6",
                "packer": "krong-pac",
                "print_house": "in-mekong",
                "is_another": True,
                **changes,
            }
        )
        order = await orders.request_order(self.context("issuer"), request)
        await orders.approve_order(self.context("authority"), order.id)
        batch = await batches.issue_batch(
            self.context("issuer"), BatchRequest(order.id, "VERITEM.VN"), new_key()
        )
        return batch.number

    async def print_batch(self, stamps: int = 100, **changes: Any) -> int:
        number = await self.issue_batch(stamps, **changes)
        await print_reports.apply_print_report(
            self.context("operator"),
            str(number),
            f"state,first,last\nprinted,0,{stamps - 1}\n".encode(),
            new_key(),
        )
        return number

    async def activate_batch(self, stamps: int = 100, lot: str = "L1", **changes: Any) -> int:
        number = await self.print_batch(stamps, **changes)
        packer = self.context("packer")
        await lots.put_lot(packer, lot_document(lot))
        await activation.activate_range(packer, str(number), lot, new_key())
        return number


def make_url(where: Path | str) -> str:
    """The URL of a ledger that is in a file or has one."""
    return f"sqlite:///{where}" if isinstance(where, Path) else where


async def furnish_ledger(where: Path | str) -> None:
    """Make a ledger, in a file or at a URL, with organisations, a product and a packing house."""
    async with await open_ledger(
        make_url(where), clock=lambda: NOW, otp_keys=lambda: [bytes(32)]
    ) as ledger:
        await ledger.migrate()
        for organisation in (
            Organisation("in-mekong", "print_house", "Nhà in Mê Kông"),
            Organisation("in-hanoi", "print_house", "Nhà in Hà Nội"),
            Organisation("krong-pac", "packer", "HTX Krông Pắc"),
            Organisation("tan-phuoc", "packer", "Tân Phước"),
        ):
            await ledger.organisations.add(organisation)
        await add_accounts(ledger, *ACTORS)
        await ledger.products.add(ProductRow("ri6", {"vi": "Sầu riêng Ri6"}, "08935000000014", 12))
        await ledger.places.add(
            PlaceRow("kp", "packing_house", "Krông Pắc", "VN-ĐLPH-0012", organisation="krong-pac")
        )


@asynccontextmanager
async def open_office(where: Path | str) -> AsyncIterator[Office]:
    """Open the office whose ledger is in a file or at a URL."""
    async with await open_ledger(
        make_url(where), clock=lambda: NOW, otp_keys=lambda: [bytes(32)]
    ) as ledger:
        yield Office(ledger, Issuer(ledger, KEYS, SIGNER))


async def recall(office: Office, **what: Any) -> list[RecordedTransition]:
    """Recall as two people: the inspector proposes and the authority approves."""
    proposal = await recalls.propose_recall(
        office.context("inspector"), **{"reason": "ordered", "key": new_key(), **what}
    )
    approval = await proposals.approve_proposal(office.context("authority"), proposal.id)
    assert approval.result is not None
    return list(approval.result)

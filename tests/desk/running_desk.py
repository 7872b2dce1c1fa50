"""A running desk in a temporary directory, with accounts of every role."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest
from argon2 import PasswordHasher

from desk.dependencies import DeskDependencies
from desk.serve import run_desk
from desk.settings import DeskSettings
from issuer import Issuer, Signer, StampKeys
from ledger import (
    AlertEvidence,
    BatchCount,
    CampaignCount,
    CodeCount,
    Ledger,
    Order,
    Organisation,
    PlaceRow,
    ProductRow,
    Role,
    ScanRow,
    open_ledger,
)
from ledger.accounts import passwords
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from services.notices.mail_addresses import make_mail_tools
from stamps.lifecycle import Transition

NOW: Final = 1_790_000_000_000
KEYS: Final = StampKeys.derive({0: b"m" * 32})
RING: Final = KEYS.ring
SIGNER: Final = Signer({0: b"i" * 32})
SECRET: Final = b"s" * 32
PASSWORD: Final = "sầu riêng Ri6 chín cây"
TOKEN_DAYS: Final = 90
PEOPLE: Final[Mapping[str, tuple[Role, str, str | None]]] = {
    "in": ("print_house", "Trần Văn In", "in-mekong"),
    "in2": ("print_house", "Lê Thị Ấn", "in-hanoi"),
    "mai": ("packer", "Nguyễn Thị Mai", "krong-pac"),
    "lan": ("packer", "Đỗ Thị Lan", "tan-phuoc"),
    "y-bih": ("grower", "Y Bih Niê", "y-bih-nie"),
    "thu": ("buyer", "Ngô Văn Thu", "thu-mua-dak-lak"),
    "thanh": ("inspector", "Phạm Văn Thanh", None),
    "bo": ("authority", "Võ Thị Bộ", None),
    "cap": ("issuer", "Hoàng Văn Cấp", None),
    "tri": ("administrator", "Đặng Thị Trị", None),
}
"""Account → role, name, organisation."""

_keys = count(1)


def new_key() -> str:
    return f"k{next(_keys)}"


def lot_document(code: str = "DL-2026-0912", **changes: Any) -> dict[str, Any]:
    def stage(name: str, at: str, location: str) -> dict[str, str]:
        return {"stage": name, "at": at, "location": location, "product": "ri6"}

    return {
        "code": code,
        "product": {
            "code": "ri6",
            "name": {"vi": "Sầu riêng Ri6", "en": "Durian Ri6", "zh": "Ri6 榴莲"},
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


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class RunningDesk:
    """A running desk and what a test needs to talk to it."""

    directory: Path
    clock: Clock
    dependencies: DeskDependencies
    url: str
    admin_url: str
    session: aiohttp.ClientSession
    tokens: Mapping[str, str]

    @property
    def ledger(self) -> Ledger:
        return self.dependencies.ledger

    async def call(
        self,
        who: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        **headers: str,
    ) -> aiohttp.ClientResponse:
        """Call the API as somebody; a body that is no bytes is JSON."""
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None and not isinstance(body, bytes):
            body = orjson.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        path = path if path.startswith("/api/") else f"/api/v1{path}"
        response = await self.session.request(
            method, self.url + path, data=body, headers=headers, allow_redirects=False
        )
        await response.read()
        return response

    async def fetch(self, who: str, method: str, path: str, *more: Any, **names: Any) -> Any:
        """The JSON of an answer that is no refusal."""
        response = await self.call(who, method, path, *more, **names)
        assert response.status < 300, await response.text()
        return await response.json()

    async def batch(self, stamps: int = 1000, **more: Any) -> int:
        """A batch issued for `in-mekong` and `krong-pac`, with its manifest."""
        changes = {"packer": "krong-pac", "print_house": "in-mekong", **more}
        order = await self.ledger.orders.add(
            Order(f"o{new_key()}", stamps, "sealed", requested_by="cap", **changes)
        )
        await self.ledger.orders.approve(order.id, "bo")
        made = await self.dependencies.issuer.issue(
            order.id, host=self.dependencies.stamp_host, actor="cap", key=new_key()
        )
        return made.number

    async def printed(self, stamps: int = 1000, **more: Any) -> int:
        number = await self.batch(stamps, **more)
        await self.ledger.transitions.apply(
            number, 0, stamps, Transition.PRINT, actor="in", key=new_key()
        )
        return number

    async def lot(self, code: str = "DL-2026-0912", **changes: Any) -> Any:
        return await self.fetch("mai", "PUT", f"/lots/{code}", lot_document(code, **changes))

    async def activated(self, stamps: int = 1000) -> int:
        number = await self.printed(stamps)
        await self.lot()
        await self.ledger.transitions.apply(
            number, 0, stamps, Transition.ACTIVATE, actor="mai", key=new_key(), lot="DL-2026-0912"
        )
        return number

    async def alert(self, batch: int, index: int, score: float = 8.0) -> int:
        """Two scans far apart, and the alert that they raised."""
        rows = [
            ScanRow(
                id=bytes([n]) * 16, batch=batch, index=index, at=NOW + n * 60_000, via="page",
                verdict=verdict, score=n * score, reasons=reasons, device=n + 1, net=n + 10,
                lat=lat, lon=lon, province=province, country="VN",
            )
            for n, verdict, reasons, lat, lon, province in (
                (0, "authentic", (), 21.03, 105.85, "01"),
                (1, "suspect", ("impossible_travel",), 10.78, 106.70, "79"),
            )
        ]  # fmt: skip
        await self.ledger.scans.append(rows)
        alert = await self.ledger.alerts.report(
            "stamp", batch, index, score=score, reasons=["impossible_travel", "many_places"],
            scans=[row.id for row in rows],
        )  # fmt: skip
        return alert.id

    async def campaign(self, batch: int, stamps: int = 150) -> int:
        """The alert of a campaign over so many stamps of a batch."""
        [alert] = await self.ledger.alerts.report_all(
            [
                AlertEvidence(
                    kind="campaign",
                    batch=None,
                    index=None,
                    score=6.0,
                    reasons=("poisoning",),
                    at=NOW,
                    subject="c-1",
                    stamps=tuple((batch, index) for index in range(stamps)),
                    counted=CampaignCount(networks=2, first_at=NOW, last_at=NOW + 900_000),
                )
            ]
        )
        return alert.id

    async def suspect_code(self, code: str) -> int:
        """The alert of a registered code that looks lent."""
        evidence = AlertEvidence(
            kind="lent_code",
            batch=None,
            index=None,
            subject=code,
            score=6.0,
            reasons=("above_crop",),
            at=NOW,
            stamp_count=900,
            counted=CodeCount(2026, 1500, 600, places=2, farthest_km=900, late=0),
        )
        [alert] = await self.ledger.alerts.report_all([evidence])
        return alert.id

    async def leak(self, batch: int) -> int:
        """The alert of a batch of which two stamps are anomalous."""
        rows = [
            ScanRow(
                id=bytes([60 + index]) * 16, batch=batch, index=index, at=NOW, via="page",
                verdict="authentic", score=5.0, anomalous=True,
            )
            for index in (4, 9)
        ]  # fmt: skip
        await self.ledger.scans.append(rows)
        evidence = AlertEvidence(
            kind="batch",
            batch=batch,
            index=None,
            score=3.0,
            reasons=("batch",),
            scans=tuple(row.id for row in rows),
            at=NOW,
            stamp_count=2,
            counted=BatchCount(scanned=35.2, anomalous=2.0, usual_share=0.01),
        )
        [alert] = await self.ledger.alerts.report_all([evidence])
        return alert.id


_template: list[tuple[bytes, dict[str, str]]] = []


async def furnished(path: Path) -> dict[str, str]:
    """A ledger with everybody in it at `path`; made once in a test process, then copied."""
    if not _template:
        tokens = await _furnish(f"sqlite:///{path}")
        _template.append((_read(path), tokens))
    made, tokens = _template[0]
    _write(path, made)
    return tokens


async def _furnish(url: str) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))  # at its lowest cost
        async with await open_ledger(url, clock=Clock()) as ledger:
            await ledger.migrate()
            return await _people(ledger)


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _write(path: Path, made: bytes) -> None:
    path.write_bytes(made)


async def _people(ledger: Ledger) -> dict[str, str]:
    for organisation in (
        Organisation("in-mekong", "print_house", "Nhà in Mê Kông"),
        Organisation("in-hanoi", "print_house", "Nhà in Hà Nội"),
        Organisation("krong-pac", "packer", "HTX Nông nghiệp Krông Pắc"),
        Organisation("tan-phuoc", "packer", "Cơ sở đóng gói Tân Phước"),
        Organisation("y-bih-nie", "grower", "Hộ ông Y Bih Niê"),
        Organisation("thu-mua-dak-lak", "buyer", "Thu mua Đắk Lắk"),
    ):
        await ledger.organisations.add(organisation)
    await ledger.products.add(
        ProductRow("ri6", {"vi": "Sầu riêng Ri6", "en": "Ri6 durian"}, "08935000000014", 12)
    )
    await ledger.places.add(
        PlaceRow("kp", "packing_house", "Krông Pắc", "VN-ĐLPH-0012", organisation="krong-pac")
    )
    tokens = {}
    for id_, (role, name, organisation_id) in PEOPLE.items():
        await ledger.staff.add(
            id_, name=name, role=role, password=PASSWORD, organisation=organisation_id,
            confirmed_by="test",
        )  # fmt: skip
        _, tokens[id_] = await ledger.tokens.create(
            id_, label="test", actor=id_, expires_at=NOW + TOKEN_DAYS * 86_400_000
        )
    return tokens


@asynccontextmanager
async def running_desk(directory: Path, **changes: Any) -> AsyncIterator[RunningDesk]:
    clock = Clock()
    path = directory / "ledger.db"
    tokens = await (_furnish(changes["ledger"]) if "ledger" in changes else furnished(path))
    bundles = str(directory / "bundles")
    settings = DeskSettings(
        **{
            "ledger": f"sqlite:///{path}",
            "port": 0,
            "admin_port": 0,
            "bundles": bundles,
            "exports": str(directory / "exports"),
            "drain_seconds": 0.2,  # browsers keep their connections
            "attachments": path.parent / "attachments",
            "evidence": path.parent / "running-evidence",
            "report_spool": path.parent / "running-spool",
            "field_minutes": 0,  # tests make their snapshots themselves
            **changes,
        }
    )
    async with await open_ledger(
        settings.ledger, clock=clock, otp_keys=lambda: [bytes(32)]
    ) as ledger:
        issuer = Issuer(ledger, KEYS, SIGNER)
        dependencies = DeskDependencies(
            ledger=ledger,
            issuer=issuer,
            secret=SECRET,
            clock=clock,
            stamp_host="VERITEM.VN",
            stamp_scheme="https",
            settings=settings,
            webhook_seal=SecretSeal(SEAL_PURPOSE, lambda: [bytes(32)]),
            mail=make_mail_tools(lambda: [bytes(32)], is_on=True),
        )
        jar = aiohttp.CookieJar(unsafe=True)  # for 127.0.0.1 too
        # The session ends first: a desk that ends waits a moment for its open connections.
        async with (
            run_desk(dependencies) as addresses,
            aiohttp.ClientSession(cookie_jar=jar) as session,
        ):
            yield RunningDesk(directory, clock, dependencies, *addresses, session, tokens)

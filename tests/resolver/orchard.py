"""A lot, a batch and keys for the resolver's tests: one durian orchard and its stamps."""

from typing import Any, Final

from ledger import Publication
from ledger.chains.hash_chain import digest_json
from resolver.stamp_state import CachedLot
from stamps.key_ring import EpochKeys, KeyRing
from stamps.pin_ring import PinRing
from traceability.diary.entries import Entry
from traceability.diary.lot_results import LotResult, LotResults
from traceability.lot import Lot
from traceability.lot_record import make_record

RING: Final = KeyRing([EpochKeys.derive(0, b"m" * 32)])
PINS: Final = PinRing.derive({0: b"m" * 32})
SECRET: Final = b"s" * 32


def _stage(stage: str, at: str, location: str, by: str | None = None) -> dict[str, str]:
    told = {"stage": stage, "at": at, "location": location, "product": "ri6"}
    return told | ({"by": by} if by else {})


DOCUMENT: Final[dict[str, Any]] = {
    "code": "DL-2026-0912",
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
    "growing_area": {
        "code": "VN-ĐLOR-0123",
        "name": "Vùng trồng Ea Kao",
        "lat": 12.62,
        "lon": 108.03,
    },
    "packing_house": {
        "code": "VN-ĐLPH-0012",
        "name": "HTX Nông nghiệp Krông Pắc",
        "lat": 12.70,
        "lon": 108.30,
    },
    "stages": [
        _stage("grown", "2026-01-10T00:00:00Z", "VN-ĐLOR-0123"),
        _stage("harvested", "2026-09-10T22:30:00Z", "VN-ĐLOR-0123"),
        _stage("bought", "2026-09-11T04:00:00Z", "VN-ĐLOR-0123", "HTX Krông Pắc"),
        _stage("packed", "2026-09-12T02:15:00Z", "VN-ĐLPH-0012"),
    ],
    "brand": "Đắk Lắk Durian",
    "shelf_life_days": 20,
    "standards": [{"name": "VietGAP", "certificate": "VG-24-117"}, {"name": "GlobalG.A.P."}],
}


def lot(**changes: Any) -> Lot:
    """The orchard's lot, with some of its document changed."""
    return Lot.from_document({**DOCUMENT, **changes})


def quote_test(n: int = 0, **changes: Any) -> LotResult:
    """A result of a laboratory about the orchard's lot."""
    values = {
        "at": "2026-09-14",
        "lot": "DL-2026-0912",
        "report": "KN-26-0914",
        "substance": "Cadmi (Cd)",
        "value": 0.02,
        "limit": 0.05,
        "value_unit": "mg_kg",
        "method": "AOAC 2015.01",
        "accreditation": "VILAS 123",
        **changes,
    }
    event = digest_json({"n": n})
    return LotResult(event, "trung-tam-3", "Trung tâm Kỹ thuật 3", Entry("test", values))


def publish(made: Lot, version: int = 1, results: LotResults | None = None) -> Publication:
    """What is published of a lot."""
    quoted = None if results is None else results.to_document()
    record = make_record(made, version, "krong-pac", quoted)
    sha256 = digest_json(record)
    statement = {
        "sha256": sha256,
        "author": {"organisation": "krong-pac", "name": "HTX Krông Pắc"},
        "reviewers": [{"organisation": "so-66", "name": "Sở NN&MT Đắk Lắk"}],
    }
    at = 1_790_000_000_000
    return Publication(1, made.code, version, record, sha256, statement, {}, at)


def cache_lot(made: Lot, **more: Any) -> CachedLot:
    """A lot that is published, as the service caches it."""
    return CachedLot(made, made.to_document(), publication=publish(made), **more)

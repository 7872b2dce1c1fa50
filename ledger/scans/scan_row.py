"""Rows of scans: one accepted scan as a value, as a row of the table, and back."""

from typing import Any, Final, NamedTuple

from sqlalchemy import RowMapping

from ledger.storage.slug_list import join_slugs, split_slugs
from ledger.storage.unsigned64 import to_signed64, to_unsigned64


class ScanRow(NamedTuple):
    """One accepted scan. `id` has 16 bytes, `at` is milliseconds, UTC; a place is rounded."""

    id: bytes
    batch: int
    index: int  # type: ignore[assignment]  # a stamp's index; tuple.index is not used on it
    at: int
    via: str
    verdict: str
    score: float
    reasons: tuple[str, ...] = ()
    device: int | None = None
    """Keyed hash of the device, 64 bits, unsigned."""
    net: int | None = None
    """Keyed hash of the network, 64 bits, unsigned."""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    province: str | None = None
    ward: str | None = None
    country: str | None = None
    agent_class: str | None = None
    first: bool = False
    """The stamp had not been scanned before."""
    anomalous: bool = False
    """With this scan the stamp became anomalous (`detection.batch_anomaly`)."""
    weight: str | None = None
    """Why the scan weighs nothing (`detection.scan_weight`); None for one that does."""
    signed: str | None = None
    """The scan as its enrolled device signed it (`stamps.signed_scan`); None for a page's scan."""


SCAN_COLUMNS: Final = tuple("idx" if name == "index" else name for name in ScanRow._fields)


def scan_to_tuple(row: ScanRow) -> tuple[Any, ...]:
    """Return the values of a row in the order of `SCAN_COLUMNS`."""
    values = scan_to_row(row)
    return tuple(values[name] for name in SCAN_COLUMNS)


def scan_to_row(row: ScanRow) -> dict[str, Any]:
    """Return the values of a row of the table `scans`, by column."""
    return {
        "id": row.id,
        "batch": row.batch,
        "idx": row.index,
        "at": row.at,
        "via": row.via,
        "verdict": row.verdict,
        "score": row.score,
        "reasons": join_slugs(row.reasons),
        "device": to_signed64(row.device),
        "net": to_signed64(row.net),
        "lat": row.lat,
        "lon": row.lon,
        "accuracy_m": row.accuracy_m,
        "province": row.province,
        "ward": row.ward,
        "country": row.country,
        "agent_class": row.agent_class,
        "first": row.first,
        "anomalous": row.anomalous,
        "signed": row.signed,
        "weight": row.weight,
    }


def scan_from_row(row: RowMapping) -> ScanRow:
    """Return the scan in a row of the table `scans`."""
    values = dict(row)
    values["index"] = values.pop("idx")
    values["reasons"] = split_slugs(values["reasons"])
    values["device"] = to_unsigned64(values["device"])
    values["net"] = to_unsigned64(values["net"])
    return ScanRow(**values)

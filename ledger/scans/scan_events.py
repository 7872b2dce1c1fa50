"""Scans of the ledger as the detector sees them."""

from detection.place import Place
from detection.scan_event import ScanEvent, Via
from detection.user_agent import parse_agent_class
from ledger.scans.scan_row import ScanRow


def build_event(row: ScanRow) -> ScanEvent:
    """The scan event of a scan in the ledger."""
    place = None
    if row.lat is not None and row.lon is not None:
        place = Place(row.lat, row.lon, row.accuracy_m or 0.0)
    return ScanEvent(
        at=row.at,
        device=row.device,
        network=row.net,
        place=place,
        country=row.country,
        via=Via(row.via),
        province=row.province,
        agent=parse_agent_class(row.agent_class),
        weighs=row.weight is None,
    )

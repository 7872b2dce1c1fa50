"""Proof of a scan of an enrolled device: the one rule, for the resolver and for the journals.

A resolver checks the signature before it answers. Whoever writes scans into the ledger (the
recorder, the direct journal) checks again, with the ledger's own devices, that the row says what
the device signed: the same stamp, time, place and id. So a resolver that was taken over cannot
make an inspector's scan, move one to another stamp or place, or count one twice.

What the device does not sign stays the resolver's word: the network, the country, the verdict.
"""

from collections.abc import Mapping
from typing import Final

from detection.scan_event import Via
from ledger import Device, DeviceKind, ScanRow
from resolver.scan_place import Provinces, ScanPlace, round_place
from stamps.errors import UnknownCode, VeritemError
from stamps.key_ring import KeyRing
from stamps.signed_scan import MalformedScan, SignedPlace, SignedScan, parse_signed_scan
from traceability.administrative_units import UnknownPlace

CLOCK_ERROR_MS: Final = 10 * 60_000
"""Largest difference between the clock of a device and ours."""

UNSIGNED: Final = "unsigned"
MALFORMED: Final = "malformed"
NOT_SIGNED_BY_DEVICE: Final = "signature"
NOT_ENROLLED_THEN: Final = "not-enrolled"
OTHER_STAMP: Final = "other-stamp"
ALTERED: Final = "altered"


class UnprovenScan(VeritemError):
    """No enrolled device signed the scan; `why` is one of the slugs of `resolver.enrolled.proof`.

    An unknown device and a wrong signature have one slug: nobody learns which devices exist.
    """

    code = "unproven-scan"
    message = "no enrolled device signed this scan: {why}"


def check_signature(scan: SignedScan, device: Device | None) -> DeviceKind:
    """Return the kind of the scan, if `device` signed it while it was enrolled.

    Raises `UnprovenScan`.
    """
    if device is None or device.public_key is None or device.enrolled_at is None:
        raise UnprovenScan(why=NOT_SIGNED_BY_DEVICE)
    if not scan.is_signed_by(device.public_key):
        raise UnprovenScan(why=NOT_SIGNED_BY_DEVICE)
    revoked_at = device.revoked_at
    if scan.at < device.enrolled_at - CLOCK_ERROR_MS or (
        revoked_at is not None and scan.at >= revoked_at
    ):
        raise UnprovenScan(why=NOT_ENROLLED_THEN)
    return device.kind


def locate_signed_place(place: SignedPlace | None, provinces: Provinces) -> ScanPlace | None:
    """The place of a signed scan in the precision that is stored. Raises `UnknownPlace`."""
    if place is None:
        return None
    if place.province is not None:
        return provinces.locate_scan(place.province)
    return round_place(place.lat or 0.0, place.lon or 0.0, place.accuracy_m)


class ScanProof:
    """Checks rows before they enter the ledger. Without `keys` no signed scan is proven."""

    def __init__(self, keys: KeyRing | None) -> None:
        self._keys = keys or KeyRing(())
        self._provinces = Provinces()

    def parse(self, row: ScanRow) -> SignedScan | None:
        """The signed scan of a row; None for a page's scan, which needs no proof.

        Raises `UnprovenScan` for a row that claims a device and has no signed scan.
        """
        if row.signed is None:
            if row.via != Via.PAGE:
                raise UnprovenScan(why=UNSIGNED)
            return None
        try:
            return parse_signed_scan(row.signed)
        except MalformedScan:
            raise UnprovenScan(why=MALFORMED) from None

    def check(self, row: ScanRow, scan: SignedScan, devices: Mapping[str, Device]) -> None:
        """Raise `UnprovenScan` unless the row is what an enrolled device signed."""
        kind = check_signature(scan, devices.get(scan.device))
        try:
            stamp = self._keys.open(scan.code)
        except UnknownCode:
            raise UnprovenScan(why=OTHER_STAMP) from None
        if (stamp.batch, stamp.index) != (row.batch, row.index):
            raise UnprovenScan(why=OTHER_STAMP)
        signed = (kind, scan.at, scan.scan_id)
        if signed != (row.via, row.at, row.id) or not self._is_place_of(row, scan):
            raise UnprovenScan(why=ALTERED)

    def _is_place_of(self, row: ScanRow, scan: SignedScan) -> bool:
        try:
            where = locate_signed_place(scan.place, self._provinces)
        except UnknownPlace:
            return False
        stored = (row.lat, row.lon, row.accuracy_m, row.province, row.ward)
        if where is None:
            return stored == (None, None, None, None, None)
        place = where.place
        return stored == (place.lat, place.lon, place.accuracy_m, where.province, where.ward)

"""The last check before evidence enters the ledger: scans of enrolled devices are proven again.

The direct journal and the recorder check with this module. Evidence that is not proven is not
written; an audit entry says how much was refused, why, and for which devices.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from detection.scan_event import Via
from ledger import Ledger
from resolver.enrolled.proof import ScanProof, UnprovenScan
from resolver.journal.port import Evidence
from stamps.key_ring import KeyRing
from stamps.signed_scan import SignedScan

_NAMED: Final = 10
"""Devices and scans that an audit entry names at most."""
_PAGE: Final = str(Via.PAGE)


class UnprovenEvidence(NamedTuple):
    """Evidence that is not what an enrolled device signed, and the slug that says why."""

    evidence: Evidence
    why: str
    device: str | None


class EvidenceCheck:
    """Checks evidence with the devices in the ledger, as they are now."""

    def __init__(self, ledger: Ledger, keys: KeyRing | None) -> None:
        self._ledger = ledger
        self._proof = ScanProof(keys)

    async def find_unproven(self, group: Sequence[Evidence]) -> dict[int, UnprovenEvidence]:
        """The evidence of a group that is not proven, by its position. Raises `StorageFailed`."""
        refused: dict[int, UnprovenEvidence] = {}
        signed: dict[int, SignedScan] = {}
        for number, evidence in enumerate(group):
            row = evidence.scan
            if row.signed is None and row.via == _PAGE:
                continue
            try:
                scan = self._proof.parse(row)
            except UnprovenScan as error:
                refused[number] = UnprovenEvidence(evidence, error.why, None)
            else:
                if scan is not None:
                    signed[number] = scan
        if not signed:
            return refused
        devices = await self._ledger.devices.get_many({scan.device for scan in signed.values()})
        for number, scan in signed.items():
            try:
                self._proof.check(group[number].scan, scan, devices)
            except UnprovenScan as error:
                refused[number] = UnprovenEvidence(group[number], error.why, scan.device)
        return dict(sorted(refused.items()))

    async def record_refusals(self, refused: Sequence[UnprovenEvidence], actor: str) -> None:
        """Append one audit entry about refused evidence. Raises `StorageFailed`."""
        devices = sorted({one.device for one in refused if one.device is not None})
        await self._ledger.audit.append(
            actor=actor,
            action="scans.refuse",
            subject="scans",
            details={
                "why": dict(sorted(Counter(one.why for one in refused).items())),
                "devices": devices[:_NAMED],
                "scans": [one.evidence.scan.id.hex() for one in refused[:_NAMED]],
            },
        )

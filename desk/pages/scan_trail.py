"""The scans of a stamp as an alert's page shows them: devices by letters, leaps between places."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detection.place import Place
from ledger import ScanRow
from traceability.administrative_units import load_administrative_units
from web.i18n import Texts, format_number

_FAR_KM: Final = 30
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class ScanLine:
    """One scan as the page shows it."""

    scan: ScanRow
    device: str | None
    place: str | None
    leap: str | None
    """Distance and time from the last given place, where it is far away."""


def describe_reason(slug: str, texts: Texts) -> str:
    """The text of a detector's reason; a reason without a text shows its slug."""
    key = f"reason.{slug}"
    return texts(key) if texts.has(key) else texts("reason.other", slug=slug)


def describe_scans(scans: Sequence[ScanRow], texts: Texts) -> list[ScanLine]:
    """The scans in order; devices get letters in the order of their first scan."""
    letters: dict[int, str] = {}
    lines: list[ScanLine] = []
    last_placed: ScanRow | None = None
    for scan in scans:
        device = None
        if scan.device is not None:
            letters.setdefault(scan.device, make_letter(len(letters)))
            device = texts("alerts.device", letter=letters[scan.device])
        lines.append(
            ScanLine(
                scan=scan,
                device=device,
                place=_describe_place(scan, texts),
                leap=_describe_leap(last_placed, scan, texts),
            )
        )
        if scan.lat is not None:
            last_placed = scan
    return lines


def make_letter(number: int) -> str:
    """A, B … Z, then A2, B2 …

    >>> [make_letter(n) for n in (0, 25, 26)]
    ['A', 'Z', 'A2']
    """
    turn, at = divmod(number, 26)
    return chr(ord("A") + at) + (str(turn + 1) if turn else "")


def _describe_place(scan: ScanRow, texts: Texts) -> str | None:
    if scan.province in load_administrative_units().provinces:
        return load_administrative_units().provinces[scan.province].name(texts.language)
    return scan.country if scan.country != "VN" else None


def _describe_leap(before: ScanRow | None, scan: ScanRow, texts: Texts) -> str | None:
    if before is None or scan.lat is None or scan.lon is None:
        return None
    if before.lat is None or before.lon is None:
        return None
    km = Place(before.lat, before.lon).distance_km(Place(scan.lat, scan.lon))
    if km < _FAR_KM:
        return None
    minutes = max(0, scan.at - before.at) // _MINUTE_MS
    unit, size = ("minutes", 1) if minutes < 120 else ("hours", 60)
    if minutes >= 48 * 60:
        unit, size = "days", 1440
    time = texts.plural(f"alerts.{unit}", minutes // size)
    return texts("alerts.leap", km=format_number(round(km), texts.language), time=time)

"""The scans of a stamp as a case shows them: devices by letters, places by numbers, journeys.

A place is a ward at most: nothing finer is stored (`traceability.wards.round_to_ward`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from babel import Locale

from detection.place import Place
from ledger import ScanRow, StampScans
from traceability.administrative_units import load_administrative_units
from web.i18n import LOCALES, Texts, format_number

MOST_SHOWN: Final = 200
"""Scans that a page shows: of more these, the first, the last and the evidence."""
_FIRST_SHOWN: Final = 50
_LAST_SHOWN: Final = 100
_FAR_KM: Final = 30
_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_SPEEDS: Final = ((8, "walk"), (60, "motorbike"), (150, "car"), (1000, "plane"))
"""Upper bounds in km/h, and the text that says what moves so fast."""
_FASTEST: Final = "faster"


@dataclass(frozen=True, slots=True)
class Journey:
    """The journey from the last given place to this one."""

    distance: str
    time: str
    speed: str | None
    """In words; None for a journey that anybody can make."""
    is_leap: bool
    """Whether nothing that moves on the ground or in the air is so fast."""


@dataclass(frozen=True, slots=True)
class ScanLine:
    """One scan as the page shows it."""

    scan: ScanRow
    is_evidence: bool
    device: str | None
    place: str | None
    """Ward and province, or the country abroad."""
    number: int | None
    """Number of its place, in the order of the first scan there."""
    accuracy: str | None
    journey: Journey | None


def describe_reason(slug: str, texts: Texts) -> str:
    """The text of a detector's reason; a reason without a text shows its slug."""
    key = f"reason.{slug}"
    return texts(key) if texts.has(key) else texts("reason.other", slug=slug)


def describe_scans(
    scans: Sequence[ScanRow], evidence: Collection[bytes], texts: Texts
) -> list[ScanLine]:
    """The scans in order; devices get letters and places numbers in the order of the first scan."""
    letters: dict[int, str] = {}
    numbers: dict[tuple[float, float], int] = {}
    lines: list[ScanLine] = []
    last_placed: ScanRow | None = None
    for scan in scans:
        device = number = None
        if scan.device is not None:
            letters.setdefault(scan.device, make_letter(len(letters)))
            device = texts("alerts.device", letter=letters[scan.device])
        place = find_place(scan)
        if place is not None:
            number = numbers.setdefault((place.lat, place.lon), len(numbers) + 1)
        lines.append(
            ScanLine(
                scan=scan,
                is_evidence=scan.id in evidence,
                device=device,
                place=describe_scan_place(scan, texts),
                number=number,
                accuracy=_describe_accuracy(place, texts),
                journey=_describe_journey(last_placed, scan, texts),
            )
        )
        if place is not None:
            last_placed = scan
    return lines


def choose_shown(lines: Sequence[ScanLine]) -> list[ScanLine]:
    """The scans that a page shows, in order: all, or the first, the last and evidence between."""
    if len(lines) <= MOST_SHOWN:
        return [*lines]
    between = lines[_FIRST_SHOWN:-_LAST_SHOWN]
    evidence = [line for line in between if line.is_evidence]
    room = MOST_SHOWN - _FIRST_SHOWN - _LAST_SHOWN
    return [*lines[:_FIRST_SHOWN], *evidence[:room], *lines[-_LAST_SHOWN:]]


def tell_excerpt(shown: int, scans: StampScans, texts: Texts) -> str | None:
    """Return how many of the scans are shown; None where all are."""
    if shown == scans.total and not scans.is_more:
        return None
    total = format_number(scans.total, texts.language)
    return texts.plural(
        "case.scans_shown",
        shown,
        total=texts("case.more_than", count=total) if scans.is_more else total,
    )


def find_place(scan: ScanRow) -> Place | None:
    """The place of a scan; None where none was given."""
    if scan.lat is None or scan.lon is None:
        return None
    return Place(scan.lat, scan.lon, scan.accuracy_m or 0.0)


def make_letter(number: int) -> str:
    """A, B … Z, then A2, B2 …

    >>> [make_letter(n) for n in (0, 25, 26)]
    ['A', 'Z', 'A2']
    """
    turn, at = divmod(number, 26)
    return chr(ord("A") + at) + (str(turn + 1) if turn else "")


def describe_scan_place(scan: ScanRow, texts: Texts) -> str | None:
    """Ward and province of a scan, or the country abroad; None where neither is known."""
    units = load_administrative_units()
    province = units.provinces.get(scan.province or "")
    if province is None:
        return name_country(scan.country, texts) if scan.country != "VN" else None
    name = province.name(texts.language, short=True)
    ward = units.wards.get(scan.ward or "")
    return name if ward is None else f"{ward.name(texts.language)}, {name}"


def name_country(code: str | None, texts: Texts) -> str | None:
    """The name of a country by its code (ISO 3166-1); an unknown code as it is.

    >>> from desk.texts import TEXTS
    >>> name_country("CN", TEXTS["vi"]), name_country("XQ", TEXTS["en"])
    ('Trung Quốc', 'XQ')
    """
    names = Locale.parse(str(LOCALES[texts.language])).territories
    return None if code is None else names.get(code, code)


def describe_time(milliseconds: int, texts: Texts) -> str:
    """A span of time in minutes, hours or days."""
    minutes = max(0, milliseconds) // _MINUTE_MS
    unit, size = ("minutes", 1) if minutes < 120 else ("hours", 60)
    if minutes >= 48 * 60:
        unit, size = "days", 1440
    return texts.plural(f"alerts.{unit}", minutes // size)


def choose_speed(km: float, milliseconds: int) -> str:
    """Return the vehicle that a journey needs.

    >>> [choose_speed(km, 3_600_000) for km in (4, 45, 120, 700, 2000)]
    ['walk', 'motorbike', 'car', 'plane', 'faster']
    """
    speed = km / max(milliseconds / _HOUR_MS, 1 / 3600)
    return next((name for most, name in _SPEEDS if speed <= most), _FASTEST)


def _describe_accuracy(place: Place | None, texts: Texts) -> str | None:
    if place is None or not place.accuracy_m:
        return None
    km = max(1, round(place.accuracy_m / 1000))
    return texts("case.accuracy", km=format_number(km, texts.language))


def _describe_journey(before: ScanRow | None, scan: ScanRow, texts: Texts) -> Journey | None:
    """The journey between two places that are clearly apart; the speed takes off both radii."""
    start, end = find_place(before) if before else None, find_place(scan)
    if before is None or start is None or end is None:
        return None
    km = start.distance_km(end)
    if km < _FAR_KM:
        return None
    passed = max(0, scan.at - before.at)
    least = max(0.0, km - (start.accuracy_m + end.accuracy_m) / 1000)
    speed = choose_speed(least, passed)
    return Journey(
        distance=texts("case.distance", km=format_number(round(km), texts.language)),
        time=describe_time(passed, texts),
        speed=texts(f"speed.{speed}"),
        is_leap=speed == _FASTEST,
    )

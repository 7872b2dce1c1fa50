"""Baselines: four simple judges of a replay stream, compared at equal false alarms.

Each reads the lines of a replay file and yields one row for each stamp, like `veritem replay`, so
that one evaluation counts all judges. For a fair comparison no baseline counts visits, and the
travel baselines compare only places that people gave.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

Line = bytes | Mapping[str, Any]
Row = Mapping[str, Any]
Judge = Callable[[Iterable[bytes]], Iterable[Row]]

COUNT_OVER = 5
SESSIONS_OVER = 4
SPEED_KMH = 900.0
FLOOR_KM = 50.0


def _rows(lines: Iterable[Line]) -> Iterator[Mapping[str, Any]]:
    """Yield introductions and confirmed scans."""
    for line in lines:
        row = orjson.loads(line) if isinstance(line, bytes) else line
        if row.get("via") != "visit":
            yield row


def _row(stamp: str, score: float, alerted_at: str | None, reason: str) -> Row:
    return {
        "stamp": stamp,
        "verdict": "suspect" if alerted_at else "authentic",
        "score": score,
        "reasons": [reason] if alerted_at else [],
        "first_caution_at": alerted_at,
        "first_suspect_at": alerted_at,
        "alerted_at": alerted_at,
    }


def count_scans(lines: Iterable[Line]) -> Iterator[Row]:
    """Alert when a stamp is scanned more than `COUNT_OVER` times. Score: the scans."""
    seen: dict[str, list[Any]] = {}
    for row in _rows(lines):
        if "stamp" in row:
            seen[row["stamp"]] = [0, None]
            continue
        state = seen[row["scan"]]
        state[0] += 1
        if state[0] > COUNT_OVER and state[1] is None:
            state[1] = row["at"]
    for stamp, (count, at) in seen.items():
        yield _row(stamp, float(count), at, "count")


def count_sessions(lines: Iterable[Line]) -> Iterator[Row]:
    """Alert when more than `SESSIONS_OVER` devices scanned a stamp. Score: the devices."""
    seen: dict[str, tuple[set[str], list[str]]] = {}
    for row in _rows(lines):
        if "stamp" in row:
            seen[row["stamp"]] = (set(), [])
            continue
        devices, alerted = seen[row["scan"]]
        devices.add(row["device"])
        if len(devices) > SESSIONS_OVER and not alerted:
            alerted.append(row["at"])
    for stamp, (devices, alerted) in seen.items():
        yield _row(stamp, float(len(devices)), alerted[0] if alerted else None, "sessions")


@dataclass
class _Trip:
    """The last given place of a stamp, and its travel until then."""

    at: float = 0.0
    place: Mapping[str, float] | None = None
    fastest: float = 0.0
    impossible: int = 0
    alerted: list[str] = field(default_factory=list)

    def score(self) -> float:
        """Rank by the number of impossible journeys, then by speed."""
        if self.impossible:
            return self.impossible + 1 - SPEED_KMH / self.fastest
        return self.fastest / SPEED_KMH


def _travel(lines: Iterable[Line], *, radii: bool) -> Iterator[Row]:
    trips: dict[str, _Trip] = {}
    for row in _rows(lines):
        if "stamp" in row:
            trips[row["stamp"]] = _Trip()
            continue
        place = row["place"]
        if not place or "lat" not in place:
            continue
        trip, at = trips[row["scan"]], datetime.fromisoformat(row["at"]).timestamp()
        if trip.place is not None:
            km = _haversine(trip.place, place)
            if radii:
                km -= (trip.place["accuracy_m"] + place["accuracy_m"]) / 1000
            if km > FLOOR_KM:
                speed = km / max((at - trip.at) / 3600, 1 / 3600)
                trip.fastest = max(trip.fastest, speed)
                if speed > SPEED_KMH:
                    trip.impossible += 1
                    trip.alerted.append(row["at"])
        trip.at, trip.place = at, place
    for stamp, trip in trips.items():
        yield _row(stamp, trip.score(), trip.alerted[0] if trip.alerted else None, "travel")


def _haversine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    north1, north2 = math.radians(a["lat"]), math.radians(b["lat"])
    half = (
        math.sin((north2 - north1) / 2) ** 2
        + math.cos(north1) * math.cos(north2) * math.sin(math.radians(b["lon"] - a["lon"]) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(min(half, 1.0)))


def impossible_travel(lines: Iterable[Line]) -> Iterator[Row]:
    """Alert when two consecutive places are over 50 km and 900 km/h apart, as in security tools."""
    return _travel(lines, radii=False)


def impossible_travel_less_radii(lines: Iterable[Line]) -> Iterator[Row]:
    """Judge like `impossible_travel`, with both accuracy radii subtracted from the distance."""
    return _travel(lines, radii=True)


BASELINES: dict[str, Judge] = {
    "count > N": count_scans,
    "sessions only": count_sessions,
    "impossible travel": impossible_travel,
    "travel less radii": impossible_travel_less_radii,
}

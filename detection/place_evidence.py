"""Place evidence: what one more place says about the spots where a stamp was scanned."""

from typing import Final

from detection.place import Place, cell_of, gap_km
from detection.rules import Rules
from detection.spots import MAX_SPOTS, MAX_SPOTS_WITH_MAP, Spot

MAX_PROVEN_TRAVEL: Final = 3


def is_far_from_all(spots: tuple[Spot, ...], place: Place, rules: Rules) -> bool:
    """Return whether there are spots and the place is far from all of them."""
    cell = cell_of(place)
    for spot in spots:
        if gap_km(spot.cell, cell) <= rules.return_km:
            return False
    return len(spots) > 0


def add_place(
    spots: tuple[Spot, ...],
    place: Place,
    now: int,
    camera: bool,
    proven: bool,
    quiet: bool,
    rules: Rules,
    has_map: bool,
) -> tuple[tuple[Spot, ...], bool, bool, int, int]:
    """Return the spots with a place added, whether it is new, whether it is a return, the travel.

    Last is the travel between enrolled devices. Only two cameras in a quiet time are evidence of an
    impossible journey: links that friends send travel at the speed of light, and so do rumours.
    """
    cell = cell_of(place)
    home, farthest, farthest_proven = -1, 0.0, 0.0
    for number, spot in enumerate(spots):
        gap = gap_km(spot.cell, cell)
        if gap <= rules.crowd_km:
            if home < 0:
                home = number
            continue
        both_proven = proven and spot.proven
        if camera and spot.camera and (quiet or both_proven):
            hours = max(spot.first - now, now - spot.last, 0) / 2.0 + rules.slack_hours
            ground, air = rules.ground_km_h * hours, rules.air_km_h * (hours - rules.air_hours)
            if gap > rules.slack_km + ground and gap > air:
                farthest = max(farthest, gap)
                if both_proven:
                    farthest_proven = max(farthest_proven, gap)
    travel = _classify_travel(farthest, rules)
    travel_proven = min(_classify_travel(farthest_proven, rules), MAX_PROVEN_TRAVEL)
    if home < 0:
        most = MAX_SPOTS_WITH_MAP if has_map else MAX_SPOTS
        added = Spot(cell, now, now, camera, proven)
        if len(spots) < most:
            spots = (*spots, added)
        elif proven:
            # Claims must not crowd out what is proven.
            for number in range(len(spots) - 1, -1, -1):
                if not spots[number].proven:
                    spots = (*spots[:number], added, *spots[number + 1 :])
                    break
        return spots, True, False, travel, travel_proven
    spot = spots[home]
    back = False
    for other in spots:
        # The stamp was elsewhere in between and is here again: one fruit does not come back.
        if spot.last < other.first < now and gap_km(other.cell, cell) > rules.return_km:
            back = True
    if proven and not spot.proven:
        spot = Spot(cell, now, now, camera, True)
        spots = (*spots[:home], spot, *spots[home + 1 :])
    elif proven is spot.proven and (now > spot.last or (camera and not spot.camera)):
        spot = Spot(spot.cell, spot.first, max(spot.last, now), spot.camera or camera, spot.proven)
        spots = (*spots[:home], spot, *spots[home + 1 :])
    return spots, False, back, travel, travel_proven


def _classify_travel(km: float, rules: Rules) -> int:
    """Return the class of an impossible journey, 0 for none."""
    travel = 0
    if km:
        for reach in rules.travel_km:
            if km > reach:
                travel += 1
    return travel

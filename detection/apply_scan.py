"""How a sighting changes a dossier: pure, bounded, and the only way that it changes.

What is evidence, and what is not:

- a **visit** changes nothing; scans of one device are one session;
- a session on a network that was just seen is the same people, or a device that lost its cookie,
  unless it is far from where they were: it is counted and is no evidence;
- a session at the packing house's time of packing is the packer trying the stamp out;
- sessions that crowd in time are a **burst**, one event (a photo that goes round, somebody who
  scans on purpose), and sessions that crowd in space are one **spot**;
- what is left is a *fresh* session: somebody else, at another time. One fruit has few of them,
  in few places that it can reach one after the other, for as long as it keeps.
"""

from typing import Final

from detection.place import Place, cell_of, gap_km
from detection.rules import Rules
from detection.scan_event import SOURCES, ScanEvent, Via
from detection.scan_history import (
    EPOCH_MINUTE,
    HEAT,
    LAST_MINUTE,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_EIGHTH,
    MAX_FEW,
    MAX_FRAGMENT,
    MAX_HALF_HOURS,
    MAX_MINUTES,
    MAX_NETS,
    MAX_NIBBLE,
    MAX_QUARTER,
    MAX_SPOTS,
    MAX_TALLY,
    ScanHistory,
    Spot,
    minute_of,
)
from detection.stamp_context import StampContext
from detection.user_agent import AgentClass, came_by_link

# Heat halves every four half hours; after twenty of them nothing is left. By half hours, then heat.
_COLD: Final = 20
_COOLED: Final = tuple(
    tuple(round(heat * 0.5 ** (half_hours / 4)) for heat in range(MAX_TALLY + 1))
    for half_hours in range(_COLD)
)
# One object for each, that all dossiers share: a million of them then have a place in a cache.
_FRAGMENTS: Final = tuple(range(MAX_FRAGMENT + 1))
_SITTING: Final = 30  # minutes
_QUARTER_DAY: Final = 12.0  # half hours

_VISIT: Final = Via.VISIT
_PAGE: Final = Via.PAGE
_IN_FEED: Final = AgentClass.IN_FEED
_BY_PAGE: Final = SOURCES[Via.PAGE]


def apply_scan(
    history: ScanHistory, event: ScanEvent, facts: StampContext, rules: Rules
) -> ScanHistory:
    """The dossier after one more sighting; a visit leaves it as it was.

    A scan that claims to be older than the first is taken for as old as it: clocks are off, and
    a record that grew from a later scan can not be told again.
    """
    via = event.via
    if via is _VISIT:
        return history
    at, device, net, place = event.at, event.device, event.network, event.place
    mark = (net or 0) * 7 + 1 if device is None else device
    mark = _FRAGMENTS[mark & MAX_FRAGMENT]
    minute = at // 60_000 - EPOCH_MINUTE
    if not 0 <= minute <= LAST_MINUTE:
        minute = minute_of(at)
    lives, camera, steerable = _BY_PAGE if via is _PAGE else SOURCES[via]
    camera = camera or not came_by_link(event.agent)
    scans = history.scans
    if not scans and lives and at >= facts.packing_until and rules.calm > 0:
        return _begun(minute, mark, camera, event, facts)
    first, last = history.first, history.last
    begun, latest = history.begun, history.latest
    sessions, shown = history.sessions, history.province
    devices, nets, spots = history.devices, history.nets, history.spots
    fresh, rounds, places, same = history.fresh, history.rounds, history.places, history.same
    returns, travel, feigned = history.returns, history.travel, history.feigned
    abroad, early, feeds = history.abroad, history.early, history.feeds
    bursts, heat, peak = history.bursts, history.heat, history.peak
    if event.province and not shown:
        shown = int(event.province)
    before = last
    if not scans:
        first = last = minute
        begun = latest = minute // 30
    elif minute > last:
        if minute > first + MAX_MINUTES:
            minute = first + MAX_MINUTES
        passed = minute // 30 - last // 30
        last = minute
        if passed:
            heat = _COOLED[passed][heat] if passed < _COLD else 0
    elif minute < first:
        minute = first
    if scans < MAX_COUNT:
        scans += 1
    if not lives:
        if place is not None and at >= facts.packing_until:
            now = min(minute // 30, first // 30 + MAX_HALF_HOURS)
            spots, new, _, far = _follow(spots, place, now, camera, heat < rules.quiet, rules)
            places += new and places < MAX_FEW
            if far > travel:
                travel = far
    elif mark in devices:
        if place is not None:
            if steerable and feigned < MAX_NIBBLE and _elsewhere(spots, place, rules):
                feigned += 1
            # The page confirms a scan at once; who then gives a place sends it as a second scan.
            if fresh and mark == devices[-1] and minute - before <= _SITTING:
                now = min(minute // 30, first // 30 + MAX_HALF_HOURS)
                quiet = heat < rules.quiet + HEAT
                added, new, _, far = _follow(spots, place, now, camera, quiet, rules)
                if new and heat < rules.calm + HEAT:
                    spots = added
                    places += places < MAX_FEW
                    if far > travel:
                        travel = far
    else:
        devices = (devices if len(devices) < MAX_DEVICES else devices[1:]) + (mark,)
        if sessions < MAX_COUNT:
            sessions += 1
        trying_out = False
        if at < facts.packing_until:
            trying_out = not _strayed(place, facts, rules)
            if trying_out or at < (facts.activated_at or 0):
                early += early < MAX_QUARTER
        if not trying_out:
            if _away(event.country, facts):
                abroad += abroad < MAX_EIGHTH
            feeds += event.agent is _IN_FEED and feeds < MAX_EIGHTH
            warmth = heat
            heat = heat + HEAT if heat + HEAT < MAX_TALLY else MAX_TALLY
            if heat > peak:
                peak = heat
            known = False
            if net is not None:
                net = _FRAGMENTS[net & MAX_FRAGMENT]
                known = net in nets
                if not known:
                    nets = (nets if len(nets) < MAX_NETS else nets[1:]) + (net,)
                elif place is not None and _elsewhere(spots, place, rules):
                    known = False  # a carrier's: it is shared by people far apart
                    feigned += steerable and feigned < MAX_NIBBLE
            if warmth >= rules.calm:
                bursts += not known and bursts < MAX_TALLY
            elif not known:
                now = minute // 30
                if now - first // 30 > MAX_HALF_HOURS:
                    now = first // 30 + MAX_HALF_HOURS
                if not fresh:
                    begun = latest = now
                elif now > latest:
                    rounds += rounds < MAX_NIBBLE and now - latest > _QUARTER_DAY * facts.pace
                    latest = now
                if fresh < MAX_TALLY:
                    fresh += 1
                if place is not None:
                    quiet = warmth < rules.quiet
                    spots, new, back, far = _follow(spots, place, now, camera, quiet, rules)
                    places += new and places < MAX_FEW
                    same += not new and same < MAX_FEW
                    returns += back and returns < MAX_EIGHTH
                    if far > travel:
                        travel = far
    return ScanHistory(
        first, last, begun, latest, scans, sessions, shown, devices, nets, spots, fresh, rounds,
        places, same, returns, travel, feigned, abroad, early, feeds, bursts, heat, peak,
    )  # fmt: skip


def _begun(
    minute: int, mark: int, camera: bool, event: ScanEvent, facts: StampContext
) -> ScanHistory:
    """A dossier begun by a fresh session: most stamps are scanned by one person, once.

    It says what `apply_scan` would come to by its long way, in half the time.
    """
    net, place, province = event.network, event.place, event.province
    shown = int(province) if province else 0
    half_hour = minute // 30
    spots: tuple[Spot, ...] = ()
    if place is not None:
        spots = (Spot(cell_of(place), half_hour, half_hour, camera),)
    nets = () if net is None else (_FRAGMENTS[net & MAX_FRAGMENT],)
    away, feed = _away(event.country, facts), event.agent is _IN_FEED
    return ScanHistory(
        minute, minute, half_hour, half_hour, 1, 1, shown, (mark,), nets, spots,
        1, 0, len(spots), 0, 0, 0, 0, 1 if away else 0, 0, 1 if feed else 0, 0, HEAT, HEAT,
    )  # fmt: skip


def _away(country: str | None, facts: StampContext) -> bool:
    """Whether a session comes from a country that the lot was not sold to, as far as is known."""
    return bool(country and facts.market) and country not in facts.market


def _strayed(place: Place | None, facts: StampContext, rules: Rules) -> bool:
    """Whether somebody had the stamp away from the packing house while it was being packed."""
    if place is None or facts.packed is None:
        return False
    return gap_km(cell_of(place), cell_of(facts.packed)) > rules.stray_km


def _elsewhere(spots: tuple[Spot, ...], place: Place, rules: Rules) -> bool:
    """Whether a session is far from every spot that there is."""
    cell = cell_of(place)
    for spot in spots:
        if gap_km(spot.cell, cell) <= rules.return_km:
            return False
    return len(spots) > 0


def _follow(
    spots: tuple[Spot, ...], place: Place, now: int, camera: bool, quiet: bool, rules: Rules
) -> tuple[tuple[Spot, ...], bool, bool, int]:
    """Where a fresh session puts the stamp: the spots, a new one?, a return?, how far off it was.

    Only a camera at both ends, in a quiet time, tells of a stamp that could not have travelled:
    links that friends send travel at the speed of light, and so do rumours.
    """
    cell = cell_of(place)
    home, far = -1, 0.0
    for number, spot in enumerate(spots):
        gap = gap_km(spot.cell, cell)
        if gap <= rules.crowd_km:
            if home < 0:
                home = number
        elif camera and spot.camera and quiet and gap > far:
            hours = max(spot.first - now, now - spot.last, 0) / 2.0 + rules.slack_hours
            ground, air = rules.ground_km_h * hours, rules.air_km_h * (hours - rules.air_hours)
            if gap > rules.slack_km + ground and gap > air:
                far = gap
    travel = 0
    if far:
        travel = sum(1 for reach in rules.travel_km if far > reach)
    if home < 0:
        if len(spots) < MAX_SPOTS:
            spots = (*spots, Spot(cell, now, now, camera))
        return spots, True, False, travel
    spot = spots[home]
    back = False
    for other in spots:
        # Somewhere else in between, and here again: one fruit does not come back.
        if spot.last < other.first < now and gap_km(other.cell, cell) > rules.return_km:
            back = True
    if now > spot.last or (camera and not spot.camera):
        spot = Spot(spot.cell, spot.first, max(spot.last, now), spot.camera or camera)
        spots = (*spots[:home], spot, *spots[home + 1 :])
    return spots, False, back, travel

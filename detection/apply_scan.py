"""Apply a scan event to a scan history. Pure; histories change in no other way.

Shaped for the compiler: enum members have module-level names, because reading one from its class
takes 0.1 µs (Python 3.11), and small integers are shared objects (ADR 0035).

What counts as evidence:

- a **visit** changes nothing; all scans of one device are one session;
- a session on a network that the history holds is the same people, or a device that lost its
  cookie, unless it is far from all known locations: it is counted and is no evidence;
- a session at the packing house while the lot is packed is the packer's test;
- sessions that crowd in time are a **burst**, one event (a viral photo, or somebody who scans on
  purpose); sessions that crowd in space are one **spot**;
- every other session is **independent**: another person at another time. One fruit has few of
  them, in few places that it can reach one after the other, within its shelf life.
"""

from typing import Final

from detection.place import Place, cell_of, gap_km
from detection.rules import Rules
from detection.scan_event import SOURCES, VISIT, ScanEvent, Via
from detection.scan_history import (
    BURST_PER_SESSION,
    EPOCH_MINUTE,
    LAST_MINUTE,
    MAX_2_BITS,
    MAX_3_BITS,
    MAX_4_BITS,
    MAX_5_BITS,
    MAX_8_BITS,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_FRAGMENT,
    MAX_HALF_HOURS,
    MAX_MINUTES,
    MAX_NETWORKS,
    MAX_SPOTS,
    ScanHistory,
    Spot,
    to_minute,
)
from detection.stamp_context import StampContext
from detection.user_agent import AgentClass, came_by_link

# The burst level halves every four half hours and is 0 after twenty. By half hours, then level.
_DECAYED_AFTER: Final = 20
_DECAYED: Final = tuple(
    tuple(round(level * 0.5 ** (half_hours / 4)) for level in range(MAX_8_BITS + 1))
    for half_hours in range(_DECAYED_AFTER)
)
# One object for each fragment, shared by all histories: a million of them need less memory.
_FRAGMENTS: Final = tuple(range(MAX_FRAGMENT + 1))
_SITTING_MINUTES: Final = 30
_QUARTER_DAY_HALF_HOURS: Final = 12.0

_PAGE: Final = Via.PAGE
_IN_FEED: Final = AgentClass.IN_FEED
_PAGE_SOURCE: Final = SOURCES[Via.PAGE]


def apply_scan(
    history: ScanHistory, event: ScanEvent, context: StampContext, rules: Rules
) -> ScanHistory:
    """Return the history after one more event; a visit leaves it as it is.

    A timestamp before the first scan is clamped to it: clocks are off.
    """
    via = event.via
    if via is VISIT:
        return history
    at, device, network, place = event.at, event.device, event.network, event.place
    mark = (network or 0) * 7 + 1 if device is None else device
    mark = _FRAGMENTS[mark & MAX_FRAGMENT]
    minute = at // 60_000 - EPOCH_MINUTE
    if not 0 <= minute <= LAST_MINUTE:
        minute = to_minute(at)
    source = _PAGE_SOURCE if via is _PAGE else SOURCES[via]
    counts, spoofable = source.counts, source.spoofable
    camera = source.camera or not came_by_link(event.agent)
    scans = history.scans
    if not scans and counts and at >= context.packing_until and rules.burst_threshold > 0:
        return _start_history(minute, mark, camera, event, context)
    first, last = history.first, history.last
    first_independent, last_independent = history.first_independent, history.last_independent
    sessions, province = history.sessions, history.province
    devices, networks, spots = history.devices, history.networks, history.spots
    independent, rounds = history.independent, history.rounds
    places, repeats = history.places, history.repeats
    returns, travel, spoofed = history.returns, history.travel, history.spoofed
    off_market, before_packing = history.off_market, history.before_packing
    from_feeds, bursts = history.from_feeds, history.bursts
    burst_level, peak_burst_level = history.burst_level, history.peak_burst_level
    if event.province and not province:
        province = int(event.province)
    previous = last
    if not scans:
        first = last = minute
        first_independent = last_independent = minute // 30
    elif minute > last:
        if minute > first + MAX_MINUTES:
            minute = first + MAX_MINUTES
        passed = minute // 30 - last // 30
        last = minute
        if passed:
            burst_level = _DECAYED[passed][burst_level] if passed < _DECAYED_AFTER else 0
    elif minute < first:
        minute = first
    half_hour = minute // 30
    if half_hour - first // 30 > MAX_HALF_HOURS:
        half_hour = first // 30 + MAX_HALF_HOURS
    if scans < MAX_COUNT:
        scans += 1
    if not counts:
        if place is not None and at >= context.packing_until:
            quiet = burst_level < rules.quiet_level
            spots, new, _, far = _add_place(spots, place, half_hour, camera, quiet, rules)
            places += new and places < MAX_5_BITS
            if far > travel:
                travel = far
    elif mark in devices:
        if place is not None:
            if spoofable and spoofed < MAX_4_BITS and _is_far_from_all(spots, place, rules):
                spoofed += 1
            # A page confirms a scan at once; a place that the person gives is a second scan.
            if independent and mark == devices[-1] and minute - previous <= _SITTING_MINUTES:
                quiet = burst_level < rules.quiet_level + BURST_PER_SESSION
                added, new, _, far = _add_place(spots, place, half_hour, camera, quiet, rules)
                if new and burst_level < rules.burst_threshold + BURST_PER_SESSION:
                    spots = added
                    places += places < MAX_5_BITS
                    if far > travel:
                        travel = far
    else:
        devices = (devices if len(devices) < MAX_DEVICES else devices[1:]) + (mark,)
        if sessions < MAX_COUNT:
            sessions += 1
        packer_test = False
        if at < context.packing_until:
            packer_test = not _is_off_packing_house(place, context, rules)
            if packer_test or at < (context.activated_at or 0):
                before_packing += before_packing < MAX_2_BITS
        if not packer_test:
            if _is_off_market(event.country, context):
                off_market += off_market < MAX_3_BITS
            from_feeds += event.agent is _IN_FEED and from_feeds < MAX_3_BITS
            level_before = burst_level
            burst_level += BURST_PER_SESSION
            if burst_level > MAX_8_BITS:
                burst_level = MAX_8_BITS
            if burst_level > peak_burst_level:
                peak_burst_level = burst_level
            known = False
            if network is not None:
                network = _FRAGMENTS[network & MAX_FRAGMENT]
                known = network in networks
                if not known:
                    networks = (networks if len(networks) < MAX_NETWORKS else networks[1:]) + (
                        network,
                    )
                elif place is not None and _is_far_from_all(spots, place, rules):
                    known = False  # a carrier's network: people far apart share it
                    spoofed += spoofable and spoofed < MAX_4_BITS
            if level_before >= rules.burst_threshold:
                bursts += not known and bursts < MAX_8_BITS
            elif not known:
                if not independent:
                    first_independent = last_independent = half_hour
                elif half_hour > last_independent:
                    pause = half_hour - last_independent
                    if pause > _QUARTER_DAY_HALF_HOURS * context.pace:
                        rounds += rounds < MAX_4_BITS
                    last_independent = half_hour
                if independent < MAX_8_BITS:
                    independent += 1
                if place is not None:
                    quiet = level_before < rules.quiet_level
                    spots, new, back, far = _add_place(
                        spots, place, half_hour, camera, quiet, rules
                    )
                    places += new and places < MAX_5_BITS
                    repeats += not new and repeats < MAX_5_BITS
                    returns += back and returns < MAX_3_BITS
                    if far > travel:
                        travel = far
    return ScanHistory(
        first=first,
        last=last,
        first_independent=first_independent,
        last_independent=last_independent,
        scans=scans,
        sessions=sessions,
        province=province,
        devices=devices,
        networks=networks,
        spots=spots,
        independent=independent,
        rounds=rounds,
        places=places,
        repeats=repeats,
        returns=returns,
        travel=travel,
        spoofed=spoofed,
        off_market=off_market,
        before_packing=before_packing,
        from_feeds=from_feeds,
        bursts=bursts,
        burst_level=burst_level,
        peak_burst_level=peak_burst_level,
    )


def _start_history(
    minute: int, mark: int, camera: bool, event: ScanEvent, context: StampContext
) -> ScanHistory:
    """Return the history of one independent session: what `apply_scan` gives, in half the time.

    Most stamps are scanned by one person, once.
    """
    network, place, province = event.network, event.place, event.province
    half_hour = minute // 30
    spots: tuple[Spot, ...] = ()
    if place is not None:
        spots = (Spot(cell_of(place), half_hour, half_hour, camera),)
    return ScanHistory(
        first=minute,
        last=minute,
        first_independent=half_hour,
        last_independent=half_hour,
        scans=1,
        sessions=1,
        province=int(province) if province else 0,
        devices=(mark,),
        networks=() if network is None else (_FRAGMENTS[network & MAX_FRAGMENT],),
        spots=spots,
        independent=1,
        places=len(spots),
        off_market=1 if _is_off_market(event.country, context) else 0,
        from_feeds=1 if event.agent is _IN_FEED else 0,
        burst_level=BURST_PER_SESSION,
        peak_burst_level=BURST_PER_SESSION,
    )


def _is_off_market(country: str | None, context: StampContext) -> bool:
    """Return whether the country is known and the lot was not sold to it."""
    return bool(country and context.market) and country not in context.market


def _is_off_packing_house(place: Place | None, context: StampContext, rules: Rules) -> bool:
    """Return whether a place is known and away from the packing house."""
    if place is None or context.packed is None:
        return False
    return gap_km(cell_of(place), cell_of(context.packed)) > rules.stray_km


def _is_far_from_all(spots: tuple[Spot, ...], place: Place, rules: Rules) -> bool:
    """Return whether there are spots and the place is far from all of them."""
    cell = cell_of(place)
    for spot in spots:
        if gap_km(spot.cell, cell) <= rules.return_km:
            return False
    return len(spots) > 0


def _add_place(
    spots: tuple[Spot, ...], place: Place, now: int, camera: bool, quiet: bool, rules: Rules
) -> tuple[tuple[Spot, ...], bool, bool, int]:
    """Return the spots with a place added, whether it is new, whether it is a return, the travel.

    Only two cameras in a quiet time are evidence of an impossible journey: links that friends send
    travel at the speed of light, and so do rumours.
    """
    cell = cell_of(place)
    home, farthest = -1, 0.0
    for number, spot in enumerate(spots):
        gap = gap_km(spot.cell, cell)
        if gap <= rules.crowd_km:
            if home < 0:
                home = number
        elif camera and spot.camera and quiet and gap > farthest:
            hours = max(spot.first - now, now - spot.last, 0) / 2.0 + rules.slack_hours
            ground, air = rules.ground_km_h * hours, rules.air_km_h * (hours - rules.air_hours)
            if gap > rules.slack_km + ground and gap > air:
                farthest = gap
    travel = 0
    if farthest:
        travel = sum(1 for reach in rules.travel_km if farthest > reach)
    if home < 0:
        if len(spots) < MAX_SPOTS:
            spots = (*spots, Spot(cell, now, now, camera))
        return spots, True, False, travel
    spot = spots[home]
    back = False
    for other in spots:
        # The stamp was elsewhere in between and is here again: one fruit does not come back.
        if spot.last < other.first < now and gap_km(other.cell, cell) > rules.return_km:
            back = True
    if now > spot.last or (camera and not spot.camera):
        spot = Spot(spot.cell, spot.first, max(spot.last, now), spot.camera or camera)
        spots = (*spots[:home], spot, *spots[home + 1 :])
    return spots, False, back, travel

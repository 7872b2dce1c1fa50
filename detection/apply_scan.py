"""Apply a scan event to a scan history. Pure; histories change in no other way.

Shaped for the compiler: enum members have module-level names, because reading one from its class
takes 0.1 µs (Python 3.11), and small integers are shared objects (ADR 0035).

What counts as evidence:

- a **visit** changes nothing; all scans of one device are one session; a scan without weight
  (`ScanEvent.weighs`) is counted and is no evidence;
- **one network is one witness**, however many devices it claims: a session on a network that the
  history holds is counted and is no evidence, unless the device is enrolled. So is a session from
  a social feed, which shows pictures of stamps;
- a session at the packing house while the lot is packed is the packer's test;
- networks that appear at the same time are a **burst** (a viral photo, or somebody who scans on
  purpose), set aside from the fourth on; only the first session of a network adds to the burst;
- every other session is **independent**: another person at another time. One fruit has few of
  them, in few places that it can reach one after the other, within its shelf life;
- a network gives **one place**, which is a claim: further ones are set aside. Sessions that crowd
  in space are one **spot**. Places of enrolled devices are proven.
"""

from typing import Final

from detection.place import Place, cell_of, gap_km
from detection.place_evidence import add_place, is_far_from_all
from detection.rules import Rules
from detection.scan_event import SOURCES, VISIT, ScanEvent, Via
from detection.scan_history import (
    BURST_PER_SESSION,
    EPOCH_MINUTE,
    LAST_MINUTE,
    MAP_BITS,
    MAX_2_BITS,
    MAX_3_BITS,
    MAX_4_BITS,
    MAX_5_BITS,
    MAX_8_BITS,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_DEVICES_WITH_MAP,
    MAX_FRAGMENT,
    MAX_HALF_HOURS,
    MAX_MINUTES,
    MAX_NETWORKS,
    ScanHistory,
    to_minute,
)
from detection.spots import Spot, keep_spots
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
_QUARTER_DAY_HALF_HOURS: Final = 12

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
    counts, proven = source.counts, source.proven
    camera = source.camera or not came_by_link(event.agent)
    scans = history.scans
    if (
        not scans
        and counts
        and event.weighs
        and event.agent is not _IN_FEED
        and at >= context.packing_until
        and rules.burst_threshold > 0
    ):
        return _start_history(minute, mark, camera, proven, event, context)
    first, last = history.first, history.last
    first_independent, last_independent = history.first_independent, history.last_independent
    sessions, province = history.sessions, history.province
    devices, networks, spots = history.devices, history.networks, history.spots
    network_map = history.network_map
    independent, rounds = history.independent, history.rounds
    places, repeats = history.places, history.repeats
    returns, travel, spoofed = history.returns, history.travel, history.spoofed
    off_market, before_packing = history.off_market, history.before_packing
    from_feeds, bursts = history.from_feeds, history.bursts
    burst_level, witnesses = history.burst_level, history.witnesses
    proven_travel, placed = history.proven_travel, history.placed
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
    if not event.weighs:
        pass
    elif not counts:
        if place is not None and at >= context.packing_until:
            quiet = burst_level < rules.quiet_level
            # One device proves one place of a stamp: its further places may be a lie.
            if mark in devices:
                proven = False
            else:
                devices = _add_device(devices, mark, network_map != 0)
            spots, new, _, far, far_proven = add_place(
                spots, place, half_hour, camera, proven, quiet, rules, network_map != 0
            )
            places += new and places < MAX_5_BITS
            if far > travel:
                travel = far
            if far_proven > proven_travel:
                proven_travel = far_proven
    elif mark in devices:
        if place is not None and independent:
            # A page confirms a scan at once; a place that the person gives is a second scan.
            sitting = mark == devices[-1] and minute - previous <= _SITTING_MINUTES
            if sitting and not placed and burst_level < rules.burst_threshold + BURST_PER_SESSION:
                quiet = burst_level < rules.quiet_level + BURST_PER_SESSION
                added, new, _, far, far_proven = add_place(
                    spots, place, half_hour, camera, proven, quiet, rules, network_map != 0
                )
                placed = True
                if new:
                    spots = added
                    places += places < MAX_5_BITS
                    if far > travel:
                        travel = far
                    if far_proven > proven_travel:
                        proven_travel = far_proven
            elif spoofed < MAX_4_BITS and is_far_from_all(spots, place, rules):
                spoofed += 1
    else:
        devices = _add_device(devices, mark, network_map != 0)
        if sessions < MAX_COUNT:
            sessions += 1
        packer_test = False
        if at < context.packing_until:
            packer_test = not _is_off_packing_house(place, context, rules)
            if packer_test or at < (context.activated_at or 0):
                before_packing += before_packing < MAX_2_BITS
        if not packer_test:
            fragment = mark if network is None else _FRAGMENTS[network & MAX_FRAGMENT]
            if network_map:
                bit = 1 << fragment % MAP_BITS
                known = network_map & bit != 0
                network_map |= bit
            else:
                known = fragment in networks
                if not known:
                    networks = (*networks, fragment)
                    if len(networks) > MAX_NETWORKS:
                        for one in networks:
                            network_map |= 1 << one % MAP_BITS
                        networks = ()
                        devices = devices[-MAX_DEVICES_WITH_MAP:]
                        spots = keep_spots(spots)
            if known and not proven:
                if (
                    place is not None
                    and spoofed < MAX_4_BITS
                    and is_far_from_all(spots, place, rules)
                ):
                    spoofed += 1
            else:
                if _is_off_market(event.country, context):
                    off_market += off_market < MAX_3_BITS
                level_before = burst_level
                burst_level += BURST_PER_SESSION
                if burst_level > MAX_8_BITS:
                    burst_level = MAX_8_BITS
                if event.agent is _IN_FEED:
                    from_feeds += from_feeds < MAX_5_BITS
                elif level_before >= rules.burst_threshold:
                    bursts += bursts < MAX_8_BITS
                else:
                    quarter_day = half_hour // _QUARTER_DAY_HALF_HOURS
                    if (
                        not independent
                        or quarter_day != last_independent // _QUARTER_DAY_HALF_HOURS
                    ):
                        witnesses += witnesses < MAX_4_BITS
                    if not independent:
                        first_independent = last_independent = half_hour
                    elif half_hour > last_independent:
                        pause = half_hour - last_independent
                        if pause > _QUARTER_DAY_HALF_HOURS * context.pace:
                            rounds += rounds < MAX_4_BITS
                        last_independent = half_hour
                    if independent < MAX_8_BITS:
                        independent += 1
                    placed = place is not None
                    if place is not None:
                        quiet = level_before < rules.quiet_level
                        spots, new, back, far, far_proven = add_place(
                            spots, place, half_hour, camera, proven, quiet, rules, network_map != 0
                        )
                        places += new and places < MAX_5_BITS
                        repeats += not new and repeats < MAX_5_BITS
                        returns += back and returns < MAX_3_BITS
                        if far > travel:
                            travel = far
                        if far_proven > proven_travel:
                            proven_travel = far_proven
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
        network_map=network_map,
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
        witnesses=witnesses,
        proven_travel=proven_travel,
        placed=placed,
    )


def _start_history(
    minute: int, mark: int, camera: bool, proven: bool, event: ScanEvent, context: StampContext
) -> ScanHistory:
    """Return the history of one independent session: what `apply_scan` gives, in half the time.

    Most stamps are scanned by one person, once.
    """
    network, place, province = event.network, event.place, event.province
    half_hour = minute // 30
    spots: tuple[Spot, ...] = ()
    if place is not None:
        spots = (Spot(cell_of(place), half_hour, half_hour, camera, proven),)
    return ScanHistory(
        first=minute,
        last=minute,
        first_independent=half_hour,
        last_independent=half_hour,
        scans=1,
        sessions=1,
        province=int(province) if province else 0,
        devices=(mark,),
        networks=(mark if network is None else _FRAGMENTS[network & MAX_FRAGMENT],),
        spots=spots,
        independent=1,
        places=len(spots),
        off_market=1 if _is_off_market(event.country, context) else 0,
        burst_level=BURST_PER_SESSION,
        witnesses=1,
        placed=place is not None,
    )


def _is_off_market(country: str | None, context: StampContext) -> bool:
    """Return whether the country is known and the lot was not sold to it."""
    return bool(country and context.market) and country not in context.market


def _is_off_packing_house(place: Place | None, context: StampContext, rules: Rules) -> bool:
    """Return whether a place is known and away from the packing house."""
    if place is None or context.packed is None:
        return False
    return gap_km(cell_of(place), cell_of(context.packed)) > rules.stray_km


def _add_device(devices: tuple[int, ...], mark: int, has_map: bool) -> tuple[int, ...]:
    """Return the devices with a new one, without the oldest if there is no room."""
    most = MAX_DEVICES_WITH_MAP if has_map else MAX_DEVICES
    return (*devices[-most + 1 :], mark) if len(devices) >= most else (*devices, mark)

"""Scan history: packing, bounds, and compatibility of stored bytes."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.apply_scan import apply_scan
from detection.place import Place
from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.scan_history import (
    LAST_MINUTE,
    MAP_BITS,
    MAX_2_BITS,
    MAX_3_BITS,
    MAX_4_BITS,
    MAX_5_BITS,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_DEVICES_WITH_MAP,
    MAX_FRAGMENT,
    MAX_HALF_HOURS,
    MAX_MINUTES,
    MAX_NETWORKS,
    MAX_PACKED,
    ScanHistory,
    UnreadableHistory,
    to_minute,
)
from detection.spots import MAX_SPOTS, MAX_SPOTS_WITH_MAP, Spot
from detection.stamp_context import StampContext
from stamps.lifecycle import State

minutes = st.integers(0, LAST_MINUTE)
fragments = st.integers(0, MAX_FRAGMENT)
nibbles = st.integers(0, MAX_4_BITS)
few = st.integers(0, MAX_5_BITS)
eighths = st.integers(0, MAX_3_BITS)
tallies = st.integers(0, 255)
yes = st.booleans()
NOON = 1_790_000_000_000


@st.composite
def histories(draw: st.DrawFn) -> ScanHistory:
    first = draw(minutes)
    start = first // 30

    def half_hour() -> int:
        return start + draw(st.integers(0, MAX_HALF_HOURS))

    network_map = draw(st.just(0) | st.integers(1, (1 << MAP_BITS) - 1))
    most_devices = MAX_DEVICES_WITH_MAP if network_map else MAX_DEVICES
    most_networks = 0 if network_map else MAX_NETWORKS
    most_spots = MAX_SPOTS_WITH_MAP if network_map else MAX_SPOTS
    spots = []
    for _ in range(draw(st.integers(0, most_spots))):
        came, went = sorted([half_hour(), half_hour()])
        cell, camera, proven = draw(st.integers(0, 0xFFFFFFFF)), draw(st.booleans()), draw(yes)
        spots.append(Spot(cell, came, went, camera, proven))
    first_independent, last_independent = sorted([half_hour(), half_hour()])
    return ScanHistory(
        first=first,
        last=first + draw(st.integers(0, MAX_MINUTES)),
        first_independent=first_independent,
        last_independent=last_independent,
        scans=draw(st.integers(1, MAX_COUNT)),
        sessions=draw(st.integers(0, MAX_COUNT)),
        province=draw(st.integers(0, 96)),
        devices=tuple(draw(st.lists(fragments, max_size=most_devices))),
        networks=tuple(draw(st.lists(fragments, max_size=most_networks))),
        network_map=network_map,
        spots=tuple(spots),
        independent=draw(tallies),
        rounds=draw(nibbles),
        places=draw(few),
        repeats=draw(few),
        returns=draw(eighths),
        travel=draw(eighths),
        spoofed=draw(nibbles),
        off_market=draw(eighths),
        before_packing=draw(st.integers(0, MAX_2_BITS)),
        from_feeds=draw(few),
        bursts=draw(tallies),
        burst_level=draw(tallies),
        witnesses=draw(nibbles),
        proven_travel=draw(st.integers(0, MAX_2_BITS)),
        placed=draw(yes),
    )


@settings(deadline=None)
@given(histories())
def test_packing_and_unpacking_round_trip(history: ScanHistory) -> None:
    assert ScanHistory.unpack(history.pack()) == history


def pack_bit_by_bit(d: ScanHistory) -> bytes:
    """Encode a history bit by bit, as the docstring of `detection.scan_history` specifies."""

    def number(value: int) -> str:
        low, rest = value & 127, value >> 7
        return f"{low | 128:08b}" + number(rest) if rest else f"{low:08b}"

    start = d.first // 30
    times = (d.last - d.first, d.first_independent - start, d.last_independent - start)
    tallies = (
        d.independent,
        d.rounds * 16 + d.spoofed,
        d.repeats * 8 + d.returns,
        d.places * 8 + d.travel,
        d.off_market * 32 + d.from_feeds,
        d.bursts,
        d.burst_level,
        d.witnesses * 16 + d.proven_travel * 4 + d.before_packing,
    )
    one_scan = (1, 0, 0, len(d.spots) * 8, 0, 0, 8, 16)
    cameras = "".join("01"[spot.camera] for spot in d.spots).ljust(MAX_SPOTS, "0")
    proven = "".join("01"[spot.proven] for spot in d.spots).ljust(MAX_SPOTS, "0")
    networks = 7 if d.network_map else len(d.networks)
    head = f"011{len(d.devices):03b}{networks:03b}{len(d.spots):02b}{cameras}{proven}"
    head += "01"[d.placed] + "01"[any(times)] + "01"[tallies != one_scan] + "0000"
    packed = int(head, 2).to_bytes(3, "little")
    packed += d.first.to_bytes(3, "little") + bytes([d.province])
    bits = number(d.scans - 1) + number(d.sessions)
    if any(times):
        bits += "".join(map(number, times))
    fragments = "".join(f"{fragment:012b}" for fragment in reversed(d.devices + d.networks))
    size = (len(fragments) + 7) // 8
    middle = int(fragments or "0", 2).to_bytes(size, "little")
    tail = d.network_map.to_bytes(16, "little") if d.network_map else b""
    for spot in d.spots:
        stay = number(spot.first - start) + number(spot.last - spot.first)
        tail += spot.cell.to_bytes(4, "little") + int(stay, 2).to_bytes(len(stay) // 8)
    if tallies != one_scan:
        unusual = [value != usual for value, usual in zip(tallies, one_scan, strict=True)]
        tail += bytes([sum(1 << bit for bit in range(8) if unusual[bit])])
        tail += bytes(value for value, differs in zip(tallies, unusual, strict=True) if differs)
    return packed + int(bits, 2).to_bytes(len(bits) // 8) + middle + tail


@settings(deadline=None)
@given(histories())
def test_pack_agrees_with_a_plain_encoder(history: ScanHistory) -> None:
    assert history.pack() == pack_bit_by_bit(history)


@settings(deadline=None)
@given(histories())
def test_a_packed_history_never_exceeds_the_listpack_limit(history: ScanHistory) -> None:
    assert len(history.pack()) <= MAX_PACKED


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_unpacked_or_refused(packed: bytes) -> None:
    with suppress(UnreadableHistory):
        assert isinstance(ScanHistory.unpack(packed), ScanHistory)


@settings(deadline=None)
@given(histories(), st.data())
def test_a_truncated_or_extended_history_is_refused(
    history: ScanHistory, data: st.DataObject
) -> None:
    packed = history.pack()
    with pytest.raises(UnreadableHistory):
        ScanHistory.unpack(packed[: data.draw(st.integers(1, len(packed) - 1))])
    with pytest.raises(UnreadableHistory):
        ScanHistory.unpack(packed + b"\0")


def test_an_unsupported_version_is_refused_by_its_number() -> None:
    with pytest.raises(UnreadableHistory, match="version 7"):
        ScanHistory.unpack(b"\x00\x00\xe0" + bytes(12))


def make_history_of_one_scan(place: Place | None = None) -> ScanHistory:
    event = ScanEvent(NOON, 0x123, 0x456, place, "VN")
    return apply_scan(ScanHistory(), event, StampContext(State.ACTIVATED), Rules())


def test_a_history_of_one_scan_packs_into_12_or_18_bytes() -> None:
    assert len(make_history_of_one_scan().pack()) == 12
    assert len(make_history_of_one_scan(Place(10.78, 106.7, 30)).pack()) == 18


def test_packed_histories_of_version_3_stay_readable() -> None:
    """Bytes as stored in history stores; a change of the form needs a new version number."""
    packed = bytes.fromhex("70b0684050154f02023c000223c1ab5604325476980002d7021208010920")
    spot = Spot(0x98765432, 46560, 46562, True)
    history = ScanHistory(
        first=1396800,
        last=1396860,
        first_independent=46560,
        last_independent=46562,
        scans=3,
        sessions=2,
        province=79,
        devices=(0x123, 0xABC),
        networks=(0x456,),
        spots=(spot,),
        independent=2,
        rounds=1,
        places=1,
        repeats=1,
        spoofed=2,
        from_feeds=1,
        burst_level=9,
        witnesses=2,
        placed=True,
    )
    assert ScanHistory.unpack(packed) == history
    assert history.pack() == packed


def test_an_empty_history_has_no_times_and_packs_to_nothing() -> None:
    empty = ScanHistory()
    assert (empty.first_at, empty.last_at, empty.first_place_hint) == (None, None, None)
    assert (empty.scans, empty.sessions, empty.pack()) == (0, 0, b"")


def test_first_scan_time_and_province_are_available() -> None:
    minute = to_minute(NOON)
    history = ScanHistory(first=minute, last=minute + 5, scans=2, sessions=1, province=1)
    assert history.first_at == NOON // 60_000 * 60_000
    assert history.last_at == history.first_at + 300_000
    assert history.first_place_hint == "01"


def test_times_outside_the_packed_range_are_clamped() -> None:
    assert to_minute(-5) == 0
    assert to_minute(10**15) == LAST_MINUTE

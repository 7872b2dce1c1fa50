"""The dossier: one small bounded record of all that is remembered of a stamp."""

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
    MAX_2_BITS,
    MAX_3_BITS,
    MAX_4_BITS,
    MAX_5_BITS,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_FRAGMENT,
    MAX_HALF_HOURS,
    MAX_MINUTES,
    MAX_NETWORKS,
    MAX_PACKED,
    MAX_SPOTS,
    ScanHistory,
    Spot,
    UnreadableHistory,
    to_minute,
)
from detection.stamp_context import StampContext
from stamps.lifecycle import State

minutes = st.integers(0, LAST_MINUTE)
fragments = st.integers(0, MAX_FRAGMENT)
nibbles = st.integers(0, MAX_4_BITS)
few = st.integers(0, MAX_5_BITS)
eighths = st.integers(0, MAX_3_BITS)
tallies = st.integers(0, 255)
NOON = 1_790_000_000_000


@st.composite
def histories(draw: st.DrawFn) -> ScanHistory:
    first = draw(minutes)
    start = first // 30

    def half_hour() -> int:
        return start + draw(st.integers(0, MAX_HALF_HOURS))

    spots = []
    for _ in range(draw(st.integers(0, MAX_SPOTS))):
        came, went = sorted([half_hour(), half_hour()])
        spots.append(Spot(draw(st.integers(0, 0xFFFFFFFF)), came, went, draw(st.booleans())))
    first_independent, last_independent = sorted([half_hour(), half_hour()])
    return ScanHistory(
        first=first,
        last=first + draw(st.integers(0, MAX_MINUTES)),
        first_independent=first_independent,
        last_independent=last_independent,
        scans=draw(st.integers(1, MAX_COUNT)),
        sessions=draw(st.integers(0, MAX_COUNT)),
        province=draw(st.integers(0, 96)),
        devices=tuple(draw(st.lists(fragments, max_size=MAX_DEVICES))),
        networks=tuple(draw(st.lists(fragments, max_size=MAX_NETWORKS))),
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
        from_feeds=draw(eighths),
        bursts=draw(tallies),
        burst_level=draw(tallies),
        peak_burst_level=draw(tallies),
    )


@settings(deadline=None)
@given(histories())
def test_what_is_packed_is_unpacked_the_same(history: ScanHistory) -> None:
    assert ScanHistory.unpack(history.pack()) == history


def written_plainly(d: ScanHistory) -> bytes:
    """The packed form as the module's first words tell it, bit for bit and slowly."""

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
        d.off_market * 32 + d.before_packing * 8 + d.from_feeds,
        d.bursts,
        d.burst_level,
        d.peak_burst_level,
    )
    one_scan = (1, 0, 0, len(d.spots) * 8, 0, 0, 8, 8)
    cameras = "".join("01"[spot.camera] for spot in d.spots).ljust(MAX_SPOTS, "0")
    head = f"010{len(d.devices):03b}{len(d.networks):03b}{len(d.spots):02b}{cameras}"
    head += "01"[any(times)] + "01"[tallies != one_scan]
    told = bytes(int(head, 2) >> shift & 255 for shift in (0, 8))
    told += d.first.to_bytes(3, "little") + bytes([d.province])
    bits = number(d.scans - 1) + number(d.sessions)
    if any(times):
        bits += "".join(map(number, times))
    fragments = "".join(f"{fragment:012b}" for fragment in reversed(d.devices + d.networks))
    size = (len(fragments) + 7) // 8
    middle = int(fragments or "0", 2).to_bytes(size, "little")
    tail = b""
    for spot in d.spots:
        stay = number(spot.first - start) + number(spot.last - spot.first)
        tail += spot.cell.to_bytes(4, "little") + int(stay, 2).to_bytes(len(stay) // 8)
    if tallies != one_scan:
        odd = [got != usual for got, usual in zip(tallies, one_scan, strict=True)]
        tail += bytes([sum(1 << bit for bit in range(8) if odd[bit])])
        tail += bytes(got for got, differs in zip(tallies, odd, strict=True) if differs)
    return told + int(bits, 2).to_bytes(len(bits) // 8) + middle + tail


@settings(deadline=None)
@given(histories())
def test_the_quick_way_of_packing_writes_what_the_form_says(history: ScanHistory) -> None:
    assert history.pack() == written_plainly(history)


@settings(deadline=None)
@given(histories())
def test_no_dossier_ever_outgrows_what_redis_keeps_compact(history: ScanHistory) -> None:
    assert len(history.pack()) <= MAX_PACKED


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_either_are_a_dossier_or_are_refused(packed: bytes) -> None:
    with suppress(UnreadableHistory):
        assert isinstance(ScanHistory.unpack(packed), ScanHistory)


@settings(deadline=None)
@given(histories(), st.data())
def test_a_dossier_cut_short_or_continued_is_refused(
    history: ScanHistory, data: st.DataObject
) -> None:
    packed = history.pack()
    with pytest.raises(UnreadableHistory):
        ScanHistory.unpack(packed[: data.draw(st.integers(1, len(packed) - 1))])
    with pytest.raises(UnreadableHistory):
        ScanHistory.unpack(packed + b"\0")


def test_another_version_is_refused_by_name() -> None:
    with pytest.raises(UnreadableHistory, match="version 7"):
        ScanHistory.unpack(b"\x00\xe0" + bytes(12))


def once(place: Place | None = None) -> ScanHistory:
    seen = ScanEvent(NOON, 0x123, 0x456, place, "VN")
    return apply_scan(ScanHistory(), seen, StampContext(State.ACTIVATED), Rules())


def test_a_stamp_scanned_once_takes_a_few_bytes() -> None:
    assert len(once().pack()) == 11
    assert len(once(Place(10.78, 106.7, 30)).pack()) == 17


def test_the_packed_form_of_version_2_stays_readable() -> None:
    """Bytes as they stand in memories; a change of form needs a new version number."""
    packed = bytes.fromhex("b3484050154f02023c000223c1ab5604325476980002d7021208010910")
    spot = Spot(0x98765432, 46560, 46562, True)
    told = ScanHistory(
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
        peak_burst_level=16,
    )
    assert ScanHistory.unpack(packed) == told
    assert told.pack() == packed


def test_nothing_is_known_before_the_first_scan() -> None:
    empty = ScanHistory()
    assert (empty.first_at, empty.last_at, empty.first_place_hint) == (None, None, None)
    assert (empty.scans, empty.sessions, empty.pack()) == (0, 0, b"")


def test_pages_are_told_when_and_where_it_began() -> None:
    minute = to_minute(NOON)
    history = ScanHistory(first=minute, last=minute + 5, scans=2, sessions=1, province=1)
    assert history.first_at == NOON // 60_000 * 60_000
    assert history.last_at == history.first_at + 300_000
    assert history.first_place_hint == "01"


def test_a_clock_far_off_is_held_within_the_record() -> None:
    assert to_minute(-5) == 0
    assert to_minute(10**15) == LAST_MINUTE

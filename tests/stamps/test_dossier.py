"""The dossier: one small bounded record of all that is remembered of a stamp."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps.dossier import (
    LAST_MINUTE,
    MAX_COUNT,
    MAX_DEVICES,
    MAX_NETS,
    MAX_SPOTS,
    Dossier,
    Spot,
    UnreadableDossier,
    minute_of,
)

minutes = st.integers(0, LAST_MINUTE)
fragments = st.integers(0, 0xFFFF)
tallies = st.integers(0, 255)
NOON = 1_790_000_000_000


@st.composite
def spots(draw: st.DrawFn) -> Spot:
    first, last = sorted([draw(minutes), draw(minutes)])
    return Spot(draw(st.integers(0, 0xFFFFFFFF)), first, last, draw(tallies))


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    first, latest = sorted([draw(minutes), draw(minutes)])
    return Dossier(
        first,
        latest,
        draw(minutes),
        draw(st.integers(1, MAX_COUNT)),
        draw(st.integers(1, MAX_COUNT)),
        draw(st.integers(0, 96)),
        tuple(draw(st.lists(fragments, max_size=MAX_DEVICES))),
        tuple(draw(st.lists(fragments, max_size=MAX_NETS))),
        tuple(draw(st.lists(spots(), max_size=MAX_SPOTS))),
        *(draw(tallies) for _ in range(7)),
    )


@given(dossiers())
def test_what_is_packed_is_unpacked_the_same(dossier: Dossier) -> None:
    assert Dossier.unpack(dossier.pack()) == dossier


@given(st.binary(max_size=80))
def test_any_bytes_either_are_a_dossier_or_are_refused(packed: bytes) -> None:
    with suppress(UnreadableDossier):
        assert isinstance(Dossier.unpack(packed), Dossier)


@given(dossiers(), st.data())
def test_a_dossier_cut_short_or_continued_is_refused(dossier: Dossier, data: st.DataObject) -> None:
    packed = dossier.pack()
    with pytest.raises(UnreadableDossier):
        Dossier.unpack(packed[: data.draw(st.integers(1, len(packed) - 1))])
    with pytest.raises(UnreadableDossier):
        Dossier.unpack(packed + b"\0")


def test_another_version_is_refused_by_name() -> None:
    with pytest.raises(UnreadableDossier, match="version 7"):
        Dossier.unpack(b"\xe0" + bytes(12))


def test_a_stamp_scanned_once_takes_a_few_bytes() -> None:
    once = Dossier(first=1, latest=1, last=1, scans=1, sessions=1, devices=(7,), nets=(9,))
    assert len(once.pack()) == 14
    assert len(once._replace(spots=(Spot(5, 1, 1, 1),)).pack()) == 21


def test_nothing_is_known_before_the_first_scan() -> None:
    empty = Dossier.EMPTY
    assert (empty.first_at, empty.last_at, empty.first_place_hint) == (None, None, None)
    assert (empty.scans, empty.sessions, empty.pack()) == (0, 0, b"")


def test_pages_are_told_when_and_where_it_began() -> None:
    minute = minute_of(NOON)
    dossier = Dossier(first=minute, latest=minute, last=minute + 5, scans=2, sessions=1, province=1)
    assert dossier.first_at == NOON // 60_000 * 60_000
    assert dossier.last_at == dossier.first_at + 300_000
    assert dossier.first_place_hint == "01"


def test_a_clock_far_off_is_held_within_the_record() -> None:
    assert minute_of(-5) == 0
    assert minute_of(10**15) == LAST_MINUTE

"""The dossier: all that is remembered of one stamp's scans, in one small bounded record.

It is a cache of what the journal can tell again, shaped so that the judge needs nothing else:
when it began, counts, the last few devices and networks as 12-bit fragments of their keyed
hashes, at most three spots where the stamp was seen, and running tallies. It never grows past
`MAX_PACKED` bytes, however often a stamp is scanned; a packed record is what Redis keeps.

Packed form, version 2 (little endian; `v` is a LEB128 varint):

```
2 bytes  version 3 bits ‖ devices 3 ‖ networks 3 ‖ spots 2 ‖ one bit a spot: seen by camera 3 ‖
         times follow 1 ‖ tallies follow 1, from the highest bit down
3 bytes  first, in minutes since 2024-01-01T00:00Z
1 byte   province code, 0 when none was given
v v      scans - 1, sessions
v v v    if times follow: last - first in minutes; begun and latest in half hours after first
12 bits  each device fragment, newest last, then each network fragment; padded to whole bytes
each spot: 4 bytes cell; v v its first and last half hour, after first and after its own first
tallies: 1 byte mask, then 1 byte for each that is not what one usual scan leaves: fresh 8 bits;
         rounds 4 ‖ feigned 4; same 5 ‖ returns 3; places 5 ‖ travel 3; abroad 3 ‖ early 2 ‖
         feeds 3; bursts 8; heat 8; peak 8
```

>>> ScanHistory.unpack(EMPTY.pack()) == EMPTY
True
"""

from dataclasses import dataclass
from typing import Final, final

from stamps.errors import VeritemError

EPOCH_MINUTE: Final = 28_401_120  # 2024-01-01T00:00Z in minutes since 1970
LAST_MINUTE: Final = (1 << 24) - 1  # the year 2055
MAX_DEVICES: Final = 5
MAX_NETS: Final = 4
MAX_SPOTS: Final = 3
MAX_FRAGMENT: Final = 0xFFF
MAX_COUNT: Final = (1 << 14) - 1  # scans and sessions saturate here: two varint bytes
MAX_MINUTES: Final = (1 << 21) - 1  # from first to last, four years: three varint bytes
MAX_HALF_HOURS: Final = (1 << 14) - 1  # from first to any other time, 341 days: two varint bytes
MAX_TALLY: Final = 255
MAX_NIBBLE: Final = 15
MAX_FEW: Final = 31
MAX_EIGHTH: Final = 7
MAX_QUARTER: Final = 3
MAX_PACKED: Final = 64  # Redis keeps a hash compact only while no value is longer

HEAT: Final = 8  # what one session adds to the heat

VERSION: Final = 2
"""Of the packed form: what is measured and how it is written."""
_BYTES: Final = tuple(bytes((number,)) for number in range(256))
# The tallies that one usual scan leaves, by the number of spots.
_USUAL: Final = tuple((1, 0, 0, spots << 3, 0, 0, HEAT, HEAT) for spots in range(MAX_SPOTS + 1))


class UnreadableHistory(VeritemError):
    """The bytes are not a dossier that this version can read; rebuild it from the ledger."""

    code = "unreadable-history"
    message = "not a dossier: {why}"


@final
@dataclass(slots=True, init=False)
class Spot:
    """Where a stamp was seen: one crowd, however many devices it has.

    `first` and `last` are in half hours since 2024-01-01T00:00Z; `camera` says whether anybody
    there surely pointed a camera at it, rather than opened a link that was sent to them.
    """

    cell: Final[int]
    first: Final[int]
    last: Final[int]
    camera: Final[bool]

    # Written out, here and below, because what `dataclass` makes is made while it runs: the
    # compiler can not see it (docs/adr/0047).
    def __init__(self, cell: int, first: int, last: int, camera: bool) -> None:
        self.cell = cell
        self.first = first
        self.last = last
        self.camera = camera


@final
@dataclass(slots=True, init=False)
class ScanHistory:
    """What is remembered of one stamp.

    `first` and `last`: the first and last scan, in minutes since 2024-01-01T00:00Z.
    `begun` and `latest`: the first and last fresh session, in half hours since then.
    `scans`, `sessions`: all scans; those by a device that was not remembered.

    A session is *fresh* when device and network are new and no burst is on. Of fresh sessions:
    `fresh` how many; `rounds` those after a pause; `places` the spots they made, `same` those at
    a spot known already; `returns` those at a spot that the stamp had left; `travel` how far, in
    classes, the stamp was from where it could have been. `feigned` counts places that one device,
    or one network, gave far from wherever the stamp had been: somebody makes them up.

    Of all sessions: `abroad` from outside the market, `early` before or at packing, `feeds` out of
    a social feed, where pictures are and no stamps, `bursts` in the midst of many others. `heat`
    is the number of recent sessions in eighths (it halves every two hours), `peak` the most that
    it was. Counts saturate.
    """

    first: Final[int]
    last: Final[int]
    begun: Final[int]
    latest: Final[int]
    scans: Final[int]
    sessions: Final[int]
    province: Final[int]
    devices: Final[tuple[int, ...]]
    nets: Final[tuple[int, ...]]
    spots: Final[tuple[Spot, ...]]
    fresh: Final[int]
    rounds: Final[int]
    places: Final[int]
    same: Final[int]
    returns: Final[int]
    travel: Final[int]
    feigned: Final[int]
    abroad: Final[int]
    early: Final[int]
    feeds: Final[int]
    bursts: Final[int]
    heat: Final[int]
    peak: Final[int]

    def __init__(
        self,
        first: int = 0,
        last: int = 0,
        begun: int = 0,
        latest: int = 0,
        scans: int = 0,
        sessions: int = 0,
        province: int = 0,
        devices: tuple[int, ...] = (),
        nets: tuple[int, ...] = (),
        spots: tuple[Spot, ...] = (),
        fresh: int = 0,
        rounds: int = 0,
        places: int = 0,
        same: int = 0,
        returns: int = 0,
        travel: int = 0,
        feigned: int = 0,
        abroad: int = 0,
        early: int = 0,
        feeds: int = 0,
        bursts: int = 0,
        heat: int = 0,
        peak: int = 0,
    ) -> None:
        self.first = first
        self.last = last
        self.begun = begun
        self.latest = latest
        self.scans = scans
        self.sessions = sessions
        self.province = province
        self.devices = devices
        self.nets = nets
        self.spots = spots
        self.fresh = fresh
        self.rounds = rounds
        self.places = places
        self.same = same
        self.returns = returns
        self.travel = travel
        self.feigned = feigned
        self.abroad = abroad
        self.early = early
        self.feeds = feeds
        self.bursts = bursts
        self.heat = heat
        self.peak = peak

    @property
    def first_at(self) -> int | None:
        """The first scan in milliseconds since the Unix epoch, to the minute; None before it."""
        return (self.first + EPOCH_MINUTE) * 60_000 if self.scans else None

    @property
    def last_at(self) -> int | None:
        """The last scan in milliseconds since the Unix epoch, to the minute; None before one."""
        return (self.last + EPOCH_MINUTE) * 60_000 if self.scans else None

    @property
    def first_place_hint(self) -> str | None:
        """The code ("01" to "96") of the first province that anybody gave, or None."""
        return f"{self.province:02d}" if self.province else None

    def pack(self) -> bytes:
        """The record as bytes: 11 for a stamp scanned once, never over `MAX_PACKED`."""
        scans, spots = self.scans, self.spots
        if not scans:
            return b""
        first, last, begun, latest = self.first, self.last, self.begun, self.latest
        start = first // 30
        count = len(spots)
        head = VERSION << 13 | len(self.devices) << 10 | len(self.nets) << 7 | count << 5
        times = seen = odd = b""
        if last != first or begun != start or latest != start:
            head |= 2
            times = _put(last - first) + _put(begun - start) + _put(latest - start)
        fragments = shift = 0
        for fragment in self.devices + self.nets:
            fragments |= fragment << shift
            shift += 12
        for number, spot in enumerate(spots):
            if spot.camera:
                head |= 16 >> number
            stayed = _put(spot.first - start) + _put(spot.last - spot.first)
            seen = seen + spot.cell.to_bytes(4, "little") + stayed
        tallies: tuple[int, ...] = (
            self.fresh,
            self.rounds << 4 | self.feigned,
            self.same << 3 | self.returns,
            self.places << 3 | self.travel,
            self.abroad << 5 | self.early << 3 | self.feeds,
            self.bursts,
            self.heat,
            self.peak,
        )
        usual = _USUAL[count]
        if tallies != usual:
            head |= 1
            mask = 0
            for number in range(len(tallies)):
                tally = tallies[number]
                if tally != usual[number]:
                    mask |= 1 << number
                    odd = odd + _BYTES[tally]
            odd = _BYTES[mask] + odd
        return (
            (head | first << 16 | self.province << 40).to_bytes(6, "little")
            + _put(scans - 1)
            + _put(self.sessions)
            + times
            + fragments.to_bytes(shift + 7 >> 3, "little")
            + seen
            + odd
        )

    @staticmethod
    def unpack(packed: bytes) -> "ScanHistory":
        """The record that `pack` made; no bytes at all are the empty dossier.

        Raises `UnreadableHistory` for another version, and for bytes cut short or left over.
        """
        if not packed:
            return EMPTY
        try:
            return ScanHistory._unpack(packed)
        except IndexError:
            raise UnreadableHistory(why="it was cut short", packed=packed) from None

    @staticmethod
    def _unpack(packed: bytes) -> "ScanHistory":
        head = packed[0] | packed[1] << 8
        if head >> 13 != VERSION:
            raise UnreadableHistory(why=f"version {head >> 13}", packed=packed)
        devices, nets, count = head >> 10 & 7, head >> 7 & 7, head >> 5 & 3
        first = packed[2] | packed[3] << 8 | packed[4] << 16
        province = packed[5]
        # Most are one byte each: read so they take 0.1 µs, by two calls 0.24.
        scans, sessions, at = packed[6], packed[7], 8
        if scans > 127 or sessions > 127:
            scans, at = _get(packed, 6)
            sessions, at = _get(packed, at)
        start = first // 30
        last, begun, latest = first, start, start
        if head & 2:
            after, at = _get(packed, at)
            last = first + after
            after, at = _get(packed, at)
            begun = start + after
            after, at = _get(packed, at)
            latest = start + after
        fragments = []
        for number in range(devices + nets):
            pair = packed[at] | packed[at + 1] << 8
            if number & 1:
                fragments.append(pair >> 4)
                at += 2
            else:
                fragments.append(pair & MAX_FRAGMENT)
                at += 1
        at += devices + nets & 1
        spots: tuple[Spot, ...] = ()
        for number in range(count):
            cell = packed[at] | packed[at + 1] << 8 | packed[at + 2] << 16 | packed[at + 3] << 24
            came, at = _get(packed, at + 4)
            stayed, at = _get(packed, at)
            came += start
            spots += (Spot(cell, came, came + stayed, head & 16 >> number != 0),)
        tallies = list(_USUAL[count])
        if head & 1:
            mask = packed[at]
            at += 1
            for bit in range(8):
                if mask >> bit & 1:
                    tallies[bit] = packed[at]
                    at += 1
        if at != len(packed):
            why = "it was cut short" if at > len(packed) else f"{len(packed) - at} bytes left over"
            raise UnreadableHistory(why=why, packed=packed)
        fresh, rounds, same, places, abroad, bursts, heat, peak = tallies
        return ScanHistory(
            first,
            last,
            begun,
            latest,
            scans + 1,
            sessions,
            province,
            tuple(fragments[:devices]),
            tuple(fragments[devices:]),
            spots,
            fresh,
            rounds >> 4,
            places >> 3,
            same >> 3,
            same & 7,
            places & 7,
            rounds & 15,
            abroad >> 5,
            abroad >> 3 & 3,
            abroad & 7,
            bursts,
            heat,
            peak,
        )


EMPTY: Final = ScanHistory()
"""What is remembered of a stamp that nobody has scanned."""


def minute_of(at: int) -> int:
    """Milliseconds since the Unix epoch as a dossier's minute, held within what it can hold."""
    minute = at // 60_000 - EPOCH_MINUTE
    return 0 if minute < 0 else LAST_MINUTE if minute > LAST_MINUTE else minute


def _put(number: int) -> bytes:
    if number < 128:
        return _BYTES[number]
    out = b""
    while number > 127:
        out += _BYTES[number & 127 | 128]
        number >>= 7
    return out + _BYTES[number]


def _get(packed: bytes, at: int) -> tuple[int, int]:
    byte = packed[at]
    at += 1
    if byte < 128:
        return byte, at
    number, shift = byte & 127, 7
    while True:
        byte = packed[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7

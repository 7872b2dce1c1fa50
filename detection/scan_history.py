"""Scan history: the bounded aggregate of one stamp's scans, and its packed form.

Shaped for the compiler: the constructors are written out, because mypyc does not see those that
`dataclass` makes at run time, and `pack` and `unpack` avoid calls and lists (ADR 0035).

A history is a cache: it is rebuilt from the scan journal, and holds all that detection reads of
the past. It keeps times, counts, the last devices as 12-bit fragments of their keyed hashes, all
networks, and at most three spots. However often a stamp is scanned, the packed form has at most
`MAX_PACKED` bytes; Redis stores it.

Networks are never forgotten, so that a few of them cannot come back as new ones in turn. Up to
`MAX_NETWORKS` are 12-bit fragments of their keyed hashes. More are a **network map**: a set of 128
bits, one for each hash modulo 128. Ten networks set 10 bits and fifty set 41, so most strangers
still count as new. Whoever wants to fill the map needs hundreds of networks, and a full map is
itself an alert (`Rules.crowded_bits`). With a map the history keeps fewer devices and spots.

Packed form, version 3 (little endian; `v` is a LEB128 varint):

```
3 bytes  version 3 bits ‖ devices 3 ‖ networks 3 (7: a map) ‖ spots 2 ‖ one bit a spot: camera 3,
         proven 3 ‖ placed 1 ‖ times follow 1 ‖ tallies follow 1 ‖ 4 bits of zero, from the highest
         bit down
3 bytes  first, in minutes since 2024-01-01T00:00Z
1 byte   province code, 0 when none was given
v v      scans - 1, sessions
v v v    if times follow: last - first in minutes; first and last independent session in half
         hours after first
12 bits  each device fragment, newest last, then each network fragment; padded to whole bytes
16 bytes the network map, if there is one
each spot: 4 bytes cell; v v its first and last half hour, after first and after its own first
tallies: 1 byte mask, then 1 byte for each that differs from what one usual scan leaves:
         independent 8 bits; rounds 4 ‖ spoofed 4; repeats 5 ‖ returns 3; places 5 ‖ travel 3;
         off market 3 ‖ from feeds 5; bursts 8; burst level 8; witnesses 4 ‖ proven travel 2 ‖
         before packing 2
```

>>> ScanHistory.unpack(EMPTY.pack()) == EMPTY
True
"""

from dataclasses import dataclass
from typing import Final, final

from detection.spots import MAX_SPOTS, Spot
from detection.varints import BYTES, decode_varint, encode_varint
from stamps.errors import VeritemError

EPOCH_MINUTE: Final = 28_401_120  # 2024-01-01T00:00Z in minutes since 1970
LAST_MINUTE: Final = (1 << 24) - 1  # the year 2055
MAX_DEVICES: Final = 4
MAX_NETWORKS: Final = 4
MAX_DEVICES_WITH_MAP: Final = 2
MAP_BITS: Final = 128
MAX_FRAGMENT: Final = 0xFFF
MAX_COUNT: Final = (1 << 14) - 1  # scans and sessions saturate here: two varint bytes
MAX_MINUTES: Final = (1 << 21) - 1  # from first to last, four years: three varint bytes
MAX_HALF_HOURS: Final = (1 << 14) - 1  # from first to any other time, 341 days: two varint bytes
MAX_8_BITS: Final = 255
MAX_5_BITS: Final = 31
MAX_4_BITS: Final = 15
MAX_3_BITS: Final = 7
MAX_2_BITS: Final = 3
MAX_PACKED: Final = 64  # Redis keeps a hash compact only while no value is longer

BURST_PER_SESSION: Final = 8
"""Amount that one session adds to the burst level."""

VERSION: Final = 3
"""Version of the packed form. A change of what is counted or how it is packed needs a new one."""
# Tallies after one usual scan, by the number of spots.
_USUAL: Final = tuple(
    (1, 0, 0, spots << 3, 0, 0, BURST_PER_SESSION, 1 << 4) for spots in range(MAX_SPOTS + 1)
)
_MAP: Final = 7
"""The number of networks that says that a map follows."""
_MAP_BYTES: Final = MAP_BITS // 8


class UnreadableHistory(VeritemError):
    """The bytes are no scan history of this version: rebuild it from the ledger."""

    code = "unreadable-history"
    message = "not a scan history: {why}"


@final
@dataclass(slots=True, init=False)
class ScanHistory:
    """The scans of one stamp, aggregated. Counts saturate at the width of their packed field.

    Times: `first` and `last` are the first and last scan, in minutes since 2024-01-01T00:00Z;
    `first_independent` and `last_independent` are in half hours since then.

    All scans: `scans`; `sessions` counts those by a device that the history does not hold.

    A session is *independent* when its device and its network are new, no burst is on, and it is
    not from a feed. Of these:

    - `independent`: how many; `rounds`: how many came after a pause;
    - `witnesses`: in how many quarters of a day they came: many at one time are one witness;
    - `places`: distinct locations; `repeats`: sessions at a known location;
    - `returns`: sessions at a location that the stamp had left;
    - `travel`: class of the longest impossible journey (`Rules.travel_km`).

    `proven_travel` is the same class between enrolled devices only. `placed`: the newest network
    has given its place. `spoofed` counts places that one device or one network gave far from all
    known locations; they are set aside.

    Of all sessions on new networks: `off_market`; `before_packing`; `from_feeds` (a social feed's
    browser, which shows pictures of stamps); `bursts` (during a burst). `burst_level` is the number
    of networks that appeared recently, in eighths; it halves every two hours.

    `networks` has the fragments of up to `MAX_NETWORKS` networks; `network_map` replaces them when
    there are more, and is 0 until then.
    """

    first: Final[int]
    last: Final[int]
    first_independent: Final[int]
    last_independent: Final[int]
    scans: Final[int]
    sessions: Final[int]
    province: Final[int]
    devices: Final[tuple[int, ...]]
    networks: Final[tuple[int, ...]]
    network_map: Final[int]
    spots: Final[tuple[Spot, ...]]
    independent: Final[int]
    rounds: Final[int]
    places: Final[int]
    repeats: Final[int]
    returns: Final[int]
    travel: Final[int]
    spoofed: Final[int]
    off_market: Final[int]
    before_packing: Final[int]
    from_feeds: Final[int]
    bursts: Final[int]
    burst_level: Final[int]
    witnesses: Final[int]
    proven_travel: Final[int]
    placed: Final[bool]

    def __init__(
        self,
        first: int = 0,
        last: int = 0,
        first_independent: int = 0,
        last_independent: int = 0,
        scans: int = 0,
        sessions: int = 0,
        province: int = 0,
        devices: tuple[int, ...] = (),
        networks: tuple[int, ...] = (),
        network_map: int = 0,
        spots: tuple[Spot, ...] = (),
        independent: int = 0,
        rounds: int = 0,
        places: int = 0,
        repeats: int = 0,
        returns: int = 0,
        travel: int = 0,
        spoofed: int = 0,
        off_market: int = 0,
        before_packing: int = 0,
        from_feeds: int = 0,
        bursts: int = 0,
        burst_level: int = 0,
        witnesses: int = 0,
        proven_travel: int = 0,
        placed: bool = False,
    ) -> None:
        self.first = first
        self.last = last
        self.first_independent = first_independent
        self.last_independent = last_independent
        self.scans = scans
        self.sessions = sessions
        self.province = province
        self.devices = devices
        self.networks = networks
        self.network_map = network_map
        self.spots = spots
        self.independent = independent
        self.rounds = rounds
        self.places = places
        self.repeats = repeats
        self.returns = returns
        self.travel = travel
        self.spoofed = spoofed
        self.off_market = off_market
        self.before_packing = before_packing
        self.from_feeds = from_feeds
        self.bursts = bursts
        self.burst_level = burst_level
        self.witnesses = witnesses
        self.proven_travel = proven_travel
        self.placed = placed

    @property
    def first_at(self) -> int | None:
        """Time of the first scan in ms since the Unix epoch, to the minute; None without scans."""
        return (self.first + EPOCH_MINUTE) * 60_000 if self.scans else None

    @property
    def last_at(self) -> int | None:
        """Time of the last scan in ms since the Unix epoch, to the minute; None without scans."""
        return (self.last + EPOCH_MINUTE) * 60_000 if self.scans else None

    @property
    def first_place_hint(self) -> str | None:
        """Code ("01" to "96") of the first province that was given, or None."""
        return f"{self.province:02d}" if self.province else None

    @property
    def map_bits(self) -> int:
        """The number of bits of the network map that are set; 0 without a map."""
        return self.network_map.bit_count()

    def pack(self) -> bytes:
        """Return the packed form: 12 bytes for a stamp scanned once, at most `MAX_PACKED`."""
        scans, spots = self.scans, self.spots
        if not scans:
            return b""
        first, last, first_independent, last_independent = (
            self.first,
            self.last,
            self.first_independent,
            self.last_independent,
        )
        start = first // 30
        count = len(spots)
        networks = _MAP if self.network_map else len(self.networks)
        head = VERSION << 21 | len(self.devices) << 18 | networks << 15 | count << 13
        times = seen = unusual = network_map = b""
        if self.placed:
            head |= 64
        if last != first or first_independent != start or last_independent != start:
            head |= 32
            times = (
                encode_varint(last - first)
                + encode_varint(first_independent - start)
                + encode_varint(last_independent - start)
            )
        fragments = shift = 0
        for fragment in self.devices + self.networks:
            fragments |= fragment << shift
            shift += 12
        if networks == _MAP:
            network_map = self.network_map.to_bytes(_MAP_BYTES, "little")
        for number, spot in enumerate(spots):
            if spot.camera:
                head |= 4096 >> number
            if spot.proven:
                head |= 512 >> number
            stayed = encode_varint(spot.first - start) + encode_varint(spot.last - spot.first)
            seen = seen + spot.cell.to_bytes(4, "little") + stayed
        tallies: tuple[int, ...] = (
            self.independent,
            self.rounds << 4 | self.spoofed,
            self.repeats << 3 | self.returns,
            self.places << 3 | self.travel,
            self.off_market << 5 | self.from_feeds,
            self.bursts,
            self.burst_level,
            self.witnesses << 4 | self.proven_travel << 2 | self.before_packing,
        )
        usual = _USUAL[count]
        if tallies != usual:
            head |= 16
            mask = 0
            for number in range(len(tallies)):
                tally = tallies[number]
                if tally != usual[number]:
                    mask |= 1 << number
                    unusual = unusual + BYTES[tally]
            unusual = BYTES[mask] + unusual
        return (
            (head | first << 24 | self.province << 48).to_bytes(7, "little")
            + encode_varint(scans - 1)
            + encode_varint(self.sessions)
            + times
            + fragments.to_bytes(shift + 7 >> 3, "little")
            + network_map
            + seen
            + unusual
        )

    @staticmethod
    def unpack(packed: bytes) -> "ScanHistory":
        """Return the history that `pack` encoded; no bytes are the empty history.

        Raises:
            UnreadableHistory: another version, or bytes missing or left over.
        """
        if not packed:
            return EMPTY
        try:
            return ScanHistory._unpack(packed)
        except IndexError:
            raise UnreadableHistory(why="it was cut short", packed=packed) from None

    @staticmethod
    def _unpack(packed: bytes) -> "ScanHistory":
        head = packed[0] | packed[1] << 8 | packed[2] << 16
        if head >> 21 != VERSION:
            raise UnreadableHistory(why=f"version {head >> 21}", packed=packed)
        devices, networks, count = head >> 18 & 7, head >> 15 & 7, head >> 13 & 3
        first = packed[3] | packed[4] << 8 | packed[5] << 16
        province = packed[6]
        # Most counts are one byte: reading them here takes 0.1 µs, two calls take 0.24 µs.
        scans, sessions, at = packed[7], packed[8], 9
        if scans > 127 or sessions > 127:
            scans, at = decode_varint(packed, 7)
            sessions, at = decode_varint(packed, at)
        start = first // 30
        last, first_independent, last_independent = first, start, start
        if head & 32:
            after, at = decode_varint(packed, at)
            last = first + after
            after, at = decode_varint(packed, at)
            first_independent = start + after
            after, at = decode_varint(packed, at)
            last_independent = start + after
        has_map = networks == _MAP
        if has_map:
            networks = 0
        fragments = []
        for number in range(devices + networks):
            pair = packed[at] | packed[at + 1] << 8
            if number & 1:
                fragments.append(pair >> 4)
                at += 2
            else:
                fragments.append(pair & MAX_FRAGMENT)
                at += 1
        at += devices + networks & 1
        network_map = 0
        if has_map:
            network_map = int.from_bytes(packed[at : at + _MAP_BYTES], "little")
            at += _MAP_BYTES
        spots: tuple[Spot, ...] = ()
        for number in range(count):
            cell = packed[at] | packed[at + 1] << 8 | packed[at + 2] << 16 | packed[at + 3] << 24
            came, at = decode_varint(packed, at + 4)
            stayed, at = decode_varint(packed, at)
            came += start
            camera, proven = head & 4096 >> number != 0, head & 512 >> number != 0
            spots += (Spot(cell, came, came + stayed, camera, proven),)
        tallies = list(_USUAL[count])
        if head & 16:
            mask = packed[at]
            at += 1
            for bit in range(8):
                if mask >> bit & 1:
                    tallies[bit] = packed[at]
                    at += 1
        if at != len(packed):
            why = "it was cut short" if at > len(packed) else f"{len(packed) - at} bytes left over"
            raise UnreadableHistory(why=why, packed=packed)
        independent, rounds, same, places, off_market, bursts, burst_level, witnesses = tallies
        return ScanHistory(
            first,
            last,
            first_independent,
            last_independent,
            scans + 1,
            sessions,
            province,
            tuple(fragments[:devices]),
            tuple(fragments[devices:]),
            network_map,
            spots,
            independent,
            rounds >> 4,
            places >> 3,
            same >> 3,
            same & 7,
            places & 7,
            rounds & 15,
            off_market >> 5,
            witnesses & 3,
            off_market & 31,
            bursts,
            burst_level,
            witnesses >> 4,
            witnesses >> 2 & 3,
            head & 64 != 0,
        )


EMPTY: Final = ScanHistory()
"""The history of a stamp without scans."""


def to_minute(at: int) -> int:
    """Return ms since the Unix epoch as a history's minute, clamped to its range."""
    minute = at // 60_000 - EPOCH_MINUTE
    return 0 if minute < 0 else LAST_MINUTE if minute > LAST_MINUTE else minute

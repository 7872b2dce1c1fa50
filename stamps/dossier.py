"""The dossier: all that is remembered of one stamp's scans, in one small bounded record.

It is a cache of what the journal can tell again, shaped so that the judge needs nothing else:
when it began, counts, the last few devices and networks as 12-bit fragments of their keyed
hashes, at most three spots where the stamp was seen, and running tallies. It never grows past
`MAX_PACKED` bytes, however often a stamp is scanned; a packed record is what Redis keeps.

Packed form, version 1 (little endian; `v` is a LEB128 varint):

```
2 bytes  version 3 bits ‖ devices 3 ‖ networks 3 ‖ spots 2 ‖ one bit a spot: seen by camera 3 ‖
         times follow 1 ‖ tallies follow 1, from the highest bit down
3 bytes  first, in minutes since 2024-01-01T00:00Z
1 byte   province code, 0 when none was given
v v      scans - 1, sessions
v v v    if times follow: last - first in minutes; begun and latest in half hours after first
12 bits  each device fragment, newest last, then each network fragment; padded to whole bytes
each spot: 4 bytes cell; v v its first and last half hour, after first and after its own first
tallies: 1 byte mask, then 1 byte for each that is not what one usual scan leaves
```

>>> Dossier.unpack(Dossier.EMPTY.pack()) == Dossier.EMPTY
True
"""

from typing import ClassVar, Final, NamedTuple

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
MAX_PACKED: Final = 64  # Redis keeps a hash compact only while no value is longer

HEAT: Final = 8  # what one session adds to the heat

_VERSION: Final = 1


class UnreadableDossier(VeritemError):
    """The bytes are not a dossier that this version can read; rebuild it from the ledger."""

    code = "unreadable-dossier"
    message = "not a dossier: {why}"


class Spot(NamedTuple):
    """Where a stamp was seen: one crowd, however many devices it has.

    `first` and `last` are in half hours since 2024-01-01T00:00Z; `camera` says whether anybody
    there surely pointed a camera at it, rather than opened a link that was sent to them.
    """

    cell: int
    first: int
    last: int
    camera: bool


class _Record(NamedTuple):
    """The fields of a dossier."""

    first: int = 0
    last: int = 0
    begun: int = 0
    latest: int = 0
    scans: int = 0
    sessions: int = 0
    province: int = 0
    devices: tuple[int, ...] = ()
    nets: tuple[int, ...] = ()
    spots: tuple[Spot, ...] = ()
    fresh: int = 0
    rounds: int = 0
    places: int = 0
    same: int = 0
    returns: int = 0
    travel: int = 0
    abroad: int = 0
    early: int = 0
    bursts: int = 0
    heat: int = 0
    peak: int = 0


class Dossier(_Record):
    """What is remembered of one stamp.

    `first` and `last`: the first and last scan, in minutes since 2024-01-01T00:00Z.
    `begun` and `latest`: the first and last fresh session, in half hours since then.
    `scans`, `sessions`: all scans; those by a device that was not remembered.

    A session is *fresh* when device and network are new and no burst is on. Of fresh sessions:
    `fresh` how many; `rounds` those after a pause; `places` the spots they made, `same` those at
    a spot known already; `returns` those at a spot that the stamp had left; `travel` how far, in
    classes, the stamp was from where it could have been.

    Of all sessions: `abroad` from outside the market, `early` before or at packing, `bursts` in
    the midst of many others. `heat` is the number of recent sessions in eighths (it halves every
    two hours), `peak` the most that it was. Counts saturate.
    """

    __slots__ = ()
    EMPTY: ClassVar["Dossier"]

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
        if not self.scans:
            return b""
        start = self.first // 30
        times = (self.last - self.first, self.begun - start, self.latest - start)
        usual = (1, len(self.spots), 0, 0, 0, 0, HEAT, HEAT)
        tallies = (
            self.fresh,
            self.rounds << 4 | self.places,
            self.same,
            self.returns << 4 | self.travel,
            self.abroad << 4 | self.early,
            self.bursts,
            self.heat,
            self.peak,
        )
        head = _VERSION
        for number, bits in ((len(self.devices), 3), (len(self.nets), 3), (len(self.spots), 2)):
            head = head << bits | number
        for number in range(MAX_SPOTS):
            head = head << 1 | (number < len(self.spots) and self.spots[number].camera)
        head = head << 2 | any(times) << 1 | (tallies != usual)
        out = bytearray(head.to_bytes(2, "little"))
        out += self.first.to_bytes(3, "little")
        out.append(self.province)
        _put(out, self.scans - 1)
        _put(out, self.sessions)
        if any(times):
            for time in times:
                _put(out, time)
        fragments = 0
        for number, fragment in enumerate((*self.devices, *self.nets)):
            fragments |= fragment << 12 * number
        count = len(self.devices) + len(self.nets)
        out += fragments.to_bytes(count * 3 + 1 >> 1, "little")
        for spot in self.spots:
            out += spot.cell.to_bytes(4, "little")
            _put(out, spot.first - start)
            _put(out, spot.last - spot.first)
        if tallies != usual:
            odd = [(bit, got) for bit, got in enumerate(tallies) if got != usual[bit]]
            out.append(sum(1 << bit for bit, _ in odd))
            out += bytes(got for _, got in odd)
        return bytes(out)

    @classmethod
    def unpack(cls, packed: bytes) -> "Dossier":
        """The record that `pack` made; no bytes at all are the empty dossier.

        Raises `UnreadableDossier` for another version, and for bytes cut short or left over.
        """
        if not packed:
            return cls.EMPTY
        try:
            return cls._unpack(packed)
        except IndexError:
            raise UnreadableDossier(why="it was cut short", packed=packed) from None

    @classmethod
    def _unpack(cls, packed: bytes) -> "Dossier":
        head = packed[0] | packed[1] << 8
        if head >> 13 != _VERSION:
            raise UnreadableDossier(why=f"version {head >> 13}", packed=packed)
        devices, nets, count = head >> 10 & 7, head >> 7 & 7, head >> 5 & 3
        first = packed[2] | packed[3] << 8 | packed[4] << 16
        province = packed[5]
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
        size = (devices + nets) * 3 + 1 >> 1
        bits = int.from_bytes(packed[at : at + size], "little")
        fragments = [bits >> 12 * number & MAX_FRAGMENT for number in range(devices + nets)]
        at += size
        spots = []
        for number in range(count):
            cell = int.from_bytes(packed[at : at + 4], "little")
            came, at = _get(packed, at + 4)
            stayed, at = _get(packed, at)
            came += start
            spots.append(Spot(cell, came, came + stayed, bool(head & 16 >> number)))
        tallies = [1, count, 0, 0, 0, 0, HEAT, HEAT]
        if head & 1:
            mask = packed[at]
            at += 1
            for bit in range(8):
                if mask >> bit & 1:
                    tallies[bit] = packed[at]
                    at += 1
        if at != len(packed):
            why = "it was cut short" if at > len(packed) else f"{len(packed) - at} bytes left over"
            raise UnreadableDossier(why=why, packed=packed)
        fresh, rounds_places, same, returns_travel, abroad_early, bursts, heat, peak = tallies
        return cls(
            first,
            last,
            begun,
            latest,
            scans + 1,
            sessions,
            province,
            tuple(fragments[:devices]),
            tuple(fragments[devices:]),
            tuple(spots),
            fresh,
            rounds_places >> 4,
            rounds_places & 15,
            same,
            returns_travel >> 4,
            returns_travel & 15,
            abroad_early >> 4,
            abroad_early & 15,
            bursts,
            heat,
            peak,
        )


Dossier.EMPTY = Dossier()


def minute_of(at: int) -> int:
    """Milliseconds since the Unix epoch as a dossier's minute, held within what it can hold."""
    minute = at // 60_000 - EPOCH_MINUTE
    return 0 if minute < 0 else LAST_MINUTE if minute > LAST_MINUTE else minute


def _put(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _get(packed: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = packed[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7

"""The dossier: all that is remembered of one stamp's scans, in one small bounded record.

It is a cache of what the journal can tell again, shaped so that the judge needs nothing else:
counts, when it began, the last few devices and networks as 16-bit fragments of their keyed
hashes, at most three spots where it was seen, and the strongest evidence so far. It never grows
past a bound, however often a stamp is scanned, and a packed record is what Redis keeps.

Packed form, version 1 (all numbers little endian, `v` a LEB128 varint, `z` a zigzag varint):

```
1 byte   version (high 3 bits) ‖ number of spots (2 bits) ‖ tallies follow (1 bit) ‖ 2 bits spare
1 byte   number of devices (high 4 bits) ‖ number of networks (low 4 bits)
3 bytes  first, in minutes since 2024-01-01T00:00Z
1 byte   province code, 0 when none was given
v v v v  scans - 1, sessions - 1, latest - first, last - latest (zigzag)
2 bytes  each device fragment, oldest first; then each network fragment
each spot: 4 bytes cell, z first - dossier's first, v last - first, 1 byte sessions
tallies: 1 byte mask, then 1 byte for each tally whose bit is set
```

>>> Dossier.unpack(Dossier.EMPTY.pack()) == Dossier.EMPTY
True
"""

from typing import ClassVar, Final, NamedTuple

from stamps.errors import VeritemError

EPOCH_MINUTE: Final = 28_401_120  # 2024-01-01T00:00Z in minutes since 1970
LAST_MINUTE: Final = (1 << 24) - 1  # the year 2055
MAX_DEVICES: Final = 6
MAX_NETS: Final = 4
MAX_SPOTS: Final = 3
MAX_COUNT: Final = (1 << 14) - 1  # scans and sessions saturate here: two varint bytes

_VERSION: Final = 1
_TALLIES_COUNT: Final = 7


class UnreadableDossier(VeritemError):
    """The bytes are not a dossier that this version can read; rebuild it from the ledger."""

    code = "unreadable-dossier"
    message = "not a dossier: {why}"


class Spot(NamedTuple):
    """Where a stamp was seen: one crowd, however many devices it has. Times in minutes."""

    cell: int
    first: int
    last: int
    sessions: int


class _Record(NamedTuple):
    """The fields of a dossier, in the order in which they are packed."""

    first: int = 0
    latest: int = 0
    last: int = 0
    scans: int = 0
    sessions: int = 0
    province: int = 0
    devices: tuple[int, ...] = ()
    nets: tuple[int, ...] = ()
    spots: tuple[Spot, ...] = ()
    networks: int = 0
    travel: int = 0
    abroad: int = 0
    early: int = 0
    late: int = 0
    returns: int = 0
    scattered: int = 0


class Dossier(_Record):
    """What is remembered of one stamp. Times are whole minutes since 2024-01-01T00:00Z.

    `first`, `latest` and `last` are the first scan, the last one by a device not seen before, and
    the last one of all. A **session** is all the scans of one device. The tallies at the end
    saturate at 255; `travel` is the strongest travel evidence so far, in tenths of a nat.
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
        """The record as bytes: about 14 for a stamp scanned once."""
        if not self.scans:
            return b""
        tallies = (
            self.networks,
            self.travel,
            self.abroad,
            self.early,
            self.late,
            self.returns,
            self.scattered,
        )
        out = bytearray()
        out.append(_VERSION << 5 | len(self.spots) << 3 | (4 if any(tallies) else 0))
        out.append(len(self.devices) << 4 | len(self.nets))
        out += self.first.to_bytes(3, "little")
        out.append(self.province)
        _put(out, self.scans - 1)
        _put(out, self.sessions - 1)
        _put(out, self.latest - self.first)
        _put(out, _zigzag(self.last - self.latest))
        for fragment in (*self.devices, *self.nets):
            out += fragment.to_bytes(2, "little")
        for spot in self.spots:
            out += spot.cell.to_bytes(4, "little")
            _put(out, _zigzag(spot.first - self.first))
            _put(out, spot.last - spot.first)
            out.append(spot.sessions)
        if any(tallies):
            out.append(sum(1 << bit for bit, tally in enumerate(tallies) if tally))
            out += bytes(tally for tally in tallies if tally)
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
        if packed[0] >> 5 != _VERSION:
            raise UnreadableDossier(why=f"version {packed[0] >> 5}", packed=packed)
        spots_count, has_tallies = packed[0] >> 3 & 3, packed[0] & 4
        devices_count, nets_count = packed[1] >> 4, packed[1] & 15
        first = int.from_bytes(packed[2:5], "little")
        province = packed[5]
        scans, at = _get(packed, 6)
        sessions, at = _get(packed, at)
        spread, at = _get(packed, at)
        after, at = _get(packed, at)
        latest = first + spread
        fragments = []
        for _ in range(devices_count + nets_count):
            fragments.append(packed[at] | packed[at + 1] << 8)
            at += 2
        spots = []
        for _ in range(spots_count):
            packed[at + 3]
            cell = int.from_bytes(packed[at : at + 4], "little")
            begun, at = _get(packed, at + 4)
            stayed, at = _get(packed, at)
            begun = first + _unzigzag(begun)
            spots.append(Spot(cell, begun, begun + stayed, packed[at]))
            at += 1
        tallies = [0] * _TALLIES_COUNT
        if has_tallies:
            mask = packed[at]
            at += 1
            for bit in range(_TALLIES_COUNT):
                if mask >> bit & 1:
                    tallies[bit] = packed[at]
                    at += 1
        if at != len(packed):
            raise UnreadableDossier(why=f"{len(packed) - at} bytes left over", packed=packed)
        return cls(
            first,
            latest,
            latest + _unzigzag(after),
            scans + 1,
            sessions + 1,
            province,
            tuple(fragments[:devices_count]),
            tuple(fragments[devices_count:]),
            tuple(spots),
            *tallies,
        )


Dossier.EMPTY = Dossier()


def minute_of(at: int) -> int:
    """Milliseconds since the Unix epoch as a dossier's minute, held within what it can hold."""
    minute = at // 60_000 - EPOCH_MINUTE
    return 0 if minute < 0 else LAST_MINUTE if minute > LAST_MINUTE else minute


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _unzigzag(number: int) -> int:
    return -(number + 1 >> 1) if number & 1 else number >> 1


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
